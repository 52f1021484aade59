package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/paging"
)

func (r *remote) choices(c everything, kind ports.ChoiceKind, date string) []ports.Choice {
	r.tb.Helper()
	var all []ports.Choice
	cursor := ""
	for {
		page, err := c.ListChoices(r.tb.Context(), ports.ChoicesRequest{Call: r.granted("ListChoices", 1), Kind: kind, On: on(date), Cursor: cursor})
		require.NoError(r.tb, err)
		require.LessOrEqual(r.tb, page.Usage.Calls, 2)
		all = append(all, page.Choices...)
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

func TestAccountsAreThoseOfTheYear(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		accounts := r.choices(c, ports.ChooseAccount, "2026-04-20")
		require.Len(t, accounts, 25)
		require.Contains(t, accounts, ports.Choice{Value: "1686", Label: "1686 Avräkning Klarna", Active: true})
		require.Contains(t, accounts, ports.Choice{Value: "1585", Label: "1585 Gammalt avräkningskonto", Active: false})
	}, WithPageSize(4))
}

func TestSeriesAreActiveWhenTheyTakeManualVouchers(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		series := r.choices(c, ports.ChooseVoucherSeries, "2026-04-20")
		require.Contains(t, series, ports.Choice{Value: "K", Label: "K kvitt", Active: true})
		require.Contains(t, series, ports.Choice{Value: "D", Label: "D Leverantörsfakturor", Active: false})
		for _, s := range r.choices(c, ports.ChooseVoucherSeries, "2025-04-20") {
			require.NotEqual(t, "K", s.Value, "the series is not there in the year before")
		}
	})
}

func TestModesOfPaymentShowTheirAccounts(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		require.Equal(t, []ports.Choice{
			{Value: "BG", Label: "BG Bankgiro (1930)", Active: true}, {Value: "KLARNA", Label: "KLARNA Klarna (1686)", Active: true},
		}, r.choices(c, ports.ChooseModeOfPayment, "2026-04-20"))
	})
}

func TestChoicesOfAYearThatIsMissingAreAFault(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		_, err := c.ListChoices(t.Context(), ports.ChoicesRequest{Call: r.granted("ListChoices", 1), Kind: ports.ChooseAccount, On: on("2040-01-01")})
		r.requireFault(err, client.CodeYearMissing, fault.Validation)
		_, err = c.ListChoices(t.Context(), ports.ChoicesRequest{Call: r.granted("ListChoices", 1), Kind: ports.ChooseAccount, On: on("2026-01-01"), Cursor: cursor(choicesCursor, paging.Position{Offset: -4})})
		r.requireFault(err, paging.CodeCursor, fault.Validation)
	})
	_, err := New().ListChoices(t.Context(), ports.ChoicesRequest{Call: start(t).call(2), Kind: "customers", On: on("2026-01-01")})
	require.Equal(t, CodeChoice, fault.CodeOf(err))
}
