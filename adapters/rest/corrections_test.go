package rest_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

const toCorrect = "/v1/flows/" + statementtest.Flow + "/corrections"

func TestAFileOfCorrectionsIsTriedFirstAndAppliedWhenAsked(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	file := "payout;line;reference;value\nP1;sale/1;merchant_reference1;1001\n"
	tried := get[api.CorrectionReport](t, h, support, "POST", toCorrect, file, http.StatusOK, "Content-Type", "text/csv")
	require.False(t, tried.Applied)
	require.Equal(t, []api.Correction{{
		Row: 2, Reference: "merchant_reference1", Value: "1001", Before: "10O1", Changes: true, Outlook: api.Outlook{
			PayoutID: statementtest.Booked, Payout: "P1", LineID: 268435457, Line: "sale/1", Kind: "sale", Currency: "SEK", Gross: "100.00",
			State: "exception", Becomes: "suggested", Documents: []string{"7"}, Rule: "order_id = order_number", Code: "match.suggested",
			Reason: "invoice 7 may be what the line settles", Remedy: "accept the suggestion",
		},
	}}, tried.Rows)
	applied := get[api.CorrectionReport](t, h, support, "POST", toCorrect+"?apply=true", file, http.StatusOK, "Content-Type", "text/csv; charset=utf-8")
	require.True(t, applied.Applied)
	require.Equal(t, []string{
		"correct 1 in " + statementtest.Flow + " false by Help (key-support)", "correct 1 in " + statementtest.Flow + " true by Help (key-support)",
	}, h.engine.did)
}

func TestEveryMistakeOfAFileIsListedAndNothingOfItApplied(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	file := "payout,line,reference,value\nP1,sale/1,colour,red\nP1,sale/1,order_id,1\nP1,,order_id,\n\"P1\n"
	report := get[api.CorrectionReport](t, h, operator, "POST", toCorrect+"?apply=true", file, http.StatusOK, "Content-Type", "text/csv")
	require.False(t, report.Applied)
	require.Len(t, report.Rows, 1, "what can be used is shown all the same")
	require.Equal(t, []api.CorrectionMistake{
		{Row: 2, Field: "reference", Value: "colour", Reason: "there is no such reference of a line"},
		{Row: 4, Field: "line", Reason: "a value is missing"},
		{Row: 4, Field: "value", Reason: "a value is missing"},
		{Row: 5, Reason: "the quotation marks of the row do not fit"},
	}, report.Mistakes)
	require.Equal(t, []string{"correct 1 in " + statementtest.Flow + " false by Ops (key-operator)"}, h.engine.did)
}

func TestAFileThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	for _, c := range []struct {
		body, media, code string
		status            int
	}{
		{"colour,size\n", "text/csv", "match.corrections_invalid", http.StatusUnprocessableEntity},
		{"", "text/csv", "request.invalid", http.StatusBadRequest},
		{`{}`, "application/json", "request.media_type", http.StatusUnsupportedMediaType},
	} {
		p := h.problem(t, operator, "POST", toCorrect, c.body, c.status, "Content-Type", c.media)
		require.Equal(t, c.code, p.Code)
	}
	require.Empty(t, h.engine.did)
}

func TestARematchingIsShownAndStartedWhenAsked(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	path := "/v1/flows/" + statementtest.Flow + "/rematch"
	shown := get[api.RematchReport](t, h, support, "POST", path, "", http.StatusOK)
	require.Equal(t, 1, shown.Suggested)
	require.Len(t, shown.Lines, 1)
	require.Nil(t, shown.Run)
	started := get[api.RematchReport](t, h, support, "POST", path+"?apply=true", "", http.StatusOK)
	require.Equal(t, statementtest.Run, started.Run.ID)
}

func TestALineShowsWhatPeopleCorrected(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	at := time.Date(2026, time.April, 21, 9, 0, 0, 0, time.UTC)
	require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		lines, err := tx.Lines().After(ctx, statementtest.Booked, 0, 1)
		if err != nil {
			return err
		}
		return tx.Lines().Correct(ctx, []ports.LineCorrection{{LineID: lines[0].ID, Reference: payout.OrderID, Value: "o-9", By: "anna", At: at}})
	}))
	page := get[api.LinePage](t, h, own, "GET", "/v1/payouts/"+statementtest.Booked+"/lines?limit=2", "", http.StatusOK)
	require.Equal(t, []api.LineCorrection{{Reference: "order_id", Value: "o-9", By: "anna", At: at}}, page.Items[0].Corrections)
	require.Empty(t, page.Items[1].Corrections)
}

func TestASuggestionIsAcceptedWithoutNamingIt(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	get[api.Exception](t, h, own, "POST", "/v1/exceptions/exception-2/resolve", `{}`, http.StatusOK)
	require.Equal(t, []string{"resolve exception-2 with  by Shop (key-own)"}, h.engine.did)
}
