package rest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"regexp"
	"unicode/utf8"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/evidence"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) GetEvidence(ctx context.Context, r api.GetEvidenceRequestObject) (api.GetEvidenceResponseObject, error) {
	e, err := s.Evidence.Payout(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	answer := api.GetEvidence200JSONResponse{
		Payout: evidencePayout(e.Subject), Vouchers: []api.EvidenceVoucher{},
	}
	for _, v := range e.Vouchers {
		answer.Vouchers = append(answer.Vouchers, evidenceVoucher(v))
	}
	return answer, nil
}

func evidencePayout(about evidence.Subject) api.EvidencePayout {
	p := about.Payout
	return api.EvidencePayout{
		ID: p.ID, MerchantID: p.MerchantID, Provider: about.Provider, Reference: p.Reference, Date: about.Day.String(),
		Currency: string(p.Net.Currency()), Net: p.Net.String(), State: api.PayoutState(p.State), ConnectorVersion: p.ConnectorVersion,
		SettingsVersion: p.SettingsVersion, Raw: api.Raw{Page: p.Raw.Page, Offset: p.Raw.Offset, Length: p.Raw.Length},
	}
}

func evidenceVoucher(v evidence.Voucher) api.EvidenceVoucher {
	answer := api.EvidenceVoucher{
		Key: v.Key, Kind: api.EvidenceVoucherKind(v.Kind), State: api.EvidenceVoucherState(v.State), Series: v.Content.Series,
		Date: v.Content.Date.String(), Text: v.Content.Text, ConnectorVersion: v.ConnectorVersion, SettingsVersion: v.SettingsVersion,
		Rows: []api.EvidenceRow{},
	}
	if v.Number != "" {
		answer.Number = &v.Number
	}
	for _, row := range v.Rows {
		shown := api.EvidenceRow{
			Row: row.N, Account: string(row.Account), Currency: string(row.Amount.Currency()), Debit: row.Debit().String(),
			Credit: row.Credit().String(), Meaning: row.Meaning, Text: row.Text, Sources: []api.EvidenceSource{}, Difference: row.Difference.String(),
		}
		for _, from := range row.Sources {
			shown.Sources = append(shown.Sources, api.EvidenceSource{
				Kind: api.LineKind(from.Kind), RawType: from.RawType, Lines: from.Lines, Amount: from.Amount.String(), LineID: from.LineID,
			})
		}
		answer.Rows = append(answer.Rows, shown)
	}
	return answer
}

func (s *server) ListRowLines(ctx context.Context, r api.ListRowLinesRequestObject) (api.ListRowLinesResponseObject, error) {
	after, err := ordinal(r.Params.After)
	if err != nil {
		return nil, err
	}
	found, err := s.Evidence.RowLines(ctx, r.ID, r.N, after, sizeOf(r.Params.Limit)+1)
	items, next := answered(found, r.Params.Limit, func(l evidence.RowLine) string { return itoa(l.Ordinal) }, func(l evidence.RowLine) api.RowLine {
		return api.RowLine{Amount: l.Amount.String(), Line: lineAnswer(l.LineRecord)}
	})
	return api.ListRowLines200JSONResponse{Items: items, Next: next}, err
}

func (s *server) ListRawPages(ctx context.Context, r api.ListRawPagesRequestObject) (api.ListRawPagesResponseObject, error) {
	found, err := s.Evidence.Pages(ctx, r.ID, r.Params.After, sizeOf(r.Params.Limit)+1)
	items, next := answered(found, r.Params.Limit, func(p evidence.Page) string { return p.SHA256 }, func(p evidence.Page) api.RawPage {
		return api.RawPage{Sha256: p.SHA256, Kept: p.Kept, MediaType: p.MediaType, Bytes: p.Bytes}
	})
	return api.ListRawPages200JSONResponse{Items: items, Next: next}, err
}

// GetRawPage never answers with the media type of the page: what a provider sent
// must not run in a browser as a page of the hub.
func (s *server) GetRawPage(ctx context.Context, r api.GetRawPageRequestObject) (api.GetRawPageResponseObject, error) {
	if err := s.reachPayout(ctx, r.Params.Payout); err != nil {
		return nil, err
	}
	page, err := s.Evidence.PageOf(ctx, r.Params.Payout, r.Hash)
	if err != nil {
		return nil, err
	}
	return api.GetRawPage200ApplicationOctetStreamResponse{
		Body: bytes.NewReader(page.Bytes), ContentLength: int64(len(page.Bytes)),
		Headers: api.GetRawPage200ResponseHeaders{ContentDisposition: attached(page.SHA256 + evidence.Extension(page.MediaType))},
	}, nil
}

