package secrets

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/kvitt/kvitt/core/fault"
)

// Faults of tokens.
const (
	// CodeToken: the token was not made here for this subject.
	CodeToken fault.Code = "token.invalid"
	// CodeTokenExpired: it was, but its time is over.
	CodeTokenExpired fault.Code = "token.expired"
)

// Signer makes tokens that let whoever holds them do one thing for a while. A
// token needs no storage: it is the moment at which it ends and a MAC over that
// moment and the subject.
type Signer struct {
	mac tink.MAC
}

// Signer gives the signer of these keys.
func (k *Keyset) Signer() *Signer { return &Signer{mac: k.sign} }

// Sign gives a token for a subject, valid until the second before expires. It
// holds only letters, digits, ".", "-" and "_".
func (s *Signer) Sign(subject string, expires time.Time) string {
	until := strconv.FormatInt(expires.Unix(), 10)
	tag, err := s.mac.ComputeMAC(signed(subject, until))
	if err != nil {
		return "" // HMAC cannot fail; if it did, no one may come in
	}
	return until + "." + base64.RawURLEncoding.EncodeToString(tag)
}

// Verify fails with CodeToken if the token is not one that Sign gave for the
// subject, and with CodeTokenExpired if it has ended.
func (s *Signer) Verify(token, subject string, now time.Time) error {
	until, encoded, _ := strings.Cut(token, ".")
	tag, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || s.mac.VerifyMAC(tag, signed(subject, until)) != nil {
		return fault.New(CodeToken, fault.Auth, "the link is not valid").WithRemedy("ask for a new link")
	}
	expires, err := strconv.ParseInt(until, 10, 64)
	if err != nil || now.Unix() >= expires {
		return fault.New(CodeTokenExpired, fault.Auth, "the link has expired").WithRemedy("ask for a new link")
	}
	return nil
}

// signed begins with what the key signs, so that no tag can mean something else,
// and keeps moment and subject apart.
func signed(subject, until string) []byte {
	return []byte("kvitt token\n" + until + "\n" + subject)
}
