package suite_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// offset reads a cursor, which is where the next page begins.
func (a *acorn) offset(list, cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	if a.is("keeps its cursors in memory") {
		a.mu.Lock()
		cursor = a.cursors[cursor]
		a.mu.Unlock()
	}
	n, err := strconv.Atoi(strings.TrimPrefix(cursor, "o"))
	if (err != nil || !strings.HasPrefix(cursor, "o")) && !a.is("takes any cursor") {
		return 0, ports.WithUsage(fault.Invalid(codeCursor, "cursor", "it is not a cursor of this connector"), ports.Usage{})
	}
	if a.is("moves its cursors") {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.cursors[list+cursor] != "" {
			n--
		}
		a.cursors[list+cursor] = "given before"
	}
	return n, nil
}

// next gives the cursor behind a page.
func (a *acorn) next(offset, got, total int) string {
	end := offset + got
	if end >= total {
		return ""
	}
	if a.is("loses an item between two pages") && end+1 < total {
		end++
	}
	cursor := "o" + strconv.Itoa(end)
	if a.is("keeps its cursors in memory") {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.cursors["m"+cursor] = cursor
		return "m" + cursor
	}
	return cursor
}

func (a *acorn) raw(answer upstream.Answer) []ports.RawPage {
	page := answer.Raw()
	if a.is("names raw pages wrongly") {
		page.SHA256 = strings.Repeat("0", 64)
	}
	pages := []ports.RawPage{page}
	if a.is("sends more than goes over the wire") {
		large := bytes.Repeat([]byte("x"), 7<<20)
		sum := sha256.Sum256(large)
		pages = append(pages, ports.RawPage{SHA256: hex.EncodeToString(sum[:]), Bytes: large})
	}
	return pages
}

// pointer finds the bytes of an object by its id.
func (a *acorn) pointer(answer upstream.Answer, id string) payout.Raw {
	at := bytes.Index(answer.Body, []byte(`"id":"`+id+`"`))
	r := payout.Raw{Page: answer.Raw().SHA256, Offset: int64(at), Length: 5}
	switch a.broken {
	case "points beyond the page":
		r.Offset = int64(len(answer.Body))
	case "points to nothing":
		return payout.Raw{}
	case "names raw pages wrongly":
		r.Page = strings.Repeat("0", 64)
	}
	return r
}

func (a *acorn) moment(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	switch a.broken {
	case "gives moments in another zone":
		return at.In(time.FixedZone("CET", 3600))
	case "reads moments in the zone of the machine":
		at, _ = time.ParseInLocation("2006-01-02T15:04:05", strings.TrimSuffix(text, "Z"), time.Local)
		return at.UTC()
	}
	return at
}

func (a *acorn) currency(code string) money.Currency {
	if a.is("makes up a currency") {
		return "XYZ"
	}
	return money.Currency(code)
}

func (a *acorn) ListPayouts(ctx context.Context, req ports.ListPayoutsRequest) (ports.PayoutPage, error) {
	s, err := a.open(ctx, req.Call, true)
	if err != nil {
		return ports.PayoutPage{}, err
	}
	offset, err := a.offset("ListPayouts ", req.Cursor)
	if err != nil {
		return ports.PayoutPage{}, err
	}
	if now := a.inFlight.Add(1); now > 1 && a.is("mixes up calls at the same time") {
		defer a.inFlight.Add(-1)
		return ports.PayoutPage{}, nil
	}
	defer a.inFlight.Add(-1)
	since := req.Since.UTC().Format(time.RFC3339)
	if a.is("does not care since when") {
		since = ""
	}
	var list struct {
		Payouts []oakPayout
		Total   int
	}
	answer, err := s.get(ctx, fmt.Sprintf("/payouts?since=%s&offset=%d&limit=%d", since, offset, a.size), &list)
	if a.is("takes a 404 for an empty list") && answer.Status == http.StatusNotFound {
		return ports.PayoutPage{Usage: s.client.Usage()}, nil
	}
	if err != nil {
		return ports.PayoutPage{}, err
	}
	if list.Payouts == nil && list.Total == 0 && !a.is("takes braces for an empty list") && !a.is("takes a web page for an empty list") {
		return ports.PayoutPage{}, s.missing()
	}
	page := ports.PayoutPage{Raw: a.raw(answer), Usage: s.client.Usage(), Next: a.next(offset, len(list.Payouts), list.Total)}
	if a.is("counts fewer calls than it makes") {
		page.Usage.Calls = 0
	}
	for _, p := range list.Payouts {
		page.Payouts = append(page.Payouts, payout.Payout{
			Reference: p.ID, Date: a.moment(p.Date), Net: money.New(p.Net, a.currency(p.Currency)), Raw: a.pointer(answer, p.ID),
		})
	}
	return page, nil
}

