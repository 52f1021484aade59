// Package secrets seals credentials and signs short-lived tokens with the hub's
// keys (Tink: AES-256-GCM and HMAC-SHA256). The keys stand in a file or an
// environment variable, never in the database.
package secrets

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// Faults of keys and of what they protect.
const (
	// CodeKeys: the keys cannot be read.
	CodeKeys fault.Code = "secrets.invalid_keys"
	// CodeUnreadable: a sealed text was made with other keys, for another owner, or
	// was changed.
	CodeUnreadable fault.Code = "secrets.unreadable"
)

// Keyset holds the hub's keys. The newest key of each kind seals and signs, the
// older ones still open and verify.
type Keyset struct {
	sealing *keyset.Handle
	signing *keyset.Handle
	seal    tink.AEAD
	sign    tink.MAC
}

var _ ports.Secrets = (*Keyset)(nil)

// Generate makes new keys.
func Generate() (*Keyset, error) {
	sealing, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("generating keys: %w", err)
	}
	signing, err := keyset.NewHandle(mac.HMACSHA256Tag256KeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("generating keys: %w", err)
	}
	return assemble(sealing, signing)
}

// stored is how keys are written: two Tink keysets as JSON.
type stored struct {
	Sealing json.RawMessage `json:"sealing"`
	Signing json.RawMessage `json:"signing"`
}

// Parse reads keys as Format writes them. No error repeats anything of the text.
func Parse(text []byte) (*Keyset, error) {
	var s stored
	if json.Unmarshal(text, &s) != nil {
		return nil, errKeys("the keys are not a JSON object")
	}
	sealing, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(s.Sealing)))
	if err != nil {
		return nil, errKeys("\"sealing\" is not a keyset of Tink")
	}
	signing, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(s.Signing)))
	if err != nil {
		return nil, errKeys("\"signing\" is not a keyset of Tink")
	}
	keys, err := assemble(sealing, signing)
	if err != nil {
		return nil, errKeys("the keys are of another kind than AEAD and MAC")
	}
	return keys, nil
}

// Format gives the keys as text. Whoever has it can open every credential.
func (k *Keyset) Format() ([]byte, error) {
	var sealing, signing bytes.Buffer
	if err := insecurecleartextkeyset.Write(k.sealing, keyset.NewJSONWriter(&sealing)); err != nil {
		return nil, fmt.Errorf("formatting keys: %w", err)
	}
	if err := insecurecleartextkeyset.Write(k.signing, keyset.NewJSONWriter(&signing)); err != nil {
		return nil, fmt.Errorf("formatting keys: %w", err)
	}
	text, err := json.Marshal(stored{Sealing: sealing.Bytes(), Signing: signing.Bytes()})
	if err != nil {
		return nil, fmt.Errorf("formatting keys: %w", err)
	}
	return append(text, '\n'), nil
}

// Rotate gives a set with one more key of each kind, which is used from then on.
func (k *Keyset) Rotate() (*Keyset, error) {
	sealing, err := withNewKey(k.sealing, aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("rotating keys: %w", err)
	}
	signing, err := withNewKey(k.signing, mac.HMACSHA256Tag256KeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("rotating keys: %w", err)
	}
	return assemble(sealing, signing)
}

func withNewKey(handle *keyset.Handle, template *tinkpb.KeyTemplate) (*keyset.Handle, error) {
	manager := keyset.NewManagerFromHandle(handle)
	id, err := manager.Add(template)
	if err != nil {
		return nil, err
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, err
	}
	return manager.Handle()
}

func assemble(sealing, signing *keyset.Handle) (*Keyset, error) {
	seal, err := aead.New(sealing)
	if err != nil {
		return nil, fmt.Errorf("preparing keys: %w", err)
	}
	sign, err := mac.New(signing)
	if err != nil {
		return nil, fmt.Errorf("preparing keys: %w", err)
	}
	return &Keyset{sealing: sealing, signing: signing, seal: seal, sign: sign}, nil
}

func errKeys(reason string) *fault.Error {
	return fault.Invalid(CodeKeys, "keys", reason).
		WithRemedy("restore the keys from your copy; without them the stored credentials must be entered anew")
}

// Seal encrypts a text for its owner.
func (k *Keyset) Seal(_ context.Context, owner string, plain []byte) ([]byte, error) {
	sealed, err := k.seal.Encrypt(plain, []byte(owner))
	if err != nil {
		return nil, fmt.Errorf("sealing secret: %w", err)
	}
	return sealed, nil
}

// Open decrypts what Seal gave for the same owner, with whichever key it was. It
// fails with CodeUnreadable.
func (k *Keyset) Open(_ context.Context, owner string, sealed []byte) ([]byte, error) {
	plain, err := k.seal.Decrypt(sealed, []byte(owner))
	if err != nil {
		return nil, fault.New(CodeUnreadable, fault.Conflict, "the stored secret cannot be opened with the keys at hand").
			WithRemedy("start kvitt with the keys that it had, or enter the credentials anew")
	}
	return plain, nil
}
