package hub_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// sek gives an amount of öre.
func sek(minor int64) money.Amount { return money.New(minor, "SEK") }

// fakeProvider is a provider whose pages are as small as a test wants them.
type fakeProvider struct {
	mu       sync.Mutex
	pageSize int
	payouts  []payout.Payout
	lines    map[string][]payout.Line
	// beforePage runs before each page of lines, with its number from 0.
	beforePage func(page int)
}

func (f *fakeProvider) Describe() ports.Description {
	return ports.Description{
		ID: "fakepay", Name: "Fakepay", Version: "1.0.0", Protocol: ports.ProtocolVersion,
		Capabilities: []ports.Capability{ports.CapabilityPayouts},
		Quota:        ports.Quota{InFlight: 1},
		Operations:   []ports.Operation{{Name: "Verify", Calls: 1}, {Name: "ListPayouts", Calls: 1}, {Name: "ListPayoutLines", Calls: 1}},
	}
}

func (f *fakeProvider) Verify(context.Context, ports.VerifyRequest) (ports.VerifyReport, error) {
	return ports.VerifyReport{AccountID: "M1"}, nil
}

func (f *fakeProvider) ListPayouts(_ context.Context, req ports.ListPayoutsRequest) (ports.PayoutPage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	from, to, next := window(req.Cursor, f.pageSize, len(f.payouts))
	return ports.PayoutPage{Payouts: slices.Clone(f.payouts[from:to]), Next: next, Usage: ports.Usage{Calls: 1}}, nil
}

func (f *fakeProvider) ListPayoutLines(_ context.Context, req ports.ListPayoutLinesRequest) (ports.LinePage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	lines := f.lines[req.Reference]
	from, to, next := window(req.Cursor, f.pageSize, len(lines))
	if f.beforePage != nil {
		f.beforePage(from / f.pageSize)
		lines = f.lines[req.Reference]
	}
	return ports.LinePage{Lines: slices.Clone(lines[from:min(to, len(lines))]), Next: next, Usage: ports.Usage{Calls: 1}}, nil
}

func window(cursor string, size, total int) (from, to int, next string) {
	from, _ = strconv.Atoi(cursor)
	to = min(from+size, total)
	if to < total {
		next = strconv.Itoa(to)
	}
	return from, to, next
}

// fakeBooks is an accounting system with a switch for each thing that can go wrong.
type fakeBooks struct {
	mu        sync.Mutex
	pageSize  int
	documents []invoice.Document
	payments  map[string][]ports.RegisteredPayment
	paid      map[string]string // key → payment number
	vouchers  map[string]ports.VoucherRequest
	files     map[string]ports.AttachmentRequest
	searches  []string
	currencies
	// ledger are the balances by account in öre, debit positive.
	ledger map[ledger.Account]int64
	// lockedUntil is the last day of 2026 that is closed for postings.
	lockedUntil civil.Date
	// takesNoFiles leaves the capability of attachments out of the description.
	takesNoFiles bool
	// fail is asked before a write takes effect, and again after it did.
	fail func(operation string, attempt int, done bool) error
}

func newFakeBooks(documents ...invoice.Document) *fakeBooks {
	return &fakeBooks{
		pageSize: 2, documents: documents, payments: map[string][]ports.RegisteredPayment{},
		paid: map[string]string{}, vouchers: map[string]ports.VoucherRequest{}, files: map[string]ports.AttachmentRequest{},
		ledger: map[ledger.Account]int64{}, currencies: currencies{},
	}
}

func (f *fakeBooks) Describe() ports.Description {
	capabilities := []ports.Capability{ports.CapabilityDocuments, ports.CapabilityPayments, ports.CapabilityReleases, ports.CapabilityVouchers, ports.CapabilityBooks}
	if !f.takesNoFiles {
		capabilities = append(capabilities, ports.CapabilityAttachments)
	}
	return ports.Description{
		ID: "fakebooks", Name: "Fakebooks", Version: "1.0.0", Protocol: ports.ProtocolVersion,
		Capabilities: capabilities,
		Quota:        ports.Quota{InFlight: 3},
		Operations: []ports.Operation{
			{Name: "Verify", Calls: 1},
			{Name: "ListDocuments", Calls: 1},
			{Name: "FindDocuments", Calls: 1},
			{Name: "ListPayments", Calls: 1},
			{Name: "EnsurePayment", Calls: 2, RecoveryCalls: 3, Recovery: ports.RecoveryByDifference},
			{Name: "EnsureReleased", Calls: 2, RecoveryCalls: 3, Recovery: ports.RecoveryByDifference},
			{Name: "Period", Calls: 1},
			{Name: "EnsureVoucher", Calls: 1, RecoveryCalls: 2, Recovery: ports.RecoverySearchable},
			{Name: "EnsureAttachment", Calls: 2, RecoveryCalls: 3, Recovery: ports.RecoveryByState},
		},
	}
}

func (f *fakeBooks) Verify(context.Context, ports.VerifyRequest) (ports.VerifyReport, error) {
	return ports.VerifyReport{AccountID: "C1"}, nil
}

func (f *fakeBooks) ListDocuments(_ context.Context, req ports.ListDocumentsRequest) (ports.DocumentPage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	from, to, next := window(req.Cursor, f.pageSize, len(f.documents))
	page := ports.DocumentPage{Next: next, Usage: ports.Usage{Calls: 1}}
	for _, d := range f.documents[from:to] {
		if req.Since != "" || !d.Balance.IsZero() {
			page.Documents = append(page.Documents, d)
		}
	}
	if next == "" {
		page.Watermark = "read"
	}
	return page, nil
}

