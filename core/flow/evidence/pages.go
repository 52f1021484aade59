package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Page names a page that a payout was read from.
type Page struct {
	SHA256    string
	MediaType string
	Bytes     int64
	// Kept is false if nobody stored the page.
	Kept bool
}

// Pages lists the pages that a payout and its lines were read from, by SHA-256;
// after is one.
func (r *Reader) Pages(ctx context.Context, payoutID, after string, limit int) ([]Page, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) ([]Page, error) {
		record, err := tx.Payouts().Get(ctx, payoutID)
		if err != nil {
			return nil, err
		}
		all, err := pagesOf(ctx, tx, record)
		if err != nil {
			return nil, err
		}
		var pages []Page
		for _, hash := range all {
			if hash <= after || len(pages) == limit {
				continue
			}
			page := Page{SHA256: hash}
			raw, err := pageOf(ctx, tx, record.ConnectionID, hash)
			switch fault.CodeOf(err) {
			case "":
				page.MediaType, page.Bytes, page.Kept = raw.MediaType, int64(len(raw.Bytes)), true
			case CodeNoSource:
			default:
				return nil, err
			}
			pages = append(pages, page)
		}
		return pages, nil
	})
}

// pagesOf gives the hashes of a payout's pages, sorted.
func pagesOf(ctx context.Context, tx ports.Tx, record ports.PayoutRecord) ([]string, error) {
	seen := hashes{record.Raw.Page: true}
	err := walk.Lines(ctx, tx, record.ID, ports.LineFilter{}, 0, func(l ports.LineRecord) error {
		seen[l.Raw.Page] = true
		return nil
	})
	return seen.sorted(), err
}

// hashes are those of pages; a line without a page adds an empty one.
type hashes map[string]bool

func (h hashes) sorted() []string {
	delete(h, "")
	return slices.Sorted(maps.Keys(h))
}

// pageOf gives a page as it was received, and fails with CodePageAltered if it no
// longer is.
func pageOf(ctx context.Context, tx ports.Tx, connectionID, hash string) (ports.RawPage, error) {
	page, err := tx.RawPages().Get(ctx, connectionID, hash)
	if fault.CodeOf(err) == ports.CodeNotFound {
		return page, fault.New(CodeNoSource, fault.NotFound, "the page was not kept").
			WithRemedy("fetch the report from the provider")
	}
	if err != nil {
		return page, err
	}
	if sum := sha256.Sum256(page.Bytes); hex.EncodeToString(sum[:]) != hash {
		return page, altered("the stored page has another SHA-256 than when it was received")
	}
	return page, nil
}

func altered(reason string) error {
	return fault.New(CodePageAltered, fault.Conflict, reason).
		WithRemedy("restore the database from a backup and find out what changed it")
}

// PageOf gives a page that a payout was read from, as it was received.
func (r *Reader) PageOf(ctx context.Context, payoutID, hash string) (ports.RawPage, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) (ports.RawPage, error) {
		record, err := tx.Payouts().Get(ctx, payoutID)
		if err != nil {
			return ports.RawPage{}, err
		}
		return pageOf(ctx, tx, record.ConnectionID, hash)
	})
}

// Excerpt is the bytes that a line was read from.
type Excerpt struct {
	PayoutID string
	LineID   int64
	payout.Raw
	MediaType string
	// PageBytes is the length of the page.
	PageBytes int64
	Bytes     []byte
}

// Source gives the bytes that a line was read from. The page's hash is checked
// before they are cut out of it.
func (r *Reader) Source(ctx context.Context, lineID int64) (Excerpt, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) (Excerpt, error) {
		l, err := tx.Lines().Get(ctx, lineID)
		if err != nil {
			return Excerpt{}, err
		}
		record, err := tx.Payouts().Get(ctx, l.PayoutID)
		if err != nil {
			return Excerpt{}, err
		}
		page, err := pageOf(ctx, tx, record.ConnectionID, l.Raw.Page)
		if err != nil {
			return Excerpt{}, err
		}
		bytes, err := cut(page.Bytes, l.Raw)
		return Excerpt{
			PayoutID: l.PayoutID, LineID: l.ID, Raw: l.Raw, MediaType: page.MediaType,
			PageBytes: int64(len(page.Bytes)), Bytes: bytes,
		}, err
	})
}

func cut(page []byte, at payout.Raw) ([]byte, error) {
	size := int64(len(page))
	if at.Offset < 0 || at.Length < 0 || at.Offset > size || at.Length > size-at.Offset {
		return nil, altered("the line's range does not lie in the page")
	}
	return page[at.Offset : at.Offset+at.Length], nil
}
