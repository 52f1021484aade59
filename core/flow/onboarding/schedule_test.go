package onboarding_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

func TestANewFlowOfPayoutsRunsAtElevenOnceItIsEnabled(t *testing.T) {
	t.Parallel()
	d := open(t) // at 00:30 in Stockholm on 21 April
	f := d.flow(t, `{}`)
	require.Equal(t, merchant.Schedule{Cron: "0 23 * * *", Zone: "Europe/Stockholm", Jitter: 5 * time.Minute}, f.Schedule)
	require.Zero(t, f.NextRunAt)

	on, err := d.Enable(t.Context(), f.ID, "test")
	require.NoError(t, err)
	eleven := time.Date(2026, time.April, 21, 21, 0, 0, 0, time.UTC)
	require.False(t, on.NextRunAt.Before(eleven))
	require.Less(t, on.NextRunAt.Sub(eleven), 5*time.Minute)
	stored, err := d.Flow(t.Context(), f.ID)
	require.NoError(t, err)
	require.Equal(t, on, stored)

	off, err := d.Disable(t.Context(), f.ID, "test")
	require.NoError(t, err)
	require.Zero(t, off.NextRunAt)
	require.Equal(t, f.Schedule, off.Schedule, "it is kept for when the flow is on again")
}

func TestTheSameScheduleAgainChangesNothing(t *testing.T) {
	t.Parallel()
	d := open(t)
	f := d.flow(t, `{}`)
	for range 2 {
		saved, err := d.SaveSchedule(t.Context(), f.ID, onboarding.NewSchedule{Cron: "15 4 * * *", Zone: "UTC"}, "test")
		require.NoError(t, err)
		require.Equal(t, merchant.Schedule{Cron: "15 4 * * *", Zone: "UTC", Jitter: 5 * time.Minute}, saved.Schedule)
	}
	require.NoError(t, d.store.View(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		entries, err := tx.Audit().List(ctx, ports.AuditFilter{MerchantID: d.owner.ID}, ports.Page{Limit: 100})
		saved := slices.DeleteFunc(entries, func(e ports.AuditEntry) bool { return e.Act != "flow.schedule_saved" })
		require.Len(t, saved, 1)
		require.Equal(t, "15 4 * * * UTC, jitter 5m0s", saved[0].Detail)
		return err
	}))
}
