package callback_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/callback"
)

var now = time.Unix(1767225600, 0)

const (
	stripeBody  = `{"id":"evt_test_1","object":"event","type":"payout.reconciliation_completed","data":{"object":{"id":"po_test_1","object":"payout"}}}`
	stripeHash  = "351125a2d36ee6c8f91223bd0f64af20b42a49216c633656a194f666e1c383ae"
	mollieBody  = `{"id":"tr_12345","event_type":"payment-link.paid"}`
	mollieHash  = "e479a5e4aaa17db94cfc546071e10e91c0b37f21e464e751ebdd7d7ad2ffd146"
	shopifyBody = `{"id":820982911946154508,"name":"#1001","total_price":"1250.00","currency":"SEK"}`
	shopifyHash = "Y2nfNegoqnDHjVujgO2rIDavtIcNLN1l/PYuzQSmKeU="
	// The example of the specification of Standard Webhooks.
	standardBody   = `{"test": 2432232314}`
	standardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	standardHash   = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	standardID     = "msg_p5jXN8AQM9LWM0D4loKWxJek"
)

func message(body string, header ...string) callback.Message {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return callback.Message{Header: h, Body: []byte(body)}
}

func standard(t *testing.T) callback.Secret {
	t.Helper()
	secret, err := callback.StandardSecret(standardSecret)
	require.NoError(t, err)
	return secret
}

func TestSignaturesOfProvidersAreKnown(t *testing.T) {
	t.Parallel()
	shopify, mollie := callback.Body("X-Shopify-Hmac-SHA256", callback.InBase64), callback.Body("X-Mollie-Signature", callback.InHex)
	kvitt, other := callback.Text("shpss_kvitt_test"), callback.Text("other")
	stripe, webhook := callback.Text("whsec_kvitt_test_secret"), callback.Text("test_webhook_secret")
	at := time.Unix(1614265330, 0)
	standardHeader := []string{"webhook-id", standardID, "webhook-timestamp", "1614265330"}
	for name, c := range map[string]struct {
		scheme  callback.Signature
		message callback.Message
		now     time.Time
		secrets []callback.Secret
		code    fault.Code
	}{
		"shopify":                         {shopify, message(shopifyBody, "X-Shopify-Hmac-Sha256", shopifyHash), now, []callback.Secret{kvitt}, ""},
		"shopify, after a rotation":       {shopify, message(shopifyBody, "X-Shopify-Hmac-Sha256", shopifyHash), now, []callback.Secret{other, kvitt}, ""},
		"mollie":                          {mollie, message(mollieBody, "X-Mollie-Signature", mollieHash), now, []callback.Secret{webhook}, ""},
		"mollie, with the hash's name":    {mollie, message(mollieBody, "X-Mollie-Signature", "sha256="+mollieHash), now, []callback.Secret{webhook}, ""},
		"mollie, twice":                   {mollie, message(mollieBody, "X-Mollie-Signature", strings.Repeat("0", 64), "X-Mollie-Signature", mollieHash), now, []callback.Secret{webhook}, ""},
		"stripe":                          {callback.Stripe(), message(stripeBody, "Stripe-Signature", "t=1767225600,v1="+stripeHash), now, []callback.Secret{stripe}, ""},
		"stripe, while rolling":           {callback.Stripe(), message(stripeBody, "Stripe-Signature", "t=1767225600, v1="+strings.Repeat("0", 64)+", v1="+stripeHash+",v0=x"), now, []callback.Secret{stripe}, ""},
		"stripe, five minutes later":      {callback.Stripe(), message(stripeBody, "Stripe-Signature", "t=1767225600,v1="+stripeHash), now.Add(5 * time.Minute), []callback.Secret{stripe}, ""},
		"stripe, later":                   {callback.Stripe(), message(stripeBody, "Stripe-Signature", "t=1767225600,v1="+stripeHash), now.Add(301 * time.Second), []callback.Secret{stripe}, callback.CodeStale},
		"stripe, from the future":         {callback.Stripe(), message(stripeBody, "Stripe-Signature", "t=1767225600,v1="+stripeHash), now.Add(-301 * time.Second), []callback.Secret{stripe}, callback.CodeStale},
		"stripe, sent again as new":       {callback.Stripe(), message(stripeBody, "Stripe-Signature", "t=1767225700,v1="+stripeHash), now, []callback.Secret{stripe}, callback.CodeForged},
		"stripe, of the test version":     {callback.Stripe(), message(stripeBody, "Stripe-Signature", "t=1767225600,v0="+stripeHash), now, []callback.Secret{stripe}, callback.CodeUnsigned},
		"stripe, with two moments":        {callback.Stripe(), message(stripeBody, "Stripe-Signature", "t=1767225600,t=1,v1="+stripeHash), now, []callback.Secret{stripe}, callback.CodeForged},
		"standard":                        {callback.Standard(), message(standardBody, append(standardHeader, "webhook-signature", "v1,"+standardHash)...), at, []callback.Secret{standard(t)}, ""},
		"standard, beside another key":    {callback.Standard(), message(standardBody, append(standardHeader, "webhook-signature", "v1a,x v1,"+standardHash)...), at, []callback.Secret{standard(t)}, ""},
		"standard, a day later":           {callback.Standard(), message(standardBody, append(standardHeader, "webhook-signature", "v1,"+standardHash)...), at.AddDate(0, 0, 1), []callback.Secret{standard(t)}, callback.CodeStale},
		"another body":                    {shopify, message(shopifyBody+" ", "X-Shopify-Hmac-Sha256", shopifyHash), now, []callback.Secret{kvitt}, callback.CodeForged},
		"another secret":                  {shopify, message(shopifyBody, "X-Shopify-Hmac-Sha256", shopifyHash), now, []callback.Secret{other}, callback.CodeForged},
		"no secret":                       {shopify, message(shopifyBody, "X-Shopify-Hmac-Sha256", shopifyHash), now, nil, callback.CodeForged},
		"no signature":                    {shopify, message(shopifyBody), now, []callback.Secret{kvitt}, callback.CodeUnsigned},
		"half a signature":                {shopify, message(shopifyBody, "X-Shopify-Hmac-Sha256", shopifyHash[:20]), now, []callback.Secret{kvitt}, callback.CodeUnsigned},
		"something else than a signature": {shopify, message(shopifyBody, "X-Shopify-Hmac-Sha256", "hello"), now, []callback.Secret{kvitt}, callback.CodeUnsigned},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.scheme.Verify(c.message, c.now, c.secrets...)
			require.Equal(t, c.code, fault.CodeOf(err))
			if c.code != "" {
				require.Equal(t, fault.Auth, fault.ClassOf(err))
				require.NotContains(t, err.Error()+fault.Of(err).Remedy, "shpss_kvitt_test")
			}
		})
	}
}

