package hub_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// counter is where the merchant changes settings, with the flow switched off so that
// nobody asks the accounting system for its accounts.
func (w *world) counter() *onboarding.Service {
	w.t.Helper()
	service := onboarding.New(onboarding.Parts{Store: w.store, Clock: w.clock, Now: time.Now})
	_, err := service.Disable(w.t.Context(), flowID, "anna")
	require.NoError(w.t, err)
	return service
}

const keysOfBefore = `{"line":"merchant_reference1","document":"external_reference_1"},{"line":"order_id","document":"ocr"}`

// TestWhatPayoutsRestOnIsNotTakenAway: of two lines of a payout one waits for its
// invoice.
func TestWhatPayoutsRestOnIsNotTakenAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(10, paid("P1", 29875), sale("1001", 10000), sale("1002", 20000), fee("1001", 100, 25)),
		newFakeBooks(invoiced("1", "1001", 10000)))
	w.set(`{"match_keys":[` + keysOfBefore + `],"fee_rules":[{"match":"FEE","account":"6065"},{"match":"*"}],"accounts":{"commission":"6050"}}`)
	w.clock.set(payday.Add(24 * time.Hour))
	w.run()
	require.Equal(t, payout.Booked, w.payout("P1").State)
	counter := w.counter()
	for name, c := range map[string]struct{ settings, field string }{
		"the pair that finds the line": {`{"match_keys":[{"line":"order_id","document":"ocr"}],"fee_rules":[{"match":"FEE"},{"match":"*"}],"accounts":{"commission":"6050"}}`, "settings.match_keys[0]"},
		"an account":                   {`{"match_keys":[` + keysOfBefore + `],"fee_rules":[{"match":"FEE"},{"match":"*"}]}`, "settings.accounts.commission"},
		"another clearing account":     {`{"match_keys":[` + keysOfBefore + `],"fee_rules":[{"match":"FEE"},{"match":"*"}],"accounts":{"commission":"6050","clearing":{"SEK":"1580"}}}`, "settings.accounts.clearing.SEK"},
	} {
		_, err := counter.SaveFlowSettings(t.Context(), flowID, json.RawMessage(c.settings), "anna")
		require.Equal(t, onboarding.CodeMappingInUse, fault.CodeOf(err), name)
		require.Equal(t, c.field, fault.Of(err).Field, name)
		require.ErrorContains(t, err, "P1", name)
	}
	// The fee is booked, so that its rule may go; what is added is no removal.
	free := `{"match_keys":[{"line":"short_order_id","document":"ocr"},` + keysOfBefore + `],"fee_rules":[{"match":"*"}],"accounts":{"commission":"6051"}}`
	_, err := counter.SaveFlowSettings(t.Context(), flowID, json.RawMessage(free), "anna")
	require.NoError(t, err)

	w.books.documents = append(w.books.documents, invoiced("2", "1002", 20000))
	_, err = w.service.Start(t.Context(), flowID, "test")
	require.Error(t, err, "the flow is switched off")
	w.update(func(ctx context.Context, tx ports.Tx) error { return tx.Flows().SetEnabled(ctx, flowID, true) })
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	_, err = w.counter().SaveFlowSettings(t.Context(), flowID, json.RawMessage(`{"accounts":{"clearing":{"SEK":"1580"}}}`), "anna")
	require.NoError(t, err, "nothing rests on anything any more")
}

// TestAFeeRuleOfAHeldPayoutStays: nothing of the payout is planned yet.
func TestAFeeRuleOfAHeldPayoutStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(10, paid("P1", 1), sale("1001", 10000), fee("1001", 100, 25)), newFakeBooks())
	w.set(`{"fee_rules":[{"match":"FEE","account":"6065"},{"match":"*"}]}`)
	w.run()
	require.Equal(t, payout.Held, w.payout("P1").State)
	_, err := w.counter().SaveFlowSettings(t.Context(), flowID, json.RawMessage(`{"fee_rules":[{"match":"*"}]}`), "anna")
	require.Equal(t, "settings.fee_rules[0]", fault.Of(err).Field)
}

func TestWhoSwitchesAFlowOffIsToldWhatStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(10, paid("P1", 10000), sale("1001", 10000)), newFakeBooks())
	w.run()
	stays, err := w.counter().Outstanding(t.Context(), flowID)
	require.NoError(t, err)
	require.Equal(t, onboarding.Outstanding{Count: 1, Payouts: []string{"P1"}}, stays)
	require.Equal(t, "payouts that stay as they are: P1", w.audit()[0].Detail)
}

// TestAProviderAddedLateGoesThroughInAnyOrder: the payout, the invoice and the account
// for the provider's commission come in every order, each with a run after it.
func TestAProviderAddedLateGoesThroughInAnyOrder(t *testing.T) {
	t.Parallel()
	acts := map[byte]func(w *world){
		'p': func(w *world) { w.provider.payouts = []payout.Payout{paid("P1", 9000)} },
		'i': func(w *world) { w.books.documents = []invoice.Document{invoiced("1", "1001", 10000)} },
		'a': func(w *world) { w.set(`{"accounts":{"commission":"6050"}}`) },
	}
	for _, order := range []string{"pia", "pai", "ipa", "iap", "api", "aip"} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			commission := payout.Line{
				Key: "commission/1", Kind: payout.Commission, RawType: "COMMISSION", Gross: sek(-1000), FeeExVAT: sek(0), FeeVAT: sek(0), OccurredAt: payday,
			}
			w := newWorld(t, provider(10, paid("P1", 9000), sale("1001", 10000), commission), newFakeBooks())
			w.provider.payouts = nil
			w.clock.set(payday.Add(24 * time.Hour))
			for _, act := range []byte(order) {
				acts[act](w)
				w.run()
			}
			for _, e := range w.exceptions() { // what the voucher could not place is for a person to retry
				require.Equal(t, fault.Code("account.missing"), e.Code)
				require.Less(t, strings.IndexByte(order, 'p'), strings.IndexByte(order, 'a'), "the account came after the payout")
				require.NoError(t, w.service.RetryException(t.Context(), e.ID, "anna"))
				w.finish(w.current().ID)
			}
			require.Equal(t, payout.Closed, w.payout("P1").State)
			require.Equal(t, []int64{0, 9000, 1000}, []int64{w.books.ledger["1686"], w.books.ledger["1930"], w.books.ledger["6050"]})
			require.True(t, w.clearing().Unexplained.IsZero())
		})
	}
}
