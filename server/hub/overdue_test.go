package hub_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func (w *world) late() []settlement.Late {
	w.t.Helper()
	found, err := w.service.Overdue(w.t.Context(), "m-1")
	require.NoError(w.t, err)
	return found
}

// A payout of 2 April is late from 40 days after the end of April on: 30 April + 40
// days is 9 June, so on 10 June.
func TestWhatIsNotBookedFortyDaysAfterTheMonthIsLate(t *testing.T) {
	t.Parallel()
	w, books := dated(t, payday, day(2026, time.April, 30), 2026)
	w.books.documents = w.books.documents[:1] // the second sale has no invoice
	w.run()
	w.clock.set(time.Date(2026, 6, 9, 8, 0, 0, 0, time.UTC))
	require.Empty(t, w.late())
	w.clock.set(time.Date(2026, 6, 10, 8, 0, 0, 0, time.UTC))
	late := w.late()
	require.Len(t, late, 1, "the exception of the payout is not listed beside it")
	require.Equal(t, settlement.LatePayout, late[0].What)
	require.Equal(t, w.payout("P1").ID, late[0].ID)
	require.Equal(t, booking.CodeLocked, late[0].Code, "it says why")
	require.Equal(t, 69, late[0].Days)

	books.lockedUntil = day(2026, time.January, 31)
	w.run()
	require.Equal(t, payout.Booked, w.payout("P1").State)
	late = w.late()
	require.Len(t, late, 1)
	require.Equal(t, settlement.LateException, late[0].What)
	require.Equal(t, matching.CodeNoDocument, late[0].Code)
	require.Equal(t, "1002", late[0].Reference)
	require.Equal(t, day(2026, time.April, 2), late[0].Date)
}

func TestARunSaysOnceThatSomethingIsLate(t *testing.T) {
	t.Parallel()
	w, books := dated(t, payday, day(2026, time.April, 30), 2026)
	var said bytes.Buffer
	w.keepAndSay(books, nil, hclog.New(&hclog.LoggerOptions{Output: &said, Level: hclog.Warn}))
	w.clock.set(time.Date(2026, 6, 9, 8, 0, 0, 0, time.UTC))
	w.run()
	require.NotContains(t, said.String(), "40 days")
	w.clock.set(time.Date(2026, 6, 10, 8, 0, 0, 0, time.UTC))
	w.run()
	require.Equal(t, 1, strings.Count(said.String(), "40 days"))
	require.Contains(t, said.String(), "code=period.locked")
}

func TestAnEventThatWaitsIsLate(t *testing.T) {
	t.Parallel()
	w, _ := dated(t, payday, civil.Date{}, 2026)
	w.run()
	w.clock.set(time.Date(2026, 6, 10, 8, 0, 0, 0, time.UTC))
	w.update(func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Methods().Create(ctx, ports.MethodRecord{Method: payment.Method{ID: "swish", MerchantID: "m-1", Name: "Swish", Kind: payment.ByProvider}, CreatedAt: w.clock.Now()}); err != nil {
			return err
		}
		waits := func(id string, state ports.EventState, at time.Time) ports.EventRecord {
			return ports.EventRecord{ID: id, MerchantID: "m-1", State: state, RegisteredAt: at, Event: payment.Event{
				Kind: payment.Deposit, Transaction: "T-" + id, Method: "swish", Key: id, Amount: sek(100), At: at,
			}}
		}
		return tx.Events().Create(ctx, []ports.EventRecord{
			waits("e1", ports.EventPending, time.Date(2026, 4, 30, 21, 59, 0, 0, time.UTC)),
			waits("e2", ports.EventPending, time.Date(2026, 4, 30, 22, 1, 0, 0, time.UTC)), // 1 May in Stockholm
			waits("e3", ports.EventBooked, time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)),
			waits("e4", ports.EventDue, time.Date(2026, 4, 2, 12, 0, 0, 0, time.UTC)),
		})
	})
	late := w.late()
	require.Len(t, late, 2)
	require.Equal(t, "e4", late[0].ID)
	require.Equal(t, "e1", late[1].ID)
	require.Equal(t, settlement.LateEvent, late[1].What)
	require.Equal(t, 41, late[1].Days)
}

func TestAPayoutThatOthersBookIsNotLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(1), plainBooks())
	w.setMode(merchant.Shadow)
	w.run()
	w.clock.set(time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC))
	require.Empty(t, w.late())
	w.setMode(merchant.Live, payday.AddDate(0, 0, 1))
	require.Empty(t, w.late())
	w.setMode(merchant.Live, payday)
	require.Len(t, w.late(), 1)
}

func TestAHeldPayoutIsLateWithTheReasonWhyItIsHeld(t *testing.T) {
	t.Parallel()
	p, b := plain(2)
	p.payouts[0].Net = sek(1)
	w := newWorld(t, p, b)
	w.run()
	w.clock.set(time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC))
	late := w.late()
	require.Len(t, late, 1)
	require.Equal(t, payout.CodeProofFailed, late[0].Code)
	require.NotEmpty(t, late[0].Remedy)
}
