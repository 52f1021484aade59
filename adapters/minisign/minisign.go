// Package minisign checks the signatures of connectors: Ed25519 over the very bytes of the
// program, in the form of the minisign tool (https://jedisct1.github.io/minisign/).
package minisign

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"aead.dev/minisign"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// CodeSignature: the signature is not one of a trusted key over the program.
const CodeSignature fault.Code = "connector.signature_wrong"

// CodeKey: a trusted key is not written as minisign writes public keys.
const CodeKey fault.Code = "connector.key_unreadable"

// Keys are the public keys that an operator trusts.
type Keys []minisign.PublicKey

// ParseKeys reads public keys, each written as in the second line of a minisign.pub file.
func ParseKeys(texts []string) (Keys, error) {
	keys := make(Keys, 0, len(texts))
	for i, text := range texts {
		var key minisign.PublicKey
		if err := key.UnmarshalText([]byte(strings.TrimSpace(text))); err != nil {
			return nil, fault.Invalid(CodeKey, fmt.Sprintf("catalogue.trusted_keys[%d]", i), "this is not a minisign public key").
				WithRemedy("copy the second line of the signer's minisign.pub")
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// Check fails with CodeSignature unless a trusted key has signed the file's bytes, whose
// digest is sum, and the comment.
func (k Keys) Check(path, sum, signature string) (ports.Signature, error) {
	var s minisign.Signature
	if err := s.UnmarshalText([]byte(signature)); err != nil {
		return ports.Signature{}, wrong("it is not written as minisign writes signatures", "send the whole .minisig file")
	}
	for _, key := range k {
		if key.ID() != s.KeyID {
			continue
		}
		program, err := os.ReadFile(path)
		if err != nil {
			return ports.Signature{}, fmt.Errorf("checking a signature: %w", err)
		}
		// The file may have been exchanged since its digest was taken.
		if digest := sha256.Sum256(program); hex.EncodeToString(digest[:]) != sum || !minisign.Verify(key, program, []byte(signature)) {
			return ports.Signature{}, wrong("the program, or the signature, was changed after it was signed",
				"get both anew from whoever makes the connector, and do not install this one")
		}
		return ports.Signature{Key: fmt.Sprintf("%016X", s.KeyID), Comment: s.TrustedComment}, nil
	}
	return ports.Signature{}, wrong(fmt.Sprintf("it is of the key %016X, which this hub does not trust", s.KeyID),
		"see whose key that is; an operator adds it to catalogue.trusted_keys")
}

func wrong(reason, remedy string) error {
	return fault.New(CodeSignature, fault.Validation, "the signature is not valid: "+reason).WithField("signature").From(fault.Connector).WithRemedy(remedy)
}
