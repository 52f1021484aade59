package statement_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/kvitt/kvitt/core/flow/posting"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func seeded(t *testing.T) (ports.Store, *statement.Reader) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, statementtest.Store(t.Context(), store))
	return store, statement.New(store)
}

func kronor(ore int64) money.Amount { return money.New(ore, "SEK") }

func TestPayoutStatesItsEffects(t *testing.T) {
	t.Parallel()
	_, reader := seeded(t)
	p, err := reader.Payout(t.Context(), statementtest.Booked)
	require.NoError(t, err)
	require.Equal(t, "klarna", p.Provider)
	require.Equal(t, "2026-04-02", p.Day.String())
	require.Equal(t, payout.Proof{
		Gross: kronor(2845_00), Refunds: kronor(-95_00), Fees: kronor(-97_31), FeeVAT: kronor(-24_33),
		Reserves: kronor(-200_00), Other: kronor(-799_00), Net: kronor(1629_36), Difference: kronor(0), Lines: 10,
	}, p.Proof)
	require.Equal(t, statement.Counts{Lines: 10, Matched: 3, NoDocument: 4, Exceptions: 3}, p.Counts)
}

func TestPayoutShowsWhatDoesNotAddUp(t *testing.T) {
	t.Parallel()
	store, reader := seeded(t)
	// Its lines are in two currencies, so that not even their sums exist.
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		_, _, err := tx.Lines().Append(ctx, statementtest.Held, []payout.Line{{
			Key: "row/3", Kind: payout.Sale, RawType: "SALE", Gross: money.New(5_00, "EUR"), FeeExVAT: money.New(0, "EUR"), FeeVAT: money.New(0, "EUR"),
		}})
		return err
	}))
	p, err := reader.Payout(t.Context(), statementtest.Held)
	require.NoError(t, err)
	require.Equal(t, kronor(-88_00), p.Proof.Difference)
	require.Equal(t, int64(3), p.Counts.Pending)
}

func TestTotals(t *testing.T) {
	t.Parallel()
	_, reader := seeded(t)
	totals, exceptions, err := reader.Totals(t.Context(), statementtest.Merchant)
	require.NoError(t, err)
	require.Len(t, totals, 1)
	require.Equal(t, int64(2), totals[0].Payouts)
	require.Equal(t, kronor(1717_36), totals[0].Proof.Net)
	require.Equal(t, kronor(2945_00), totals[0].Proof.Gross)
	require.Equal(t, int64(12), totals[0].Counts.Lines)
	require.Equal(t, map[string]int64{
		"match.amount_differs": 1, "match.no_document": 1, "erp.already_paid": 1, "payout.unknown_type": 1,
	}, exceptions)
}

func TestClearingIsExplainedItemByItem(t *testing.T) {
	t.Parallel()
	_, reader := seeded(t)
	accounts, err := reader.Clearing(t.Context(), statementtest.Flow)
	require.NoError(t, err)
	require.Len(t, accounts, 1)
	c := accounts[0]
	require.Equal(t, ledger.Account("1686"), c.Account)
	require.Equal(t, kronor(-2750_00), c.Vouchers, "gross 2845.00 less the refund")
	require.Equal(t, kronor(1653_00), c.Payments)
	require.Equal(t, kronor(-1097_00), c.Balance, "minus the gross of the three exceptions")
	require.Equal(t, c.Balance, c.Open)
	require.Equal(t, kronor(0), c.Unexplained)
	var said []string
	for _, item := range c.Items {
		said = append(said, item.Reference+" "+item.Amount.String()+" "+item.Code)
	}
	require.Equal(t, []string{"10003 -549.00 match.amount_differs", "10004 -299.00 match.no_document", "10005 -249.00 erp.already_paid"}, said)
}

// settleLine ties a line to a document the way casework does.
func settleLine(t *testing.T, store ports.Store, ordinal int64, document string, steps ...ports.Step) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		lines, err := tx.Lines().After(ctx, statementtest.Booked, ordinal-1, 1)
		if err != nil {
			return err
		}
		for i := range steps {
			steps[i].LineID = lines[0].ID
		}
		if err := tx.Steps().Plan(ctx, steps); err != nil {
			return err
		}
		return tx.Lines().Decide(ctx, []ports.LineDecision{{LineID: lines[0].ID, State: ports.LineMatched, Document: document}})
	}))
}

