package hub_test

import (
	"context"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// EnsureReleased books the opposite of a payment. A second attempt finds the one
// that an earlier attempt has made by its amount.
func (f *fakeBooks) EnsureReleased(_ context.Context, req ports.ReleaseRequest) (ports.ReleaseResult, error) {
	result := ports.ReleaseResult{Outcome: ports.Created, Usage: ports.Usage{Calls: 2}}
	var refused error
	err := f.happen("EnsureReleased", req.Attempt, func() {
		list := f.payments[req.DocumentNumber]
		at := slices.IndexFunc(list, func(p ports.RegisteredPayment) bool { return p.Number == req.PaymentNumber })
		if at < 0 {
			refused = fault.New("fake.no_payment", fault.Validation, "there is no payment "+req.PaymentNumber)
			return
		}
		opposite := list[at].Amount.Neg()
		if req.Attempt > 1 {
			for _, p := range list {
				if p.Amount == opposite && !slices.Contains(req.Known, p.Number) {
					result.Number, result.Outcome = p.Number, ports.Found
					return
				}
			}
		}
		if made, foreign := f.currencies[req.PaymentNumber]; foreign {
			result.Number, refused = f.settle(undone(made))
			return
		}
		f.pay(req.DocumentNumber, opposite, nil, string(list[at].Account))
		result.Number = f.payments[req.DocumentNumber][len(f.payments[req.DocumentNumber])-1].Number
	})
	if err == nil {
		err = refused
	}
	return result, err
}

// Period knows the calendar year 2026.
func (f *fakeBooks) Period(context.Context, ports.PeriodRequest) (ports.Period, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return ports.Period{
		Year: "3", From: civil.Date{Year: 2026, Month: time.January, Day: 1}, To: civil.Date{Year: 2026, Month: time.December, Day: 31},
		LockedUntil: f.lockedUntil, Usage: ports.Usage{Calls: 1},
	}, nil
}

func (f *fakeBooks) ExportBooks(context.Context, ports.ExportBooksRequest) (ports.BooksPiece, error) {
	return ports.BooksPiece{}, fault.New("fake.no_books", fault.Validation, "these books are not exported")
}
