package hub

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/fx"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/config"
)

// ensureOperatorKey gives a new hub its first API key, in the file operator.key of
// the data folder. Whoever can read that folder rules the hub anyway.
func ensureOperatorKey(lc fx.Lifecycle, cfg config.Config, store ports.Store) {
	path := filepath.Join(cfg.Data, "operator.key")
	lc.Append(fx.StartHook(func(ctx context.Context) error {
		key, err := os.ReadFile(path) //nolint:gosec // the operator's own folder
		if errors.Is(err, fs.ErrNotExist) {
			key, err = newKey(path)
		}
		if err != nil {
			return fmt.Errorf("preparing the operator's API key: %w", err)
		}
		return admit(ctx, store, key)
	}))
}

func newKey(path string) ([]byte, error) {
	random := make([]byte, 32)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	key := []byte("kvitt_" + base64.RawURLEncoding.EncodeToString(random))
	return key, os.WriteFile(path, key, 0o600)
}

// admit makes the key known, unless it is.
func admit(ctx context.Context, store ports.Store, key []byte) error {
	sum := sha256.Sum256(key)
	hash := hex.EncodeToString(sum[:])
	return store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		_, err := tx.Access().KeyByHash(ctx, hash)
		if fault.CodeOf(err) != ports.CodeNotFound {
			return err
		}
		return tx.Access().CreateKey(ctx, ports.APIKey{
			ID: "key-operator-" + hash[:8], SHA256: hash, Label: "operator", Scope: ports.ScopeOperator, CreatedAt: time.Now().UTC(),
		})
	})
}
