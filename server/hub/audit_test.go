package hub_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/ports"
)

func TestWhoAskedForARunIsAudited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(2), plainBooks())
	run, err := w.service.StartBy(t.Context(), flowID, ports.TriggerAPI, "anna")
	require.NoError(t, err)
	again, err := w.service.StartBy(t.Context(), flowID, ports.TriggerAPI, "bo")
	require.NoError(t, err)
	require.Equal(t, run.ID, again.ID)
	w.finish(run.ID)
	shown, err := w.service.Rematch(t.Context(), flowID, false, "bo")
	require.NoError(t, err)
	require.Empty(t, shown.Run.ID)
	shown, err = w.service.Rematch(t.Context(), flowID, true, "carl")
	require.NoError(t, err)
	w.view(func(ctx context.Context, tx ports.Tx) error {
		entries, err := tx.Audit().List(ctx, ports.AuditFilter{MerchantID: "m-1", Act: "flow.run_started"}, ports.Page{Limit: 10})
		var said []string
		for _, e := range entries {
			said = append(said, strings.Join([]string{e.By, e.Subject, e.Detail}, " "))
		}
		require.Equal(t, []string{"carl " + flowID + " " + shown.Run.ID + " rematch", "anna " + flowID + " " + run.ID + " api"}, said, "one that is under way is not started again")
		return err
	})
}
