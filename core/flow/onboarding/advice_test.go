package onboarding_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// item gives one item of the checklist of a flow.
func (d *desk) item(t *testing.T, flowID, name string) onboarding.ChecklistItem {
	t.Helper()
	items, err := d.Checklist(t.Context(), d.owner.ID)
	require.NoError(t, err)
	for _, item := range items {
		if item.Flow == flowID && item.Item == name {
			return item
		}
	}
	return onboarding.ChecklistItem{}
}

func (d *desk) update(t *testing.T, fn func(ctx context.Context, tx ports.Tx) error) {
	t.Helper()
	require.NoError(t, d.store.Update(t.Context(), fn))
}

// TestTheChecklistAdvisesWithoutRefusing: each item is open with a remedy, goes once
// it is seen to, and keeps nobody from enabling the flow.
func TestTheChecklistAdvisesWithoutRefusing(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.remote.Callbacks["klarna"] = &ports.Callbacks{}
	f := d.flow(t, `{}`)
	require.True(t, d.item(t, f.ID, "schedule").Done, "a new flow has one")
	_, err := d.RemoveSchedule(t.Context(), f.ID, "anna")
	require.NoError(t, err)
	for name, see := range map[string]func(){
		"schedule": func() {
			_, err := d.SaveSchedule(t.Context(), f.ID, onboarding.NewSchedule{Cron: "0 23 * * *"}, "anna")
			require.NoError(t, err)
		},
		"callback_url": func() {
			d.update(t, func(ctx context.Context, tx ports.Tx) error {
				now := time.Now()
				return tx.CallbackTokens().Issue(ctx, ports.CallbackToken{ConnectionID: f.Source, SHA256: "ab", CreatedAt: now}, now)
			})
		},
		"match_keys": func() {
			keys := `{"keys":[{"line":"merchant_reference1","document":"external_reference_1"},{"line":"merchant_reference1","document":"order_number"},{"line":"merchant_reference2","document":"ocr"}],"lines":60,"covered":58}`
			d.update(t, func(ctx context.Context, tx ports.Tx) error {
				return tx.Cursors().Set(ctx, f.Target, "reference_discovery/"+f.ID, keys)
			})
		},
		"opening_balance": func() {
			_, err := d.SetOpening(t.Context(), f.ID, onboarding.NewOpening{PaidIn: "SEK", Amount: money.Zero("SEK"), Note: "empty"}, "anna")
			require.NoError(t, err)
		},
		"tried": func() {
			d.update(t, func(ctx context.Context, tx ports.Tx) error {
				now := time.Now()
				if err := tx.Runs().Create(ctx, ports.Run{ID: "run-1", FlowID: f.ID, MerchantID: d.owner.ID, Trigger: "api", State: ports.RunRunning, StartedAt: now}); err != nil {
					return err
				}
				return tx.Runs().Finish(ctx, "run-1", ports.RunDone, now, nil)
			})
		},
	} {
		open := d.item(t, f.ID, name)
		require.False(t, open.Done, name)
		require.True(t, open.Advised, name)
		require.NotEmpty(t, open.Reason, name)
		require.NotEmpty(t, open.Remedy, name)
		see()
		done := d.item(t, f.ID, name)
		require.True(t, done.Done, name)
		require.Empty(t, done.Remedy, name)
	}
	_, err = d.RemoveSchedule(t.Context(), f.ID, "anna")
	require.NoError(t, err)
	_, err = d.Enable(t.Context(), f.ID, "anna")
	require.NoError(t, err)
}

func TestCoverageIsUnknownOnceTheKeysChange(t *testing.T) {
	t.Parallel()
	d := open(t)
	f := d.flow(t, `{"match_keys":[{"line":"order_id","document":"ocr"}]}`)
	remember := func(covered string) {
		d.update(t, func(ctx context.Context, tx ports.Tx) error {
			return tx.Cursors().Set(ctx, f.Target, "reference_discovery/"+f.ID, `{"keys":[{"line":"order_id","document":"ocr"}],"lines":60,"covered":`+covered+`}`)
		})
	}
	remember("0")
	require.Equal(t, "match_keys find 0 of 60 lines", d.item(t, f.ID, "match_keys").Reason)
	remember("60")
	require.True(t, d.item(t, f.ID, "match_keys").Done)
	_, err := d.SaveFlowSettings(t.Context(), f.ID, json.RawMessage(`{}`), "anna")
	require.NoError(t, err)
	require.False(t, d.item(t, f.ID, "match_keys").Done)
	require.Empty(t, d.item(t, f.ID, "callback_url").Item, "the connector reads no messages")
}

// TestTheBankAccountOfOneFlowIsNoClearingAccountOfAnother, whichever comes first.
func TestTheBankAccountOfOneFlowIsNoClearingAccountOfAnother(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.remote.Accounts["1580"] = true
	first := d.flow(t, `{}`)
	require.True(t, d.item(t, first.ID, "accounts_distinct").Done)
	_, err := d.Enable(t.Context(), first.ID, "anna")
	require.NoError(t, err)
	d.remote.AccountID["klarna"] = "K2"
	other := d.klarna(t)
	_, err = d.Verify(t.Context(), other.ID, "test")
	require.NoError(t, err)
	second := d.join(t, other.ID, first.Target, `{"accounts":{"clearing":{"SEK":"1580"},"bank":{"SEK":"1686"}}}`)
	_, err = d.Enable(t.Context(), second.ID, "anna")
	require.Equal(t, onboarding.CodeClearingShared, fault.CodeOf(err))
	require.Equal(t, onboarding.CodeClearingShared, d.item(t, second.ID, "accounts_distinct").Code)
}
