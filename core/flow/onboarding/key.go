package onboarding

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// CodeKeyInvalid: a detail of an API key makes no sense.
const CodeKeyInvalid fault.Code = "key.invalid"

// NewKey is what must be known of an API key.
type NewKey struct {
	Label string
	Scope ports.Scope
	// MerchantID is the one merchant that a key of scope merchant can reach.
	MerchantID string
}

// CreateKey makes an API key and gives it with its plain text, which nobody can
// see again: only its hash is kept.
func (s *Service) CreateKey(ctx context.Context, in NewKey, by string) (ports.APIKey, string, error) {
	if err := in.check(); err != nil {
		return ports.APIKey{}, "", err
	}
	id, err := s.newID("key-")
	if err != nil {
		return ports.APIKey{}, "", err
	}
	plain, err := s.newKeyText()
	if err != nil {
		return ports.APIKey{}, "", err
	}
	key := ports.APIKey{
		ID: id, SHA256: HashKey(plain), Label: in.Label, Scope: in.Scope, MerchantID: in.MerchantID, CreatedAt: s.parts.Now().UTC(),
	}
	created := act{merchant: in.MerchantID, by: by, name: "key.created", subject: id, detail: string(in.Scope)}
	err = s.update(ctx, created, func(ctx context.Context, tx ports.Tx) error {
		if in.MerchantID != "" {
			if _, err := tx.Merchants().Get(ctx, in.MerchantID); err != nil {
				return err
			}
		}
		return tx.Access().CreateKey(ctx, key)
	})
	if err != nil {
		return ports.APIKey{}, "", err
	}
	return key, plain, nil
}

func (in NewKey) check() error {
	if n := utf8.RuneCountInString(in.Label); n == 0 || n > 100 {
		return fault.Invalid(CodeKeyInvalid, "label", "a key has a label of 1 to 100 characters")
	}
	switch in.Scope {
	case ports.ScopeOperator, ports.ScopeSupport:
		if in.MerchantID != "" {
			return fault.Invalid(CodeKeyInvalid, "merchant_id", "only a key of scope merchant is limited to a merchant")
		}
	case ports.ScopeMerchant:
		if in.MerchantID == "" {
			return fault.Invalid(CodeKeyInvalid, "merchant_id", "a key of scope merchant names its merchant")
		}
	default:
		return fault.Invalid(CodeKeyInvalid, "scope", "a scope is operator, support or merchant")
	}
	return nil
}

func (s *Service) newKeyText() (string, error) {
	random := make([]byte, 32)
	if _, err := io.ReadFull(s.parts.Random, random); err != nil {
		return "", fmt.Errorf("making an API key: %w", err)
	}
	return "kvitt_" + base64.RawURLEncoding.EncodeToString(random), nil
}

// HashKey gives the form in which a key is kept: SHA-256 in lower-case hex. A key
// holds 256 random bits, so that a plain hash cannot be guessed backwards.
func HashKey(plain string) string {
	sum := sha256.Sum256([]byte(plain))
	return hex.EncodeToString(sum[:])
}
