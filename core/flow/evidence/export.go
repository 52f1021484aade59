package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// Format names the form of an exported file.
const Format = "kvitt.evidence.v1"

// index says what an exported file holds.
type index struct {
	Format string       `json:"format"`
	Payout indexPayout  `json:"payout"`
	Files  []indexEntry `json:"files"`
	// Missing are pages that were not kept.
	Missing []string `json:"missing_pages"`
}

type indexPayout struct {
	ID               string     `json:"id"`
	Merchant         string     `json:"merchant"`
	Provider         string     `json:"provider"`
	Reference        string     `json:"reference"`
	Date             civil.Date `json:"date"`
	SentAt           time.Time  `json:"sent_at"`
	Currency         string     `json:"currency"`
	Net              string     `json:"net"`
	State            string     `json:"state"`
	ConnectorVersion string     `json:"connector_version"`
	SettingsVersion  int        `json:"settings_version"`
	RawPage          string     `json:"raw_page"`
	RawOffset        int64      `json:"raw_offset"`
	RawLength        int64      `json:"raw_length"`
}

type indexEntry struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// export writes one file.
type export struct {
	*dossier
	ctx     context.Context
	tx      ports.Tx
	archive *zip.Writer
	files   []indexEntry
	// seen are the pages met so far.
	seen    hashes
	missing []string
	example example
}

// example is a line by which the text for the auditor shows how to verify.
type example struct {
	File           string
	Offset, Length int64
	Ordinal        int64
	Row            int
}

// Export writes everything that a payout's vouchers rest on as a ZIP archive,
// whose README.txt says how to verify it by hand. The same state of the payout
// gives the same bytes.
func (r *Reader) Export(ctx context.Context, payoutID string, w io.Writer) error {
	return r.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		d, err := open(ctx, tx, payoutID)
		if err != nil {
			return err
		}
		e := &export{dossier: d, ctx: ctx, tx: tx, archive: zip.NewWriter(w), seen: hashes{d.Payout.Raw.Page: true}, missing: []string{}}
		if err := e.write(); err != nil {
			return fmt.Errorf("exporting the evidence of payout %s: %w", d.Payout.Reference, err)
		}
		return e.archive.Close()
	})
}

func (e *export) write() error {
	for _, file := range []struct {
		name string
		fill func(io.Writer) error
	}{
		{"vouchers.csv", e.vouchers},
		{"lines.csv", e.lines},
		{"contributions.csv", e.contributions},
		{"documents.csv", e.documents},
		{"settings.json", e.settingsFile},
	} {
		if err := e.file(file.name, file.fill); err != nil {
			return err
		}
	}
	if err := e.pages(); err != nil {
		return err
	}
	if err := e.file("README.txt", e.readme); err != nil {
		return err
	}
	return e.file("index.json", e.index)
}

// file adds a file and notes its hash.
func (e *export) file(name string, fill func(io.Writer) error) error {
	// The oldest moment that a ZIP archive knows, so that the bytes do not depend on
	// when it is made.
	w, err := e.archive.CreateHeader(&zip.FileHeader{
		Name: name, Method: zip.Deflate, Modified: time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		return err
	}
	hash, count := sha256.New(), &counter{}
	if err := fill(io.MultiWriter(w, hash, count)); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	e.files = append(e.files, indexEntry{Name: name, Bytes: count.n, SHA256: hex.EncodeToString(hash.Sum(nil))})
	return nil
}

// counter counts what is written to it.
type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

// pages adds every page that the payout and its lines were read from, as it was
// received.
func (e *export) pages() error {
	for _, hash := range e.seen.sorted() {
		page, err := pageOf(e.ctx, e.tx, e.Payout.ConnectionID, hash)
		if fault.CodeOf(err) == CodeNoSource {
			e.missing = append(e.missing, hash)
			continue
		}
		if err != nil {
			return err
		}
		name := "pages/" + hash + Extension(page.MediaType)
		if hash == e.example.File {
			e.example.File = name
		}
		err = e.file(name, func(w io.Writer) error {
			_, err := w.Write(page.Bytes)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Extension gives the end of a file's name for a media type.
func Extension(mediaType string) string {
	plain, _, err := mime.ParseMediaType(mediaType)
	if err != nil {
		return ".bin"
	}
	switch plain {
	case "application/json":
		return ".json"
	case "text/csv":
		return ".csv"
	case "application/xml", "text/xml":
		return ".xml"
	case "application/pdf":
		return ".pdf"
	case "text/plain":
		return ".txt"
	}
	return ".bin"
}

// settingsFile writes the settings that made the plan, as they were entered and
// with all that they leave to the preset.
func (e *export) settingsFile(w io.Writer) error {
	content := struct {
		Version int             `json:"version"`
		Entered json.RawMessage `json:"entered"`
		// Effective is nil as long as there is no plan.
		Effective any `json:"effective"`
	}{Version: e.Payout.SettingsVersion, Entered: json.RawMessage("null")}
	if content.Version != 0 {
		content.Entered, content.Effective = e.stored, e.settings
	}
	return writeJSON(w, content)
}

func (e *export) index(w io.Writer) error {
	p := e.Payout
	return writeJSON(w, index{
		Format: Format,
		Payout: indexPayout{
			ID: p.ID, Merchant: p.MerchantID, Provider: e.Provider, Reference: p.Reference, Date: e.Day, SentAt: p.Date.UTC(),
			Currency: string(p.Net.Currency()), Net: p.Net.String(), State: string(p.State), ConnectorVersion: p.ConnectorVersion,
			SettingsVersion: p.SettingsVersion, RawPage: p.Raw.Page, RawOffset: p.Raw.Offset, RawLength: p.Raw.Length,
		},
		Files: e.files, Missing: e.missing,
	})
}

func writeJSON(w io.Writer, content any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(content); err != nil {
		return err
	}
	_, err := text.WriteTo(w)
	return err
}
