package rest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/flow/discovery"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

func (e *engine) Discover(context.Context, string) (discovery.Found, error) {
	line := payout.Line{Key: "sale/1", Kind: payout.Sale, Gross: money.New(549_00, "SEK"), References: map[payout.Reference]string{payout.MerchantReference1: "10042"}}
	pair := matching.KeyPair{Line: payout.MerchantReference1, Document: invoice.ExternalReference1}
	return discovery.Found{
		Discovery: matching.Discovery{
			Lines: 60, Bare: 1, Proposed: []matching.KeyPair{pair}, Covered: 58, Missed: []payout.Line{line},
			Pairs: []matching.Coverage{{Pair: pair, Found: 58, Agreeing: 57, Several: 2, Shared: 3, Examples: []matching.Example{
				{Line: line, Document: invoice.Document{Number: "1042", Total: money.New(549_00, "SEK")}},
			}}},
		},
		Payouts: []string{"P1"}, Mirrored: true, Searches: 4, Keys: matching.DefaultKeys()[:1], KeysCover: 58,
	}, e.fail
}

func (e *engine) ResolveWritingOff(_ context.Context, exceptionID, document, reason, by string) error {
	return e.note("resolve " + exceptionID + " with " + document + " writing off because " + reason + " by " + by)
}

func TestADiscoveryReadsAsASentenceAndAsASetting(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	found := get[api.ReferenceDiscovery](t, h, own, "GET", "/v1/flows/"+statementtest.Flow+"/reference-discovery", "", http.StatusOK)
	require.Equal(t, "external_reference_1 carries merchant_reference1 and covers 97 %, 58 of 60 lines", found.Pairs[0].Text)
	require.Equal(t, []int{58, 57, 2, 3}, []int{found.Pairs[0].Found, found.Pairs[0].Agreeing, found.Pairs[0].Ambiguous, found.Pairs[0].Shared})
	require.Equal(t, api.PairExample{Key: "sale/1", Kind: "sale", Currency: "SEK", Gross: "549.00", Reference: "10042", Document: "1042", Total: "549.00"}, found.Pairs[0].Examples[0])
	require.Equal(t, "10042", found.Missed[0].References["merchant_reference1"])
	require.Equal(t, api.ReferenceDiscoveryLinesFromProvider, found.LinesFrom)
	require.Equal(t, api.Mirror, found.DocumentsFrom)
	require.Equal(t, 58, found.Current.Covered)

	settings, err := json.Marshal(map[string]any{"match_keys": found.MatchKeys})
	require.NoError(t, err)
	parsed, err := booking.Parse(settings)
	require.NoError(t, err)
	require.Equal(t, matching.DefaultKeys()[:1], parsed.MatchKeys, "the answer is the setting")
}

func TestADifferenceIsWrittenOffOrAnAdvance(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	const resolve = "/v1/exceptions/exception-3/resolve"
	get[api.Exception](t, h, own, "POST", resolve, `{"document":"1042","write_off":true,"reason":"so agreed"}`, http.StatusOK)
	require.Equal(t, []string{"resolve exception-3 with 1042 writing off because so agreed by Shop (key-own)"}, h.engine.did)
	p := h.problem(t, own, "POST", resolve, `{"document":"1042","write_off":true,"advance":true}`, http.StatusBadRequest)
	require.Equal(t, "write_off", p.Field)
	require.Len(t, h.engine.did, 1)
}
