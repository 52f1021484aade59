package rest_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/ports"
)

// changedBooks are those of the sample with 10.00 of the fees on another account.
func (h *hub) changedBooks(t *testing.T) {
	t.Helper()
	changed := ver(payoutHead, "1930 1629.36", "6040 87.31", "6065 10.00", "2641 24.33", "1516 799.00", "1689 200.00", "1686 -2750.00")
	h.remote.Pieces = []string{booksOf(append(paid(), changed,
		"#UB 0 1510 -1653.00\n#UB 0 1516 799.00\n#UB 0 1686 -1097.00\n#UB 0 1689 200.00\n#UB 0 1930 1629.36\n#UB 0 2641 24.33\n#RES 0 6040 87.31\n#RES 0 6065 10.00\n")...)}
	h.remote.FailPiece = -1
	h.seal(t)
}

func TestAShadowDiffShowsWhatDiffersFieldByField(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.changedBooks(t)
	diff := get[api.ShadowDiff](t, h, own, "GET", "/v1/payouts/"+statementtest.Booked+"/shadow-diff", "", http.StatusOK)
	require.Nil(t, diff.Fault)
	require.Equal(t, int64(1), diff.Different)
	require.Equal(t, api.ComparedStatus("different"), diff.Items[0].Status)
	require.Equal(t, []api.FieldDifference{
		{Field: "account 6040", Ours: "97.31", Theirs: "87.31"}, {Field: "account 6065", Theirs: "10.00"},
	}, diff.Items[0].Fields)
	require.Equal(t, "12", diff.Items[0].TheirVoucher.Number)
	require.NotZero(t, diff.OnlyOurs, "the documents show no payment")
	require.NotNil(t, diff.Items[1].OurPayment)
	require.Nil(t, diff.Items[1].TheirPayment)
}

func TestATrialShowsWhatWasExpectedAndWhatIsThere(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.changedBooks(t)
	require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		p, err := tx.Payouts().Get(ctx, statementtest.Booked)
		if err != nil {
			return err
		}
		return tx.Runs().Create(ctx, ports.Run{
			ID: "run-trial", FlowID: statementtest.Flow, MerchantID: statementtest.Merchant, Trigger: "trial", State: ports.RunDone, StartedAt: h.now,
			Scope: &ports.RunScope{Payouts: []string{p.Reference}, Trial: true},
		})
	}))
	trial := get[api.Trial](t, h, own, "GET", "/v1/runs/run-trial/trial", "", http.StatusOK)
	require.False(t, trial.Agrees)
	require.True(t, trial.Run.Scope.Trial)
	require.NotNil(t, trial.Run.Progress)
	require.Len(t, trial.Payouts, 1)
	statuses := map[api.BooksDocumentStatus]int{}
	for _, d := range trial.Payouts[0].Documents {
		statuses[d.Status]++
	}
	require.Equal(t, map[api.BooksDocumentStatus]int{"found": 3, "differs": 1}, statuses)
	require.Equal(t, []api.TrialClearing{{Account: "1686", Currency: "SEK", Before: "0.00", After: "-1097.00"}}, trial.Clearing)

	p := h.problem(t, own, "GET", "/v1/runs/"+statementtest.Run+"/trial", "", http.StatusConflict)
	require.Equal(t, "run.no_trial", p.Code)
}