func finish(t *testing.T, store ports.Store, key string) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		s, err := tx.Steps().ByKey(ctx, key)
		if err != nil {
			return err
		}
		s.State = ports.StepDone
		return tx.Steps().Save(ctx, s)
	}))
}

func TestClearingKnowsWhatIsStillToBeWritten(t *testing.T) {
	t.Parallel()
	store, reader := seeded(t)
	correction, err := json.Marshal(posting.Voucher{Series: "K", Text: "moved", Rows: []ledger.Row{
		{Account: "1686", Amount: kronor(249_00)}, {Account: "1930", Amount: kronor(-249_00)},
	}})
	require.NoError(t, err)
	settleLine(t, store, 5, "1005", ports.Step{
		PayoutID: statementtest.Booked, Kind: ports.StepCorrection, Key: "kv:1:L5C;", State: ports.StepPlanned, Content: correction, Amount: kronor(249_00),
	})

	planned := clearing(t, reader)
	require.Equal(t, kronor(-1097_00), planned.Balance)
	require.Equal(t, kronor(0), planned.Unexplained)
	require.Equal(t, "the voucher that moves the payment is not booked yet", planned.Items[0].Reason)

	finish(t, store, "kv:1:L5C;")
	moved := clearing(t, reader)
	require.Equal(t, kronor(249_00), moved.Corrections)
	require.Equal(t, kronor(-848_00), moved.Balance)
	require.Equal(t, kronor(0), moved.Unexplained)
	require.Len(t, moved.Items, 2)
}

func TestClearingCountsPaymentsThatOthersMadeOnIt(t *testing.T) {
	t.Parallel()
	store, reader := seeded(t)
	// Adopted: somebody had registered the payment on the clearing account itself.
	settleLine(t, store, 5, "1005")
	c := clearing(t, reader)
	require.Equal(t, kronor(1902_00), c.Payments)
	require.Equal(t, kronor(-848_00), c.Balance)
	require.Equal(t, kronor(0), c.Unexplained)
}

func TestClearingListsALineWhosePaymentWasRefused(t *testing.T) {
	t.Parallel()
	store, reader := seeded(t)
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		s, err := tx.Steps().ByKey(ctx, "kv:1:L1;")
		if err != nil {
			return err
		}
		s.State, s.Number = ports.StepParked, ""
		if err := tx.Steps().Save(ctx, s); err != nil {
			return err
		}
		parked := ports.LineDecision{LineID: s.LineID, State: ports.LineException, Document: "1001"}
		return tx.Lines().Decide(ctx, []ports.LineDecision{parked})
	}))
	c := clearing(t, reader)
	require.Equal(t, kronor(1154_00), c.Payments)
	require.Equal(t, kronor(-1596_00), c.Balance)
	require.Equal(t, kronor(0), c.Unexplained)
	require.Len(t, c.Items, 4)
}

func TestClearingForgetsCarriedDebtOnceCollected(t *testing.T) {
	t.Parallel()
	store, reader := seeded(t)
	carry := func(ordinal int, id string, ore int64) {
		require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
			err := tx.Payouts().Create(ctx, ports.PayoutRecord{
				ID: id, FlowID: statementtest.Flow, MerchantID: statementtest.Merchant, ConnectionID: statementtest.Source, SettingsVersion: 1,
				Payout: payout.Payout{Reference: id, Date: statementtest.At().AddDate(0, 0, ordinal), Net: kronor(0)}, State: payout.Closed,
			})
			if err != nil {
				return err
			}
			_, _, err = tx.Lines().Append(ctx, id, []payout.Line{{
				Key: "totals/carry", Kind: payout.Carry, RawType: "DEPOSIT", Gross: kronor(ore), FeeExVAT: kronor(0), FeeVAT: kronor(0), Synthesised: true,
			}})
			if err != nil {
				return err
			}
			lines, err := tx.Lines().After(ctx, id, 0, 1)
			if err != nil {
				return err
			}
			return tx.Lines().Decide(ctx, []ports.LineDecision{{LineID: lines[0].ID, State: ports.LineNoDocument}})
		}))
	}
	carry(20, "payout-20", 206_00)
	open := clearing(t, reader)
	require.Equal(t, kronor(-1303_00), open.Open)
	require.Equal(t, "debt that the provider carries to another payout", open.Items[3].Reason)

	carry(21, "payout-21", -206_00)
	collected := clearing(t, reader)
	require.Equal(t, kronor(-1097_00), collected.Open)
	require.Len(t, collected.Items, 3)
}

