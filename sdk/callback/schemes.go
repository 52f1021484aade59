package callback

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/fault"
)

// usualTolerance is that of Stripe's libraries and of Standard Webhooks.
const usualTolerance = 5 * time.Minute

// Body is a hash over the body alone in a header that may be repeated, as at
// Shopify ("X-Shopify-Hmac-SHA256", in base64) and Mollie ("X-Mollie-Signature", in
// hex). The name of the hash in front, "sha256=", is passed over.
func Body(header string, encoding Encoding) Signature {
	return Signature{Encoding: encoding, Given: func(h http.Header) []string {
		var given []string
		for _, value := range h.Values(header) {
			given = append(given, strings.TrimPrefix(strings.TrimSpace(value), "sha256="))
		}
		return given
	}}
}

// Stripe is the header Stripe-Signature: "t=1767225600,v1=hex,v1=hex". Signed is
// the moment, a point and the body. Hashes of other versions do not count.
func Stripe() Signature {
	values := func(h http.Header, name string) []string {
		var found []string
		for part := range strings.SplitSeq(h.Get("Stripe-Signature"), ",") {
			if key, value, _ := strings.Cut(strings.TrimSpace(part), "="); key == name {
				found = append(found, value)
			}
		}
		return found
	}
	moment := func(h http.Header) string {
		if stated := values(h, "t"); len(stated) == 1 {
			return stated[0]
		}
		return ""
	}
	return Signature{
		Encoding:  InHex,
		Given:     func(h http.Header) []string { return values(h, "v1") },
		Signed:    func(m Message) []byte { return append([]byte(moment(m.Header)+"."), m.Body...) },
		SentAt:    func(h http.Header) (time.Time, bool) { return unix(moment(h)) },
		Tolerance: usualTolerance,
	}
}

// Standard is that of Standard Webhooks (www.standardwebhooks.com): the headers
// webhook-id, webhook-timestamp and webhook-signature, "v1,base64 v1,base64".
// Signed are id, moment and body with points between. Its secrets are read with
// StandardSecret.
func Standard() Signature {
	return Signature{
		Encoding: InBase64,
		Given: func(h http.Header) []string {
			var given []string
			for _, part := range strings.Fields(h.Get("Webhook-Signature")) {
				if mac, ok := strings.CutPrefix(part, "v1,"); ok {
					given = append(given, mac)
				}
			}
			return given
		},
		Signed: func(m Message) []byte {
			return append([]byte(m.Header.Get("Webhook-Id")+"."+m.Header.Get("Webhook-Timestamp")+"."), m.Body...)
		},
		SentAt:    func(h http.Header) (time.Time, bool) { return unix(h.Get("Webhook-Timestamp")) },
		Tolerance: usualTolerance,
	}
}

// StandardSecret takes a secret of Standard Webhooks, "whsec_" and base64.
func StandardSecret(secret string) (Secret, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) == 0 {
		return nil, fault.Invalid(CodeSecret, "secret", "the secret is not whsec_ and base64").From(fault.Connector).
			WithRemedy("copy the secret once more from the provider's portal")
	}
	return key, nil
}

func unix(text string) (time.Time, bool) {
	seconds, err := strconv.ParseInt(text, 10, 64)
	// Far from any moment that can be told apart from now by subtraction.
	const farthest = 1 << 40
	if err != nil || seconds < 0 || seconds > farthest {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0), true
}
