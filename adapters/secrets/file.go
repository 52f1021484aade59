package secrets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Load reads keys from a file. If there is none and create is set, it makes keys
// and stores them, readable by the owner alone; else it fails with CodeKeys. A
// file that others may read is refused.
func Load(path string, create bool) (*Keyset, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	switch {
	case errors.Is(err, fs.ErrNotExist) && create:
		return generateFile(path)
	case errors.Is(err, fs.ErrNotExist):
		return nil, errKeys("there is no file of keys")
	case err != nil:
		return nil, fmt.Errorf("reading keys: %w", err)
	}
	if err := private(path); err != nil {
		return nil, err
	}
	return Parse(text)
}

func generateFile(path string) (*Keyset, error) {
	keys, err := Generate()
	if err != nil {
		return nil, err
	}
	return keys, keys.Save(path)
}

// Save writes the keys so that the file holds the old ones or the new ones, even
// if the power fails in between.
func (k *Keyset) Save(path string) error {
	text, err := k.Format()
	if err != nil {
		return err
	}
	if err := replace(path, text); err != nil {
		return fmt.Errorf("saving keys: %w", err)
	}
	return nil
}

func replace(path string, text []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".keys-*") // made with 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// private refuses a file that others may read. Windows keeps its rights elsewhere.
func private(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("reading keys: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return errKeys("others may read the file of keys").WithRemedy("take the rights of group and others away: chmod 600")
	}
	return nil
}
