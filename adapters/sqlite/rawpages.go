package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/kvitt/kvitt/ports"
)

type rawPages struct{ *tx }

// pageCodec packs and unpacks pages; it may be used from many goroutines.
type pageCodec struct {
	pack   *zstd.Encoder
	unpack *zstd.Decoder
}

// maxRawPage bounds what unpacking may take, far above the 1 MiB of a page.
const maxRawPage = 64 << 20

func newPageCodec() (*pageCodec, error) {
	pack, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20),
		zstd.WithZeroFrames(true))
	if err != nil {
		return nil, err
	}
	unpack, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxRawPage))
	if err != nil {
		return nil, err
	}
	return &pageCodec{pack: pack, unpack: unpack}, nil
}

func (c *pageCodec) close() {
	_ = c.pack.Close() // it has no writer that could fail
	c.unpack.Close()
}

func (s rawPages) Put(ctx context.Context, connectionID string, page ports.RawPage, at time.Time) error {
	if !s.writable {
		return errReadOnly()
	}
	if sum := sha256.Sum256(page.Bytes); hex.EncodeToString(sum[:]) != page.SHA256 {
		return errInvalid("sha256", "the page has another hash than the one stated")
	}
	conn, err := s.connection(ctx, connectionID)
	if err != nil {
		return err
	}
	known, err := one(ctx, s.tx, scalar[bool],
		"SELECT EXISTS (SELECT 1 FROM raw_page WHERE connection = ? AND sha256 = ?)", conn, page.SHA256)
	if err != nil || known {
		return err
	}
	_, err = s.exec(ctx, "INSERT INTO raw_page (connection, sha256, media_type, at, content) VALUES (?, ?, ?, ?, ?)",
		conn, page.SHA256, page.MediaType, micros(at), s.store.pages.pack.EncodeAll(page.Bytes, nil))
	return err
}

func (s rawPages) Get(ctx context.Context, connectionID, sha256 string) (ports.RawPage, error) {
	conn, err := s.connection(ctx, connectionID)
	if err != nil {
		return ports.RawPage{}, err
	}
	var packed []byte
	read := func(row scanner) (p ports.RawPage, err error) {
		err = row.Scan(&p.SHA256, &p.MediaType, &packed)
		return p, err
	}
	page, err := one(ctx, s.tx, read, "SELECT sha256, media_type, content FROM raw_page WHERE connection = ? AND sha256 = ?", conn, sha256)
	if err != nil {
		return ports.RawPage{}, named(err, "raw page")
	}
	page.Bytes, err = s.store.pages.unpack.DecodeAll(packed, nil)
	if err != nil {
		return ports.RawPage{}, fmt.Errorf("unpacking raw page: %w", err)
	}
	return page, nil
}
