package registration_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// sek gives an amount of öre.
func sek(minor int64) money.Amount { return money.New(minor, "SEK") }

// fakeBooks is an accounting system that takes vouchers.
type fakeBooks struct {
	mu       sync.Mutex
	vouchers map[string]ports.VoucherNumber
	// ledger are the balances by account in öre, debit positive.
	ledger map[ledger.Account]int64
	// fail is asked before a write takes effect, and again after it did.
	fail func(attempt int, done bool) error
}

func newFakeBooks() *fakeBooks {
	return &fakeBooks{vouchers: map[string]ports.VoucherNumber{}, ledger: map[ledger.Account]int64{}}
}

func (f *fakeBooks) Describe() ports.Description {
	return ports.Description{
		ID: "fakebooks", Name: "Fakebooks", Version: "1.0.0", Protocol: ports.ProtocolVersion,
		Capabilities: []ports.Capability{ports.CapabilityVouchers}, Quota: ports.Quota{InFlight: 3},
		Operations: []ports.Operation{{Name: "Verify", Calls: 1}, {Name: "EnsureVoucher", Calls: 1, RecoveryCalls: 2, Recovery: ports.RecoverySearchable}},
	}
}

func (f *fakeBooks) Verify(context.Context, ports.VerifyRequest) (ports.VerifyReport, error) {
	return ports.VerifyReport{AccountID: "C1"}, nil
}

func (f *fakeBooks) EnsureVoucher(ctx context.Context, req ports.VoucherRequest) (ports.VoucherResult, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if work := ports.WorkOf(ctx); work != req.Key {
		panic("voucher " + req.Key + " is made for \"" + work + "\"")
	}
	result := ports.VoucherResult{Outcome: ports.Created, Usage: ports.Usage{Calls: 1}}
	if err := f.failing(req.Attempt, false); err != nil {
		return result, err
	}
	number, there := f.vouchers[req.Key]
	if there {
		if req.Attempt == 1 {
			panic("voucher " + req.Key + " was made twice on a first attempt")
		}
		result.Outcome = ports.Found
	} else {
		for _, row := range req.Voucher.Rows() {
			f.ledger[row.Account] += row.Amount.Minor()
		}
		number = ports.VoucherNumber{Series: req.Series, Number: strconv.Itoa(len(f.vouchers) + 1), Year: "3"}
		f.vouchers[req.Key] = number
	}
	result.Number = number
	return result, f.failing(req.Attempt, true)
}

func (f *fakeBooks) failing(attempt int, done bool) error {
	if f.fail == nil {
		return nil
	}
	return f.fail(attempt, done)
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
	return "", errors.New("no tokens here")
}
func (noTokens) Forget(string, string) {}

// fixedClock is a business clock that stands still until a test moves it.
type fixedClock struct{ now time.Time }

func (c *fixedClock) Now() time.Time { return c.now }

type machine struct{}

func (machine) Now() time.Time { return time.Now() }

func (machine) After(d time.Duration) <-chan time.Time { return time.After(d) }
