package reconciliation_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/reconciliation"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// sold puts a second flow into the store, one of events, that books a sale on the
// same clearing account, and the sale's voucher E 5 into the books.
func sold(t *testing.T, store ports.Store, remote *erp) {
	t.Helper()
	rows := []ledger.Row{row("1686", 125_00), row("3001", -100_00), row("2611", -25_00)}
	v, err := ledger.New(date(4, 6), "Sale", rows)
	require.NoError(t, err)
	content, err := posting.VoucherContent("E", v.Text(), v)
	require.NoError(t, err)
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		err := tx.Flows().Create(ctx, merchant.Flow{
			ID: "flow-2", MerchantID: statementtest.Merchant, Kind: merchant.Events, Source: statementtest.Source, Target: statementtest.Target,
			Settings: json.RawMessage(`{"sales_shape":"voucher"}`), SettingsVersion: 1, Since: statementtest.At().AddDate(0, 0, -3), CreatedAt: statementtest.At(),
		}, "test")
		if err != nil {
			return err
		}
		step := ports.Step{
			FlowID: "flow-2", Kind: ports.StepVoucher, Key: "kv:2:V1;", State: ports.StepDone, Content: content, Number: "E-5-3", SettingsVersion: 1, Amount: kronor(125_00),
		}
		if err := tx.Steps().Plan(ctx, []ports.Step{step}); err != nil {
			return err
		}
		stored, err := tx.Steps().ByKey(ctx, step.Key)
		if err != nil {
			return err
		}
		step.ID = stored.ID
		return tx.Steps().Save(ctx, step)
	}))
	remote.years[0].Vouchers = append(remote.years[0].Vouchers, books.Voucher{Series: "E", Number: "5", Date: date(4, 6), Text: "Sale", Rows: rows})
}

func TestVouchersOfEventsAreLookedFor(t *testing.T) {
	t.Parallel()
	store, remote, journal, service := seeded(t)
	sold(t, store, remote)
	c, err := service.Check(t.Context(), "flow-2")
	require.NoError(t, err)
	require.True(t, c.Agrees(), "what the other flow booked on 1686 is not foreign")
	require.Len(t, c.Findings, 1)
	require.Equal(t, "5", c.Findings[0].Actual.Number)
	c, err = service.Check(t.Context(), statementtest.Flow)
	require.NoError(t, err)
	require.True(t, c.Agrees())
	require.Len(t, c.Findings, 4)

	require.NoError(t, service.WriteJournal(t.Context(), nil, "flow-2", ""))
	require.Len(t, journal.got.Vouchers, 1)
	last := len(remote.years[0].Vouchers) - 1
	remote.years[0].Vouchers = remote.years[0].Vouchers[:last]
	c, err = service.Check(t.Context(), "flow-2")
	require.NoError(t, err)
	require.Equal(t, int64(1), c.Count(books.Missing))
}

// dated puts a voucher of 30 June 2031, a year that the accounting system lacks, into
// the flow of events.
func dated(t *testing.T, store ports.Store, state ports.StepState, class fault.Class) {
	t.Helper()
	v, err := ledger.New(civil.Date{Year: 2031, Month: 6, Day: 30}, "Sale", []ledger.Row{row("1686", 10_00), row("3001", -10_00)})
	require.NoError(t, err)
	content, err := posting.VoucherContent("E", v.Text(), v)
	require.NoError(t, err)
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		step := ports.Step{FlowID: "flow-2", Kind: ports.StepVoucher, Key: "kv:2:V2;", State: state, Content: content, SettingsVersion: 1, Amount: kronor(10_00)}
		if err := tx.Steps().Plan(ctx, []ports.Step{step}); err != nil {
			return err
		}
		stored, err := tx.Steps().ByKey(ctx, step.Key)
		if err != nil {
			return err
		}
		step.ID = stored.ID
		if class != "" {
			step.Fault = &ports.FaultRecord{Code: "erp.year_missing", Class: class, Reason: "no financial year holds 2031-06-30"}
		}
		return tx.Steps().Save(ctx, step)
	}))
}

func TestAYearThatTheAccountingSystemLacksDoesNotKeepTheOthersFromBeingRead(t *testing.T) {
	t.Parallel()
	late := civil.Date{Year: 2031, Month: 6, Day: 30}
	for name, c := range map[string]struct {
		state ports.StepState
		class fault.Class
		asked []civil.Date
		found []books.Status
	}{
		"it was refused":       {ports.StepParked, fault.Validation, []civil.Date{date(4, 6)}, []books.Status{books.Found}},
		"it may be there":      {ports.StepParked, fault.Unknown, []civil.Date{date(4, 6), late}, []books.Status{books.Found}},
		"its outcome is open":  {ports.StepOpen, "", []civil.Date{date(4, 6), late}, []books.Status{books.Found}},
		"it was booked before": {ports.StepDone, "", []civil.Date{date(4, 6), late}, []books.Status{books.Found, books.Missing}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, remote, _, service := seeded(t)
			sold(t, store, remote)
			dated(t, store, c.state, c.class)
			remote.lacks = 2031
			check, err := service.Check(t.Context(), "flow-2")
			require.NoError(t, err)
			require.Equal(t, c.asked, remote.asked)
			require.Len(t, check.Years, 1)
			var found []books.Status
			for _, f := range check.Findings {
				found = append(found, f.Status)
			}
			require.Equal(t, c.found, found)
		})
	}
}

func TestAnAccountingSystemWithoutAnyYearCannotBeChecked(t *testing.T) {
	t.Parallel()
	_, remote, _, service := seeded(t)
	remote.lacks = 2026
	_, err := service.Check(t.Context(), statementtest.Flow)
	require.Equal(t, fault.Code("erp.year_missing"), fault.CodeOf(err))
}

func TestOnlyFlowsOfPayoutsAreProven(t *testing.T) {
	t.Parallel()
	store, remote, _, service := seeded(t)
	sold(t, store, remote)
	_, err := service.Statements(t.Context(), "flow-2", reconciliation.Period{From: date(4, 1), To: date(4, 30)})
	require.Equal(t, reconciliation.CodeNoPayouts, fault.CodeOf(err))
}

func TestAVoucherWhoseOutcomeIsOpenIsNotMissed(t *testing.T) {
	t.Parallel()
	store, remote, _, service := seeded(t)
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		s, err := tx.Steps().ByKey(ctx, "kv:1:V1;")
		if err != nil {
			return err
		}
		s.State, s.Number = ports.StepOpen, ""
		return tx.Steps().Save(ctx, s)
	}))
	there, err := service.Check(t.Context(), statementtest.Flow)
	require.NoError(t, err)
	require.True(t, there.Agrees(), "it is in the books, and nobody else's")
	require.Len(t, there.Findings, 4)
	remote.years[0].Vouchers = remote.years[0].Vouchers[:4]
	gone, err := service.Check(t.Context(), statementtest.Flow)
	require.NoError(t, err)
	require.True(t, gone.Agrees(), "it may never have been booked")
	require.Len(t, gone.Findings, 3)
}