func (f *fakeBooks) FindDocuments(_ context.Context, req ports.FindDocumentsRequest) (ports.DocumentPage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.searches = append(f.searches, string(req.Reference)+"="+req.Value)
	page := ports.DocumentPage{Usage: ports.Usage{Calls: 1}}
	for _, d := range f.documents {
		if d.References[req.Reference] == req.Value || (req.Reference == invoice.Number && d.Number == req.Value) {
			page.Documents = append(page.Documents, d)
		}
	}
	return page, nil
}

func (f *fakeBooks) ListPayments(_ context.Context, req ports.ListPaymentsRequest) (ports.PaymentList, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return ports.PaymentList{Payments: slices.Clone(f.payments[req.DocumentNumber]), Usage: ports.Usage{Calls: 1}}, nil
}

// happen runs a write: it may fail before its effect and again after it.
func (f *fakeBooks) happen(operation string, attempt int, effect func()) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		if err := f.fail(operation, attempt, false); err != nil {
			return err
		}
	}
	effect()
	if f.fail != nil {
		return f.fail(operation, attempt, true)
	}
	return nil
}

func (f *fakeBooks) EnsurePayment(_ context.Context, req ports.PaymentRequest) (ports.PaymentResult, error) {
	result := ports.PaymentResult{Outcome: ports.Created, Usage: ports.Usage{Calls: 2}}
	var refused error
	err := f.happen("EnsurePayment", req.Attempt, func() {
		number := req.Payment.DocumentNumber
		if req.Attempt > 1 {
			for _, p := range f.payments[number] {
				if p.Amount == req.Payment.Amount && !slices.Contains(req.Known, p.Number) {
					result.Number, result.Outcome = p.Number, ports.Found
					return
				}
			}
		}
		result.Number, refused = f.settle(req.Payment)
		if made := f.payments[number]; refused == nil {
			made[len(made)-1].Date = req.Payment.Date
		}
	})
	if err == nil {
		err = refused
	}
	return result, err
}

func (f *fakeBooks) pay(number string, amount money.Amount, offs []ports.WriteOff, account string) {
	total := 0
	for _, list := range f.payments {
		total += len(list)
	}
	payment := ports.RegisteredPayment{Number: strconv.Itoa(total + 1), Amount: amount, Account: "1686", Booked: true}
	if account != "" {
		payment.Account = ledger.Account(account)
	}
	f.payments[number] = append(f.payments[number], payment)
	f.ledger[payment.Account] += amount.Minor()
	for _, off := range offs {
		f.ledger[off.Account] += off.Amount.Minor()
	}
	for i := range f.documents {
		if f.documents[i].Number == number {
			if f.documents[i].Total.Currency() != amount.Currency() {
				return
			}
			balance, _ := f.documents[i].Balance.Sub(amount)
			for _, off := range offs {
				balance, _ = balance.Sub(off.Amount)
			}
			f.documents[i].Balance = balance
		}
	}
}

func (f *fakeBooks) EnsureVoucher(_ context.Context, req ports.VoucherRequest) (ports.VoucherResult, error) {
	result := ports.VoucherResult{Outcome: ports.Created, Usage: ports.Usage{Calls: 1}}
	err := f.happen("EnsureVoucher", req.Attempt, func() {
		if _, there := f.vouchers[req.Key]; there {
			if req.Attempt == 1 {
				panic("voucher " + req.Key + " was made twice on a first attempt")
			}
			result.Outcome = ports.Found
		} else {
			for _, row := range req.Voucher.Rows() {
				f.ledger[row.Account] += row.Amount.Minor()
			}
		}
		f.vouchers[req.Key] = req
		result.Number = ports.VoucherNumber{Series: req.Series, Number: strconv.Itoa(len(f.vouchers)), Year: "3"}
	})
	return result, err
}

func (f *fakeBooks) EnsureAttachment(_ context.Context, req ports.AttachmentRequest) (ports.AttachmentResult, error) {
	result := ports.AttachmentResult{Outcome: ports.Created, Usage: ports.Usage{Calls: 2}}
	err := f.happen("EnsureAttachment", req.Attempt, func() {
		if _, there := f.files[req.FileName]; there {
			result.Outcome = ports.Found
		}
		f.files[req.FileName] = req
		result.ID = req.FileName
	})
	return result, err
}

// countPayments is the number of payments in the accounting system.
func (f *fakeBooks) countPayments() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	total := 0
	for _, list := range f.payments {
		total += len(list)
	}
	return total
}

// fakeCatalogue hands out connectors that live in the test.
type fakeCatalogue map[string]ports.Connector

func (c fakeCatalogue) Serving(id, _ string) (ports.Connector, error) {
	if connector, ok := c[id]; ok {
		return connector, nil
	}
	return nil, fault.New(ports.CodeConnectorUnknown, fault.NotFound, "no connector "+id)
}

func (c fakeCatalogue) Status() []ports.ConnectorStatus { return nil }

// plainSecrets keeps credentials as they are.
type plainSecrets struct{}

func (plainSecrets) Seal(_ context.Context, _ string, plain []byte) ([]byte, error) {
	return plain, nil
}

func (plainSecrets) Open(_ context.Context, _ string, sealed []byte) ([]byte, error) {
	return sealed, nil
}

// noTokens is never asked, because the fakes have no OAuth.
type noTokens struct{}

func (noTokens) Token(context.Context, string, ports.OAuth, map[string]string, map[string]string) (string, error) {
	return "", fmt.Errorf("no tokens here")
}
func (noTokens) Forget(string, string) {}

// fixedClock is a business clock that stands still until a test moves it.
type fixedClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *fixedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fixedClock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}
