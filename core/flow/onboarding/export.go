package onboarding

import (
	"context"
	"io"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/ports"
)

// ExportBooks gives the ledger of the year of a date as the accounting system's
// own SIE file. The first piece is fetched before it returns, so that what can go
// wrong mostly goes wrong at once; the others are fetched while they are read,
// under the same context.
func (s *Service) ExportBooks(ctx context.Context, connectionID string, on civil.Date) (io.Reader, error) {
	account, err := s.parts.Remote.Open(ctx, connectionID)
	if err != nil {
		return nil, err
	}
	source, err := remote.Capability[ports.Books](account, ports.CapabilityBooks)
	if err != nil {
		return nil, err
	}
	export := &export{fetch: func(cursor string) (ports.BooksPiece, error) {
		var piece ports.BooksPiece
		err := account.Do(ctx, "ExportBooks", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
			var err error
			piece, err = source.ExportBooks(ctx, ports.ExportBooksRequest{Call: call, On: on, Cursor: cursor})
			return piece.Usage, err
		})
		return piece, err
	}}
	if err := export.next(); err != nil {
		return nil, err
	}
	return export, nil
}

// export reads a ledger piece by piece.
type export struct {
	fetch  func(cursor string) (ports.BooksPiece, error)
	rest   []byte
	cursor string
}

func (e *export) next() error {
	piece, err := e.fetch(e.cursor)
	e.rest, e.cursor = piece.Bytes, piece.Next
	return err
}

// Read implements io.Reader.
func (e *export) Read(p []byte) (int, error) {
	for len(e.rest) == 0 {
		if e.cursor == "" {
			return 0, io.EOF
		}
		if err := e.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}