// reachPayout does for a payout that the query names what reach does for the path.
func (s *server) reachPayout(ctx context.Context, payoutID string) error {
	var p ports.PayoutRecord
	err := s.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		p, err = tx.Payouts().Get(ctx, payoutID)
		return err
	})
	key := caller(ctx)
	if fault.CodeOf(err) == ports.CodeNotFound || (err == nil && key.Scope == ports.ScopeMerchant && p.MerchantID != key.MerchantID) {
		return errNotFound()
	}
	return err
}

func attached(name string) string { return fmt.Sprintf("attachment; filename=%q", name) }

func (s *server) GetLineSource(ctx context.Context, r api.GetLineSourceRequestObject) (api.GetLineSourceResponseObject, error) {
	from, err := s.Evidence.Source(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(from.Bytes)
	answer := api.GetLineSource200JSONResponse{
		LineID: from.LineID, PayoutID: from.PayoutID, Raw: api.Raw{Page: from.Page, Offset: from.Offset, Length: from.Length},
		MediaType: from.MediaType, PageBytes: from.PageBytes, Sha256: hex.EncodeToString(sum[:]), Content: from.Bytes,
	}
	if utf8.Valid(from.Bytes) {
		answer.Text = string(from.Bytes)
	}
	return answer, nil
}

// GetEvidenceArchive answers with the archive of a payout.
func (s *server) GetEvidenceArchive(ctx context.Context, r api.GetEvidenceArchiveRequestObject) (api.GetEvidenceArchiveResponseObject, error) {
	archive, size, err := spooled("kvitt-evidence-*.zip", func(w io.Writer) error { return s.Evidence.Export(ctx, r.ID, w) })
	if err != nil {
		return nil, err
	}
	return api.GetEvidenceArchive200ApplicationZipResponse{
		Body: archive, ContentLength: size,
		Headers: api.GetEvidenceArchive200ResponseHeaders{ContentDisposition: attached("kvitt-evidence-" + plainName(r.ID) + ".zip")},
	}, nil
}

// spooled writes an archive to a file of its own before it is answered: a slow reader then
// holds no view of the store, and half an archive is never sent.
func spooled(pattern string, export func(io.Writer) error) (*spool, int64, error) {
	file, err := os.CreateTemp("", pattern)
	if err != nil {
		return nil, 0, fmt.Errorf("making a file for the archive: %w", err)
	}
	archive := &spool{file}
	if err := export(file); err != nil {
		_ = archive.Close()
		return nil, 0, err
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = archive.Close()
		return nil, 0, fmt.Errorf("reading the archive again: %w", err)
	}
	return archive, size, nil
}

// spool is a file that is gone once it is closed.
type spool struct{ *os.File }

func (s *spool) Close() error {
	err := s.File.Close()
	if gone := os.Remove(s.Name()); err == nil {
		err = gone
	}
	return err
}

var notPlain = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// plainName makes an id fit for the name of a file.
func plainName(id string) string { return notPlain.ReplaceAllString(id, "_") }

func (s *server) FindDocuments(ctx context.Context, r api.FindDocumentsRequestObject) (api.FindDocumentsResponseObject, error) {
	found, err := s.Evidence.ByNumber(ctx, r.ID, r.Params.Number, pageOf(r.Params.Limit, r.Params.After))
	if err != nil {
		return nil, err
	}
	items, next := answered(found, r.Params.Limit, func(o evidence.Origin) string { return itoa(o.ID) }, originAnswer)
	return api.FindDocuments200JSONResponse{Items: items, Next: next}, nil
}

func originAnswer(o evidence.Origin) api.Origin {
	answer := api.Origin{Document: documentAnswer(statement.Document{Step: o.Step, Voucher: o.Voucher})}
	if o.Of != nil {
		about := evidencePayout(*o.Of)
		answer.Payout = &about
	}
	if o.Line != nil {
		line := lineAnswer(*o.Line)
		answer.Line = &line
	}
	return answer
}
