package callback

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/kvitt/kvitt/core/fault"
)

// Faults of messages that cannot be believed.
const (
	// CodeUnsigned: the message carries no signature that can be read.
	CodeUnsigned fault.Code = "callback.unsigned"
	// CodeForged: none of the secrets has made the signature.
	CodeForged fault.Code = "callback.signature_invalid"
	// CodeStale: the message was signed too long ago, or lies in the future.
	CodeStale fault.Code = "callback.stale"
	// CodeSecret: a secret has not the form that the provider gives it.
	CodeSecret fault.Code = "callback.secret_invalid"
)

// Secret is the key of a signature.
type Secret []byte

// Text takes a secret as it is written.
func Text(secret string) Secret { return Secret(secret) }

// Hex takes a secret that is written in hex, as Adyen's are.
func Hex(secret string) (Secret, error) {
	key, err := hex.DecodeString(secret)
	if err != nil || len(key) == 0 {
		return nil, fault.Invalid(CodeSecret, "secret", "the secret is not written in hex").From(fault.Connector).
			WithRemedy("copy the secret once more from the provider's portal")
	}
	return key, nil
}

// Encoding is how a hash is written.
type Encoding int

// The encodings.
const (
	InHex Encoding = iota
	InBase64
)

// decode gives the bytes of a hash, or none.
func (e Encoding) decode(text string) []byte {
	read := hex.DecodeString
	if e == InBase64 {
		read = base64.StdEncoding.DecodeString
	}
	mac, err := read(text)
	if err != nil || len(mac) != sha256.Size {
		return nil
	}
	return mac
}

// Message is what arrived: the header and the body, byte for byte.
type Message struct {
	Header http.Header
	Body   []byte
}

// Signature is how a provider signs.
type Signature struct {
	Encoding Encoding
	// Given takes the hashes out of the header; there may be several, of which one
	// must be right.
	Given func(http.Header) []string
	// Signed gives what was signed; nil means the body.
	Signed func(Message) []byte
	// SentAt gives the moment that was signed too, false if it cannot be read. Nil
	// means that there is none.
	SentAt func(http.Header) (time.Time, bool)
	// Tolerance is how far SentAt may lie from now, either way. It must be set with
	// SentAt.
	Tolerance time.Duration
}

// Verify returns nil if one of the secrets has signed the message, not too far from
// now. Else it returns a fault of class Auth, which shows nothing of the message.
// Empty secrets do not count.
func (s Signature) Verify(m Message, now time.Time, secrets ...Secret) error {
	given := s.Given(m.Header)
	signed := m.Body
	if s.Signed != nil {
		signed = s.Signed(m)
	}
	// The moment is looked at after the hash: until then anybody may have written it.
	if err := Match(signed, s.Encoding, given, secrets...); err != nil || s.SentAt == nil {
		return err
	}
	at, ok := s.SentAt(m.Header)
	if !ok {
		return refused(CodeUnsigned, "the message does not say when it was sent")
	}
	if age := now.Sub(at); age > s.Tolerance || age < -s.Tolerance {
		return refused(CodeStale, "the message was sent too long ago, or a clock is wrong").
			WithRemedy("compare the clock of this machine with the right time")
	}
	return nil
}

// Match returns nil if one of the hashes was made over signed with one of the
// secrets.
func Match(signed []byte, encoding Encoding, given []string, secrets ...Secret) error {
	var macs [][]byte
	for _, text := range given {
		if mac := encoding.decode(text); mac != nil {
			macs = append(macs, mac)
		}
	}
	if len(macs) == 0 {
		return refused(CodeUnsigned, "the message carries no signature")
	}
	genuine := false
	for _, secret := range secrets {
		if len(secret) == 0 {
			continue
		}
		hash := hmac.New(sha256.New, secret)
		hash.Write(signed)
		want := hash.Sum(nil)
		for _, mac := range macs {
			genuine = hmac.Equal(mac, want) || genuine
		}
	}
	if !genuine {
		return refused(CodeForged, "the signature was not made with the secret of the connection").
			WithRemedy("enter the secret that the provider's portal shows for this address")
	}
	return nil
}

func refused(code fault.Code, reason string) *fault.Error {
	return fault.New(code, fault.Auth, reason).From(fault.Upstream)
}
