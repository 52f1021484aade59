package onboarding_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// take lets a flow have a payout.
func (d *desk) take(t *testing.T, flowID, source, reference string, state payout.State) {
	t.Helper()
	require.NoError(t, d.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		return tx.Payouts().Create(ctx, ports.PayoutRecord{
			ID: "po-" + reference, FlowID: flowID, MerchantID: d.owner.ID, ConnectionID: source, State: state, SettingsVersion: 1,
			Payout: payout.Payout{Reference: reference, Date: time.Date(2026, time.April, 20, 8, 0, 0, 0, time.UTC), Net: money.New(100_00, "SEK"), Account: "K1"},
		})
	}))
}

func TestTheCutOffMovesAsLongAsNothingWasTaken(t *testing.T) {
	t.Parallel()
	d := open(t)
	f := d.flow(t, `{}`)
	first := time.Date(2026, time.April, 1, 0, 0, 0, 0, time.UTC)
	moved, err := d.SetCutOff(t.Context(), f.ID, first, "anna")
	require.NoError(t, err)
	require.Equal(t, first, moved.Since)
	kept, err := d.Flow(t.Context(), f.ID)
	require.NoError(t, err)
	require.Equal(t, first, kept.Since)
	require.Equal(t, f.Mode, kept.Mode)

	d.take(t, f.ID, f.Source, "P1", payout.Held)
	_, err = d.SetCutOff(t.Context(), f.ID, first.AddDate(0, 1, 0), "anna")
	require.Equal(t, onboarding.CodeCutOffTaken, fault.CodeOf(err))
	require.ErrorContains(t, err, "P1")
	_, err = d.SetCutOff(t.Context(), f.ID, first, "anna")
	require.NoError(t, err, "the same again changes nothing")
}

func TestAnOpeningBalanceIsJudgedAndAudited(t *testing.T) {
	t.Parallel()
	d := open(t)
	f := d.flow(t, `{}`)
	_, err := d.SetCutOff(t.Context(), f.ID, time.Date(2026, time.March, 31, 22, 0, 0, 0, time.UTC), "anna") // 1 April in Stockholm
	require.NoError(t, err)
	april := civil.Date{Year: 2026, Month: time.April, Day: 1}
	good := onboarding.NewOpening{PaidIn: "SEK", Amount: money.New(5000_00, "SEK"), Note: " captures of March "}
	for field, change := range map[string]func(*onboarding.NewOpening){
		"currency": func(o *onboarding.NewOpening) { o.PaidIn = "EUR" },
		"amount":   func(o *onboarding.NewOpening) { o.Amount = money.New(1, "EUR") },
		"date":     func(o *onboarding.NewOpening) { o.Date = april.AddDays(1) },
		"note":     func(o *onboarding.NewOpening) { o.Note = "  " },
	} {
		bad := good
		change(&bad)
		_, err := d.SetOpening(t.Context(), f.ID, bad, "anna")
		require.Equal(t, onboarding.CodeOpeningInvalid, fault.CodeOf(err), field)
		require.Equal(t, field, fault.Of(err).Field)
	}
	none, err := d.Openings(t.Context(), f.ID)
	require.NoError(t, err)
	require.Empty(t, none)

	kept, err := d.SetOpening(t.Context(), f.ID, good, "anna")
	require.NoError(t, err)
	require.Equal(t, april, kept.Date, "that of the cut-off")
	require.Equal(t, "captures of March", kept.Note)
	listed, err := d.Openings(t.Context(), f.ID)
	require.NoError(t, err)
	require.Equal(t, []ports.OpeningBalance{kept}, listed)
	require.NoError(t, d.store.View(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		log, err := tx.Audit().List(ctx, ports.AuditFilter{Subject: f.ID, Act: "flow.opening_set"}, ports.Page{Limit: 10})
		require.Len(t, log, 1)
		require.True(t, strings.HasPrefix(log[0].Detail, "1686 5000.00 SEK on 2026-04-01"), log[0].Detail)
		require.Equal(t, "anna", log[0].By)
		return err
	}))
}
