package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/plugins/klarna/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/jsonpage"
	"github.com/kvitt/kvitt/sdk/paging"
)

// paidOn is an empty payout of a moment.
func paidOn(reference, moment string) object {
	return with(paid(reference, object{"settlement_amount": 0}), object{"payout_date": moment})
}

func march(day int) time.Time { return time.Date(2026, time.March, day, 0, 0, 0, 0, time.UTC) }

func TestPayoutsComeOldestFirstFromTheMomentAskedFor(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"payouts": []object{
		paidOn("late", "2026-04-19T07:00:00Z"), paidOn("noon", "2026-03-30T12:00:00Z"), paidOn("morning", "2026-03-30T07:00:00Z"),
		paidOn("before", "2026-03-29T23:59:59Z"), paidOn("tomorrow", "2026-04-21T07:00:00Z"),
		with(paidOn("euro", "2026-04-19T07:00:00Z"), object{"currency_code": "EUR", "totals": object{"settlement_amount": 5}}),
	}})
	f.bothWays(t, func(t *testing.T, source ports.PayoutSource) {
		r, err := f.readPayouts(source, time.Date(2026, 3, 30, 12, 0, 0, 0, time.UTC), nil)
		require.NoError(t, err)
		require.Equal(t, []string{"noon", "euro", "late"}, r.references())
		require.Equal(t, money.New(5, "EUR"), r.payouts[1].Net)
		require.Equal(t, 1, r.calls)

		r, err = f.readPayouts(source, time.Time{}, nil)
		require.NoError(t, err)
		require.Equal(t, []string{"before", "morning", "noon", "euro", "late"}, r.references(), "from the beginning")
	})
}

func TestWindowsCoverAllDaysWithoutGapOrOverlap(t *testing.T) {
	t.Parallel()
	f := simulate(t, nil)
	_, err := f.readPayouts(f.connectorWith(500), time.Date(2024, 2, 28, 13, 0, 0, 0, time.UTC), nil)
	require.NoError(t, err)
	day := time.Date(2024, 2, 28, 0, 0, 0, 0, time.UTC)
	requests := f.requests()
	require.Greater(t, len(requests), 5)
	for _, request := range requests {
		require.Contains(t, request, "start_date="+day.Format(time.DateOnly)+"T00%3A00%3A00Z")
		end := day.AddDate(0, 0, widest-1)
		require.Contains(t, request, "end_date="+end.Format(time.DateOnly)+"T23%3A59%3A59Z")
		day = end.AddDate(0, 0, 1)
	}
	require.True(t, day.After(f.now), "today is covered")
}

func TestAMomentAheadOfTheMachineIsStillAskedFor(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"payouts": []object{paidOn("P", "2026-04-19T07:00:00Z")}})
	c := f.connectorWith(500)
	c.today = func() time.Time { return time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC) }
	r, err := f.readPayouts(c, march(30), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"P"}, r.references())
}

func TestAFullWindowIsMadeNarrowerUntilItFitsOnOnePage(t *testing.T) {
	t.Parallel()
	var payouts []object
	var want []string
	for i := range 300 {
		moment := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC).Add(time.Duration(i) * 3 * time.Hour)
		reference := fmt.Sprintf("P%03d", i)
		payouts, want = append(payouts, paidOn(reference, moment.Format(time.RFC3339))), append(want, reference)
	}
	slices.Reverse(payouts)
	for _, pagination := range []string{"full", "count_only"} {
		f := simulate(t, object{"payouts": payouts, "pagination": pagination})
		r, err := f.readPayouts(f.connectorWith(20), march(1), nil)
		require.NoError(t, err)
		require.Equal(t, want, r.references(), "oldest first over all pages")
		for _, cursor := range r.cursors {
			ask := ports.ListPayoutsRequest{Call: f.call(callsPayouts), Cursor: cursor}
			first, err := f.connectorWith(20).ListPayouts(t.Context(), ask)
			require.NoError(t, err)
			again, err := f.connectorWith(20).ListPayouts(t.Context(), ask)
			require.NoError(t, err)
			require.Equal(t, first, again, "a cursor gives the same page again")
		}
	}
}

// tie is more payouts of one second than fit on a page.
func tie(n int) (payouts []object, references []string) {
	for i := range n {
		reference := fmt.Sprintf("T%03d", i)
		payouts = append(payouts, paidOn(reference, "2026-04-02T07:45:00Z"))
		references = append(references, reference)
	}
	return payouts, references
}