func (a *acorn) ListPayoutLines(ctx context.Context, req ports.ListPayoutLinesRequest) (ports.LinePage, error) {
	s, err := a.open(ctx, req.Call, true)
	if err != nil {
		return ports.LinePage{}, err
	}
	offset, err := a.offset("ListPayoutLines "+req.Reference, req.Cursor)
	if err != nil {
		return ports.LinePage{}, err
	}
	var list struct {
		Lines    []oakLine
		Total    int
		Currency string
	}
	if a.is("cannot read lines") || a.is("serves a connection only so often") && a.exhausted(req.Connection.ID) {
		return ports.LinePage{}, s.failed(fault.New(codeAnswer, fault.Temporary, "there are no lines"))
	}
	answer, err := s.get(ctx, fmt.Sprintf("/payouts/%s/lines?offset=%d&limit=%d", req.Reference, offset, a.size), &list)
	if a.is("gives no lines of an unknown payout") && strings.HasPrefix(req.Reference, "CONFORMANCE") {
		return ports.LinePage{Usage: s.client.Usage()}, nil
	}
	if err != nil {
		return ports.LinePage{}, err
	}
	if list.Lines == nil {
		return ports.LinePage{}, s.missing()
	}
	page := ports.LinePage{Raw: a.raw(answer), Usage: s.client.Usage(), Next: a.next(offset, len(list.Lines), list.Total)}
	for _, l := range list.Lines {
		page.Lines = append(page.Lines, a.line(l, a.currency(list.Currency), a.pointer(answer, l.ID)))
	}
	return page, nil
}

// exhausted tells whether a connection has been served as often as can be.
func (a *acorn) exhausted(connection string) bool {
	const most = 15
	a.mu.Lock()
	defer a.mu.Unlock()
	a.served[connection]++
	return a.served[connection] > most
}

func (a *acorn) line(l oakLine, currency money.Currency, raw payout.Raw) payout.Line {
	kinds := map[string]payout.Kind{"SALE": payout.Sale, "REFUND": payout.Refund}
	line := payout.Line{
		Key: l.ID, Kind: kinds[l.Type], RawType: l.Type, OccurredAt: a.moment(l.At), Raw: raw,
		Gross: money.New(l.Amount, currency), FeeExVAT: money.New(l.Fee, currency), FeeVAT: money.New(l.FeeVAT, currency),
		References: map[payout.Reference]string{payout.OrderID: l.Order},
	}
	if line.Kind == "" {
		line.Kind = payout.Unknown
	}
	switch a.broken {
	case "gives lines other keys each time":
		line.Key += "-" + strconv.FormatInt(a.calls.Load(), 10)
	case "gives lines other keys than before":
		line.Key = "v2-" + line.Key
	case "gives a refund the wrong sign":
		line.Gross = line.Gross.Abs()
	case "gives all lines one key":
		line.Key = "line"
	case "forgets the provider's type":
		line.RawType = ""
	case "forgets fees":
		line.FeeExVAT, line.FeeVAT = money.Zero(currency), money.Zero(currency)
	case "guesses what it does not know":
		if line.Kind == payout.Unknown {
			line.Kind = payout.Adjustment
		}
	}
	return line
}

func (a *acorn) invoices(ctx context.Context, call ports.Call, query string, offset int) (ports.DocumentPage, error) {
	s, err := a.open(ctx, call, true)
	if err != nil {
		return ports.DocumentPage{}, err
	}
	var list struct {
		Invoices []oakInvoice
		Total    *int
	}
	answer, err := s.get(ctx, fmt.Sprintf("/invoices?%s&offset=%d&limit=%d", query, offset, a.size), &list)
	if err != nil {
		return ports.DocumentPage{}, err
	}
	if list.Total == nil {
		return ports.DocumentPage{}, s.missing()
	}
	page := ports.DocumentPage{Raw: []ports.RawPage{answer.Raw()}, Usage: s.client.Usage(), Next: a.next(offset, len(list.Invoices), *list.Total)}
	for _, i := range list.Invoices {
		page.Documents = append(page.Documents, a.document(i))
	}
	return page, nil
}

func (a *acorn) document(i oakInvoice) invoice.Document {
	d := invoice.Document{
		Number: i.Number, Kind: invoice.Invoice, Total: money.New(i.Total, "SEK"), Balance: money.New(i.Balance, "SEK"), Booked: true,
		Date: civil.Date{Year: 2026, Month: 4, Day: 1}, References: map[invoice.Reference]string{invoice.OCR: i.OCR},
	}
	if i.Total < 0 {
		d.Kind = invoice.Credit
		if a.is("gives a credit invoice a positive total") {
			d.Total = d.Total.Neg()
		}
	}
	return d
}