func clearing(t *testing.T, reader *statement.Reader) statement.Clearing {
	t.Helper()
	accounts, err := reader.Clearing(t.Context(), statementtest.Flow)
	require.NoError(t, err)
	require.Len(t, accounts, 1)
	return accounts[0]
}

func TestExplanationNamesAccountAndMeaning(t *testing.T) {
	t.Parallel()
	_, reader := seeded(t)
	e, err := reader.Explanation(t.Context(), statementtest.Booked)
	require.NoError(t, err)
	said := map[string]string{}
	for _, sum := range e.Sums {
		said[sum.RawType] += sum.Sentence
	}
	require.Contains(t, said["FEE/PURCHASE_FEE_FIXED"], "Debit 6040 with 17.50 (fee), debit 2641 with 4.38 (fee VAT).")
	require.Contains(t, said["REVERSAL"], "Debit 1516 with 799.00")
	require.Contains(t, said["HOLDBACK"], "Debit 1689 with 200.00")
	require.Contains(t, said["RETURN"], "Debit 1686 with 95.00")
	require.Contains(t, said["SALE"], "so that its gross stays open on 1686")
	require.Len(t, e.Disputes, 1)
	require.Equal(t, 1, e.SettingsVersion)
}

func TestExplanationOfAPayoutThatCannotBeBooked(t *testing.T) {
	t.Parallel()
	_, reader := seeded(t)
	e, err := reader.Explanation(t.Context(), statementtest.Held)
	require.NoError(t, err)
	require.Equal(t, payout.Unknown, e.Sums[len(e.Sums)-1].Kind)
	require.Contains(t, e.Sums[len(e.Sums)-1].Sentence, "It cannot be booked")
}

func TestBooksCountsWhatWasWritten(t *testing.T) {
	t.Parallel()
	_, reader := seeded(t)
	b, err := reader.Books(t.Context(), statementtest.Booked)
	require.NoError(t, err)
	require.Len(t, b.Vouchers, 1)
	require.Equal(t, []statement.Written{
		{Kind: ports.StepVoucher, Done: 1, Lowest: "K-12-3", Highest: "K-12-3"},
		{Kind: ports.StepAttachment, Done: 1, Lowest: "file-77", Highest: "file-77"},
		{Kind: ports.StepPayment, Done: 3, Lowest: "700", Highest: "705"},
	}, b.Written)
}

// Payments are made side by side, so that their numbers do not follow the plan.
func TestBooksTellsTheLowestAndTheHighestNumber(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		written         []string
		lowest, highest string
	}{
		"out of order":       {[]string{"27", "24", "102", "47"}, "24", "102"},
		"one":                {[]string{"27"}, "27", "27"},
		"with a series":      {[]string{"K-10-3", "K-9-3", "K-11-3"}, "K-9-3", "K-11-3"},
		"with leading zeros": {[]string{"010", "9", "0008"}, "0008", "010"},
		"without digits":     {[]string{"b", "a", "ab"}, "a", "b"},
		"one has none":       {[]string{"", "5", ""}, "5", "5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, reader := seeded(t)
			require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
				for i, number := range c.written {
					key := fmt.Sprint("kv:9:L", i, ";")
					step := ports.Step{PayoutID: statementtest.Held, Kind: ports.StepPayment, Key: key, State: ports.StepPlanned, Content: json.RawMessage(`{}`), SettingsVersion: 1}
					if err := tx.Steps().Plan(ctx, []ports.Step{step}); err != nil {
						return err
					}
					stored, err := tx.Steps().ByKey(ctx, key)
					if err != nil {
						return err
					}
					stored.State, stored.Number = ports.StepDone, number
					if err := tx.Steps().Save(ctx, stored); err != nil {
						return err
					}
				}
				return nil
			}))
			b, err := reader.Books(t.Context(), statementtest.Held)
			require.NoError(t, err)
			require.Equal(t, []statement.Written{{Kind: ports.StepPayment, Done: int64(len(c.written)), Lowest: c.lowest, Highest: c.highest}}, b.Written)
		})
	}
}
