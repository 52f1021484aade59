package onboarding_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/consent"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

func TestAPausedConnectionSaysWhoPausedItAndIsNotReached(t *testing.T) {
	t.Parallel()
	d := open(t)
	books := d.fortnox(t)
	paused, err := d.Pause(t.Context(), books.ID, " year-end closing ", "Anna")
	require.NoError(t, err)
	require.Equal(t, merchant.Pause{By: "Anna", Reason: "year-end closing", Since: paused.UpdatedAt}, paused.Pause)

	for name, reach := range map[string]func() error{
		"verify": func() error { _, err := d.Verify(t.Context(), books.ID, "test"); return err },
		"choices": func() error {
			_, err := d.Choices(t.Context(), books.ID, ports.ChooseAccount, civil.Date{Year: 2026, Month: 4, Day: 20}, "")
			return err
		},
		"consent":    func() error { _, err := d.AskConsent(t.Context(), books.ID, consent.Caller{}); return err },
		"disconnect": func() error { _, err := d.Disconnect(t.Context(), books.ID, "test"); return err },
	} {
		err := reach()
		require.Equal(t, remote.CodePaused, fault.CodeOf(err), name)
		require.Contains(t, fault.Of(err).Reason, "the connection to fortnox has been paused since 2026-04-20T22:30:00Z by Anna: year-end closing")
	}
	_, err = d.Pause(t.Context(), books.ID, "me too", "Bo")
	require.Equal(t, fault.Conflict, fault.ClassOf(err))
	kept, err := d.Connection(t.Context(), books.ID)
	require.NoError(t, err)
	require.Equal(t, paused.Pause, kept.Pause, "the first reason stands")

	resumed, err := d.Resume(t.Context(), books.ID, "Bo")
	require.NoError(t, err)
	require.Zero(t, resumed.Pause)
	_, err = d.Resume(t.Context(), books.ID, "Bo")
	require.Equal(t, onboarding.CodeNotPaused, fault.CodeOf(err))
	_, err = d.Verify(t.Context(), books.ID, "test")
	require.NoError(t, err)

	require.NoError(t, d.store.View(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		entries, err := tx.Audit().List(ctx, ports.AuditFilter{MerchantID: d.owner.ID}, ports.Page{Limit: 3})
		var acts []string
		for _, e := range entries {
			acts = append(acts, strings.TrimSpace(e.Act+" by "+e.By+" "+e.Detail))
		}
		require.Equal(t, []string{"connection.verified by test verified", "connection.resumed by Bo", "connection.paused by Anna year-end closing"}, acts)
		return err
	}))
}

func TestAPauseNeedsAReason(t *testing.T) {
	t.Parallel()
	d := open(t)
	books := d.fortnox(t)
	for _, reason := range []string{"", " \t", strings.Repeat("å", 501)} {
		_, err := d.Pause(t.Context(), books.ID, reason, "Anna")
		require.Equal(t, onboarding.CodeConnectionInvalid, fault.CodeOf(err))
		require.Equal(t, "reason", fault.Of(err).Field)
	}
	_, err := d.Pause(t.Context(), books.ID, strings.Repeat("å", 500), "Anna")
	require.NoError(t, err)
}
