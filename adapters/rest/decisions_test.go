package rest_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

func (e *engine) Disputes(_ context.Context, flowID string) ([]settlement.Standing, error) {
	amount := money.New(125_00, "SEK")
	return []settlement.Standing{{
		Account: "1516", Currency: "SEK", Balance: amount, Open: amount, Unexplained: money.Zero("SEK"), Items: []settlement.StandingItem{{
			Reference: "D1", LineID: 9, PayoutID: "po-1", Payout: "P1", Amount: amount, Since: civil.Date{Year: 2026, Month: 4, Day: 2}, Days: 18, Closing: true,
		}},
	}}, e.note("disputes " + flowID)
}

func (e *engine) Reserves(_ context.Context, flowID string) ([]settlement.Standing, error) {
	return nil, e.note("reserves " + flowID)
}

func (e *engine) LoseDispute(_ context.Context, lost settlement.Lost, confirm bool, by string) (settlement.Loss, error) {
	did := "lose " + lost.Date.String() + " " + lost.Country + " by " + by
	for _, p := range lost.Parts {
		did += " " + p.Gross.String() + " " + string(p.Gross.Currency()) + " at " + p.Rate.String()
	}
	return settlement.Loss{
		LineID: lost.LineID, Reference: "D1", Amount: money.New(125_00, "SEK"), Date: civil.Date{Year: 2026, Month: 4, Day: 21}, Text: "Dispute lost D1",
		Rows: []ledger.Row{{Account: "6380", Amount: money.New(125_00, "SEK")}, {Account: "1516", Amount: money.New(-125_00, "SEK")}},
		Key:  "kv:1:L2D;", State: ports.StepDone, Number: "K-7-3", Confirmed: confirm,
	}, e.note(did)
}

func (e *engine) DeclareReverseCharge(_ context.Context, flowID string, invoice settlement.FeeInvoice, confirm bool, by string) (settlement.Declaration, error) {
	return settlement.Declaration{
		Reference: invoice.Reference, From: invoice.From, To: invoice.To, Date: invoice.Date, Payouts: 2, Text: "Reverse charge",
		Rows:      []ledger.Row{{Account: "4535", Amount: money.New(312_40, "SEK")}, {Account: "4598", Amount: money.New(-312_40, "SEK")}},
		Confirmed: confirm,
	}, e.note("declare " + flowID + " by " + by)
}

func TestAPersonDecidesOnDisputesAndDeclaresReverseCharge(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	flow := "/v1/flows/" + statementtest.Flow
	open := get[api.StandingAccounts](t, h, own, "GET", flow+"/disputes", "", http.StatusOK)
	require.Equal(t, api.StandingItem{
		Reference: "D1", LineID: 9, PayoutID: "po-1", Payout: "P1", Amount: "125.00", Since: "2026-04-02", Days: 18, Closing: true,
	}, open.Items[0].Items[0])
	require.Equal(t, "125.00", open.Items[0].Balance)
	require.Empty(t, get[api.StandingAccounts](t, h, own, "GET", flow+"/reserves", "", http.StatusOK).Items)

	const line = "/v1/lines/268435457/dispute-lost"
	loss := get[api.DisputeLoss](t, h, own, "POST", line, `{"date":"2026-04-20","country":"SE","parts":[{"rate":"25","gross":"125.00"}],"confirm":true}`, http.StatusOK)
	require.True(t, loss.Confirmed)
	require.EqualValues(t, 268435457, loss.LineID)
	require.Equal(t, "K-7-3", loss.Number)
	require.Equal(t, "125.00", loss.Rows[0].Debit)
	require.False(t, get[api.DisputeLoss](t, h, own, "POST", line, `{}`, http.StatusOK).Confirmed)

	invoice := `{"reference":"INV-4","from":"2026-04-01","to":"2026-04-30","date":"2026-04-30"}`
	made := get[api.ReverseChargeDeclaration](t, h, own, "POST", flow+"/reverse-charge", invoice, http.StatusOK)
	require.False(t, made.Confirmed)
	require.Equal(t, "2026-04-30", made.To)
	require.Equal(t, "312.40", made.Rows[1].Credit)
	require.Equal(t, []string{
		"disputes flow-1", "reserves flow-1", "lose 2026-04-20 SE by Shop (key-own) 125.00 SEK at 25", "lose   by Shop (key-own)",
		"declare flow-1 by Shop (key-own)",
	}, h.engine.did)

	impossible := h.problem(t, own, "POST", flow+"/reverse-charge", `{"reference":"INV-4","from":"2026-04-01","to":"2026-04-31","date":"2026-04-30"}`, http.StatusUnprocessableEntity)
	require.Equal(t, "to", impossible.Field)
	require.Equal(t, "parts[0].rate", h.problem(t, own, "POST", line, `{"parts":[{"rate":"x","gross":"1"}]}`, http.StatusUnprocessableEntity).Field)
}