func TestNoPayoutIsLostWhenTheListMovesBetweenTwoPages(t *testing.T) {
	t.Parallel()
	remove := func(reference string) func(*far) {
		return func(f *far) { f.control(http.MethodDelete, "/_sim/klarna/payouts/"+reference, nil) }
	}
	insert := func(reference, moment string) func(*far) {
		return func(f *far) { f.control(http.MethodPost, "/_sim/klarna/payouts", paidOn(reference, moment)) }
	}
	// move gives payouts of the tie another place in it.
	move := func(numbers ...int) func(*far) {
		return func(f *far) {
			for _, n := range numbers {
				reference := fmt.Sprintf("T%03d", n)
				f.control(http.MethodPut, "/_sim/klarna/payouts/"+reference, paidOn(reference, "2026-04-02T07:45:01Z"))
			}
		}
	}
	both := func(first, second func(*far)) func(*far) { return func(f *far) { first(f); second(f) } }
	const moment = "2026-04-02T07:45:00Z"
	cases := map[string]struct {
		change func(*far)
		gone   string
		moved  bool
	}{
		"nothing happens":                    {func(*far) {}, "", false},
		"one is inserted at the front":       {insert("A", moment), "", true},
		"one is inserted at the end":         {insert("Z", moment), "", false},
		"one is inserted on an earlier day":  {insert("E", "2026-04-01T07:45:00Z"), "", false},
		"one that was listed is removed":     {remove("T001"), "T001", true},
		"two that were listed are removed":   {both(remove("T001"), remove("T002")), "T001 T002", true},
		"one that was not listed is removed": {remove("T038"), "T038", false},
		"one comes and another goes":         {both(insert("A", moment), remove("T039")), "T039", true},
		"one goes and another comes":         {both(remove("T000"), insert("Z", moment)), "T000", true},
		"those that were listed are moved":   {move(0, 1, 2), "", true},
		"one that was listed changes places with one to come": {both(move(5), func(f *far) {
			f.control(http.MethodPut, "/_sim/klarna/payouts/T030", paidOn("T030", "2026-04-02T07:44:59Z"))
		}), "", true},
		"those to come are moved": {move(20, 25), "", false},
	}
	for name, c := range cases {
		for _, pagination := range []string{"full", "count_only"} {
			t.Run(name+", "+pagination, func(t *testing.T) {
				t.Parallel()
				payouts, references := tie(40)
				f := simulate(t, object{"payouts": payouts, "pagination": pagination})
				struck := false
				r, err := f.readPayouts(f.connectorWith(4), march(33), func(listed int) {
					if listed >= 10 && !struck {
						struck = true
						c.change(f)
					}
				})
				require.NoError(t, err)
				require.True(t, struck, "the list was still being read")
				for _, reference := range references {
					if !strings.Contains(c.gone, reference) {
						require.Contains(t, r.references(), reference)
					}
				}
				if c.moved {
					require.Greater(t, len(r.payouts), 50, "the day was read again")
				}
			})
		}
	}
}

func TestAListThatNeverHoldsStillIsGivenUp(t *testing.T) {
	t.Parallel()
	payouts, _ := tie(40)
	f := simulate(t, object{"payouts": payouts})
	_, err := f.readPayouts(f.connectorWith(4), march(33), func(listed int) {
		if listed > 0 {
			f.control(http.MethodPost, "/_sim/klarna/payouts", paidOn(fmt.Sprintf("A%d", listed), "2026-04-02T07:45:00Z"))
		}
	})
	require.Equal(t, payout.CodeIncomplete, fault.CodeOf(err))
	require.Equal(t, fault.Temporary, fault.ClassOf(err))
}

func TestPayoutsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	good := `{"payment_reference":"P","payout_date":"2016-12-14T07:52:26Z","currency_code":"sek","merchant_id":"K1",` +
		`"merchant_settlement_type":"NET","totals":{"settlement_amount":550,"sale_amount":null}}`
	p, err := client.ReadPayout(jsonpage.Whole([]byte(good)), "")
	require.NoError(t, err)
	require.Equal(t, money.Currency("SEK"), p.Currency)
	require.EqualValues(t, 550, p.Totals.Minor("settlement_amount"))
	for name, c := range map[string]struct{ old, new, field string }{
		"no reference":                 {`"payment_reference":"P"`, `"payment_reference":null`, "payment_reference"},
		"no date":                      {`2016-12-14T07:52:26Z`, ``, "payout_date"},
		"a date without a time":        {`2016-12-14T07:52:26Z`, `2016-12-14`, "payout_date"},
		"no currency":                  {`"sek"`, `""`, "currency_code"},
		"a currency that is none":      {`"sek"`, `"XXQ"`, "currency_code"},
		"no amount":                    {`"settlement_amount":550,`, ``, "totals.settlement_amount"},
		"no totals":                    {`"totals"`, `"sums"`, "totals.settlement_amount"},
		"totals that are a list":       {`{"settlement_amount":550,"sale_amount":null}`, `[]`, "totals"},
		"an amount with decimals":      {`550`, `550.5`, "totals.settlement_amount"},
		"an amount in text":            {`550`, `"550"`, "totals.settlement_amount"},
		"an amount that stands twice":  {`550`, `550,"settlement_amount":551`, "totals.settlement_amount"},
		"a reference of absurd length": {`"payment_reference":"P"`, `"payment_reference":"` + strings.Repeat("P", 2000) + `"`, "payment_reference"},
		"a merchant id that is none":   {`"K1"`, `{}`, "merchant_id"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		require.NotEqual(t, good, text, name)
		_, err := client.ReadPayout(jsonpage.Whole([]byte(text)), "payouts[3]")
		require.Equal(t, client.CodePayoutInvalid, fault.CodeOf(err), name)
		require.Equal(t, "payouts[3]."+c.field, fault.Of(err).Field, name)
	}
}

func TestAnUnknownTypeOfSettlementNeedsAPerson(t *testing.T) {
	t.Parallel()
	require.Empty(t, holdReason("NET"))
	require.Empty(t, holdReason("GROSS"))
	require.Contains(t, holdReason("PREPAID"), "PREPAID")
}

func TestCursorsOfPayoutsAreChecked(t *testing.T) {
	t.Parallel()
	f := simulate(t, nil)
	cursors := []string{"x"}
	for _, state := range []payoutState{{}, {Days: widest + 1}, {Days: 1, Progress: paging.Progress{Offset: -1}}} {
		cursor, err := payoutCursor.Write(state)
		require.NoError(t, err)
		cursors = append(cursors, cursor)
	}
	lines, err := lineCursor.Write(lineState{})
	require.NoError(t, err)
	for _, cursor := range append(cursors, lines, cursors[1][:20]) {
		_, err := f.connectorWith(500).ListPayouts(t.Context(), ports.ListPayoutsRequest{Call: f.call(2), Cursor: cursor})
		require.Equal(t, paging.CodeCursor, fault.CodeOf(err), cursor)
	}
	require.Empty(t, f.requests())
}