func TestAnEmptySecretSignsNothing(t *testing.T) {
	t.Parallel()
	hash := hmac.New(sha256.New, nil)
	hash.Write([]byte("{}"))
	forged := message("{}", "X-Hash", base64.StdEncoding.EncodeToString(hash.Sum(nil)))
	err := callback.Body("X-Hash", callback.InBase64).Verify(forged, now, callback.Text(""), nil)
	require.Equal(t, callback.CodeForged, fault.CodeOf(err))
}

func TestAHashMayStandInTheMessageItself(t *testing.T) {
	t.Parallel()
	// Adyen's own example: eight values of the message, joined by colons.
	key, err := callback.Hex("DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00")
	require.NoError(t, err)
	signed := "pspReference:originalReference:merchantAccount:reference:1000:EUR:EVENT:true"
	hash := []string{"ipnxGCaUZ4l8TUW75a71/ghd2Fe5ffvX0pV4TLTntIc="}
	require.NoError(t, callback.Match([]byte(signed), callback.InBase64, hash, key))
	require.Equal(t, callback.CodeForged, fault.CodeOf(callback.Match([]byte(signed+" "), callback.InBase64, hash, key)))
}

func TestSecretsHaveTheFormOfTheirProvider(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"", "xyz", "abc"} {
		_, err := callback.Hex(secret)
		require.Equal(t, callback.CodeSecret, fault.CodeOf(err), secret)
	}
	for _, secret := range []string{"", "whsec_", "whsec_?"} {
		_, err := callback.StandardSecret(secret)
		require.Equal(t, callback.CodeSecret, fault.CodeOf(err), secret)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("t=1767225600,v1="+stripeHash, []byte(stripeBody))
	f.Add("v1,"+standardHash, []byte(standardBody))
	f.Add("sha256=", []byte(nil))
	f.Add("t=99999999999999999999,v1=,=,", []byte("\xff"))
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		secret := callback.Text("a secret that nobody knows")
		for _, scheme := range []callback.Signature{callback.Stripe(), callback.Standard(), callback.Body("Stripe-Signature", callback.InHex)} {
			m := message("", "Stripe-Signature", header, "Webhook-Signature", header, "Webhook-Timestamp", header)
			m.Body = body
			require.Error(t, scheme.Verify(m, now, secret))
		}
	})
}
