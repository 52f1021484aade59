package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/paging"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// Faults of reading the books.
const (
	// CodeBooksChanged: something was booked while the ledger was being read.
	CodeBooksChanged fault.Code = "erp.books_changed"
	// CodeBooksWrong: Fortnox gave the ledger of another year, or none.
	CodeBooksWrong fault.Code = "erp.books_unexpected"
)

// largestBooks is the most bytes of a SIE file that is read.
const largestBooks = 64 << 20

// Period implements ports.Books. Both answers are fresh: a person may lock a
// period at any moment.
func (c *Connector) Period(ctx context.Context, req ports.PeriodRequest) (ports.Period, error) {
	return upstream.Serve(c.open(req.Call, 0), func(s *session) (ports.Period, error) { return s.period(ctx, req.On) })
}

func (s *session) period(ctx context.Context, on civil.Date) (ports.Period, error) {
	year, ok, err := s.askYear(ctx, on)
	if err != nil {
		return ports.Period{}, err
	}
	locked, err := s.LockedUntil(ctx)
	if err != nil {
		return ports.Period{}, err
	}
	period := ports.Period{LockedUntil: locked}
	if ok {
		period.Year, period.From, period.To = yearID(year), year.FromDate.Date, year.ToDate.Date
	}
	return period, nil
}

// pieceCursor carries the place in the books.
var pieceCursor = paging.Codec[piece]{Name: "books.1"}

// piece is how far ExportBooks has come. All pieces come from the very file whose
// hash it names.
type piece struct {
	Offset int    `json:"offset"`
	SHA256 string `json:"sha256"`
}

// ExportBooks implements ports.Books. The file is downloaded once and handed out
// from memory; if the memory is gone it is downloaded again, and must not differ.
func (c *Connector) ExportBooks(ctx context.Context, req ports.ExportBooksRequest) (ports.BooksPiece, error) {
	return upstream.Serve(c.open(req.Call, largestBooks), func(s *session) (ports.BooksPiece, error) { return s.exportBooks(ctx, req) })
}

func (s *session) exportBooks(ctx context.Context, req ports.ExportBooksRequest) (ports.BooksPiece, error) {
	at, err := pieceCursor.Read(req.Cursor, piece{})
	if err != nil {
		return ports.BooksPiece{}, err
	}
	file, known := s.connector.exports.find(s.company(), at.SHA256)
	if !known {
		if file, err = s.download(ctx, req.On); err != nil {
			return ports.BooksPiece{}, err
		}
		sum := sha256.Sum256(file)
		hash := hex.EncodeToString(sum[:])
		if at.SHA256 != "" && at.SHA256 != hash {
			return ports.BooksPiece{}, fault.New(CodeBooksChanged, fault.Temporary, "the books changed while they were being read").
				From(fault.Upstream).WithRemedy("read them again from the start")
		}
		at.SHA256 = hash
		s.connector.exports.keep(s.company(), hash, file)
	}
	if at.Offset < 0 || at.Offset > len(file) {
		return ports.BooksPiece{}, paging.Invalid("it lies outside the file")
	}
	end := min(at.Offset+s.connector.pieceSize, len(file))
	out := ports.BooksPiece{Bytes: file[at.Offset:end]}
	if end == len(file) {
		s.connector.exports.drop(s.company(), at.SHA256)
		return out, nil
	}
	at.Offset = end
	out.Next, err = pieceCursor.Write(at)
	return out, err
}

func (s *session) download(ctx context.Context, on civil.Date) ([]byte, error) {
	year, err := s.year(ctx, on)
	if err != nil {
		return nil, err
	}
	file, err := s.SIE(ctx, int(year.ID))
	if err != nil {
		return nil, err
	}
	return file, checkYear(file, year)
}

// checkYear refuses a file that is not of the year asked for. Fortnox would give
// the preselected year if it did not understand the question.
func checkYear(file []byte, year client.Year) error {
	compact := func(d client.Date) string { return strings.ReplaceAll(d.String(), "-", "") }
	head := string(file[:min(len(file), 64<<10)])
	for line := range strings.Lines(head) {
		fields := strings.Fields(line)
		const parts = 4
		if len(fields) >= parts && fields[0] == "#RAR" && fields[1] == "0" {
			if fields[2] == compact(year.FromDate) && fields[3] == compact(year.ToDate) {
				return nil
			}
			break
		}
	}
	return fault.New(CodeBooksWrong, fault.Temporary, "Fortnox gave something else than the books of the year from "+year.FromDate.String()).
		From(fault.Upstream)
}