func (a *acorn) ListDocuments(ctx context.Context, req ports.ListDocumentsRequest) (ports.DocumentPage, error) {
	if req.Since != "" && !strings.HasPrefix(req.Since, "w") && !a.is("takes any watermark") {
		return ports.DocumentPage{}, ports.WithUsage(fault.Invalid(codeCursor, "since", "it is not a watermark of this connector"), ports.Usage{})
	}
	if _, err := a.open(ctx, req.Call, true); err != nil {
		return ports.DocumentPage{}, err
	}
	offset, err := a.offset("ListDocuments "+req.Since, req.Cursor)
	if err != nil {
		return ports.DocumentPage{}, err
	}
	query := "open=1"
	if req.Since != "" {
		query = ""
	}
	page, err := a.invoices(ctx, req.Call, query, offset)
	if page.Next == "" {
		page.Watermark = "w1"
	}
	return page, err
}

func (a *acorn) FindDocuments(ctx context.Context, req ports.FindDocumentsRequest) (ports.DocumentPage, error) {
	page, err := a.invoices(ctx, req.Call, "search="+req.Value, 0)
	if a.is("finds nothing") {
		page.Documents = nil
	}
	return page, err
}

func (a *acorn) ListChoices(ctx context.Context, req ports.ChoicesRequest) (ports.ChoicesPage, error) {
	s, err := a.open(ctx, req.Call, true)
	if err != nil {
		return ports.ChoicesPage{}, err
	}
	if _, err := a.offset(string(req.Kind), req.Cursor); err != nil {
		return ports.ChoicesPage{}, err
	}
	var chart struct{ Accounts []string }
	if _, err := s.get(ctx, "/accounts", &chart); err != nil {
		return ports.ChoicesPage{}, err
	}
	if chart.Accounts == nil {
		return ports.ChoicesPage{}, s.missing()
	}
	page := ports.ChoicesPage{Usage: s.client.Usage()}
	if req.Kind != ports.ChooseAccount {
		return page, nil
	}
	for _, account := range chart.Accounts {
		page.Choices = append(page.Choices, ports.Choice{Value: account, Label: "Account " + account, Active: true})
	}
	if a.is("offers a choice twice") {
		page.Choices = append(page.Choices, page.Choices[0])
	}
	return page, nil
}

func (a *acorn) Period(ctx context.Context, req ports.PeriodRequest) (ports.Period, error) {
	s, err := a.open(ctx, req.Call, true)
	if err != nil {
		return ports.Period{}, err
	}
	var me struct{ Name string }
	if _, err := s.get(ctx, "/me", &me); err != nil {
		return ports.Period{}, err
	}
	if me.Name == "" {
		return ports.Period{}, s.missing()
	}
	p := ports.Period{Usage: s.client.Usage()}
	if req.On.Year == 2026 || a.is("has a year for every day") {
		p.Year = strconv.Itoa(req.On.Year)
		p.From, p.To = civil.Date{Year: req.On.Year, Month: 1, Day: 1}, civil.Date{Year: req.On.Year, Month: 12, Day: 31}
	}
	return p, nil
}

func (a *acorn) ExportBooks(ctx context.Context, req ports.ExportBooksRequest) (ports.BooksPiece, error) {
	s, err := a.open(ctx, req.Call, true)
	if err != nil {
		return ports.BooksPiece{}, err
	}
	offset, err := a.offset("ExportBooks ", req.Cursor)
	if err != nil {
		return ports.BooksPiece{}, err
	}
	var books struct{ SIE string }
	if _, err := s.get(ctx, "/books", &books); err != nil {
		return ports.BooksPiece{}, err
	}
	if books.SIE == "" {
		return ports.BooksPiece{}, s.missing()
	}
	if a.is("exports something else") {
		books.SIE = strings.ReplaceAll(books.SIE, "#SIETYP 4", "#SIETYP 1")
	}
	return ports.BooksPiece{Bytes: []byte(books.SIE[offset:]), Usage: s.client.Usage()}, nil
}

func (a *acorn) ListPayments(ctx context.Context, req ports.ListPaymentsRequest) (ports.PaymentList, error) {
	s, err := a.open(ctx, req.Call, true)
	if err != nil {
		return ports.PaymentList{}, err
	}
	found, err := s.payments(ctx, req.DocumentNumber)
	if err != nil {
		return ports.PaymentList{}, err
	}
	list := ports.PaymentList{Usage: s.client.Usage()}
	for _, p := range found {
		date, err := civil.Parse(p.Date)
		if err != nil {
			return ports.PaymentList{}, s.failed(err)
		}
		list.Payments = append(list.Payments, ports.RegisteredPayment{
			Number: p.Number, Amount: money.New(p.Amount, "SEK"), Account: ledger.Account(p.Account), Date: date, Booked: p.Booked,
		})
	}
	return list, nil
}

func (s *session) payments(ctx context.Context, number string) ([]oakPayment, error) {
	var list struct{ Payments []oakPayment }
	if _, err := s.get(ctx, "/invoices/"+number+"/payments", &list); err != nil {
		return nil, err
	}
	if list.Payments == nil {
		return nil, s.missing()
	}
	return list.Payments, nil
}
