package main

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/paging"
	"github.com/kvitt/kvitt/sdk/simulator"
)

// mirror is what the hub keeps: of each document what it was told last.
type mirror map[string]invoice.Document

// read lists documents to the end, and does something between two pages.
func (r *remote) read(c everything, m mirror, since string, between func(page int)) (watermark string) {
	r.tb.Helper()
	const mostPages = 500
	cursor := ""
	for page := range mostPages {
		got, err := c.ListDocuments(r.tb.Context(), ports.ListDocumentsRequest{
			Call: r.granted("ListDocuments", 1), Since: since, Cursor: cursor,
		})
		require.NoError(r.tb, err)
		require.Equal(r.tb, 1, got.Usage.Calls)
		for _, d := range got.Documents {
			m[d.Number] = d
		}
		require.Equal(r.tb, got.Next == "", got.Watermark != "", "only the last page has a watermark")
		if got.Next == "" {
			return got.Watermark
		}
		cursor = got.Next
		if between != nil {
			between(page)
		}
	}
	require.Fail(r.tb, "the list does not end")
	return ""
}

func TestTheFirstReadingGivesWhatIsNotYetPaid(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		m := mirror{}
		require.Equal(t, "2026-04-20 07:00", r.read(c, m, "", nil), "three hours before ten o'clock in Sweden")
		require.ElementsMatch(t, []string{"1001", "1002", "1003", "1004", "1006", "1008"}, numbersOf(m))
		require.Equal(t, invoice.Document{
			Number: "1001", Kind: invoice.Invoice, Total: sek("499.00"), Balance: sek("499.00"), Date: on("2026-03-30"), DueDate: on("2026-04-29"),
			Booked: true, Partial: true,
			References: map[invoice.Reference]string{
				invoice.Number: "1001", invoice.ExternalReference1: "10001", invoice.OCR: "100164",
			},
		}, m["1001"])
		credit := m["1004"]
		require.Equal(t, invoice.Credit, credit.Kind)
		require.Equal(t, sek("-95.00"), credit.Total)
		require.Equal(t, sek("-95.00"), credit.Balance)
		require.False(t, m["1006"].Booked)
		require.Equal(t, money.New(3333, "EUR"), m["1008"].Balance)
	})
}

func numbersOf(m mirror) []string {
	var numbers []string
	for n := range m {
		numbers = append(numbers, n)
	}
	return numbers
}

func TestForeignBalancesAreInTheInvoicesCurrencyEitherWay(t *testing.T) {
	t.Parallel()
	r := start(t, func(w *world.Fortnox) { w.ForeignBalanceInSEK = true })
	m := mirror{}
	r.read(New(), m, "", nil)
	require.Equal(t, money.New(3333, "EUR"), m["1008"].Balance)
}

func TestALaterReadingGivesWhatChangedInAnyState(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		m := mirror{}
		since := r.read(c, m, "", nil)
		r.sim(http.MethodPost, "clock", map[string]string{"advance": "10h"}, nil)
		r.login()
		r.pay("1001", "499.00", 1930)
		r.edit("1006", map[string]any{"cancelled": true})
		r.edit("1005", map[string]any{"external_reference_1": "K-5"})
		number := r.add(sale("120.00", nil))
		changed := mirror{}
		next := r.read(c, changed, since, nil)
		require.Greater(t, next, since)
		require.ElementsMatch(t, []string{"1001", "1005", "1006", number}, numbersOf(changed))
		require.True(t, changed["1001"].Balance.IsZero())
		require.True(t, changed["1006"].Cancelled)
		require.Equal(t, "K-5", changed["1005"].References[invoice.ExternalReference1])
	})
}

// The clock of the simulator and that of the connector are months apart.
func TestTheWatermarkFollowsFortnoxsClock(t *testing.T) {
	t.Parallel()
	for name, machine := range map[string]time.Time{
		"ours is ahead": time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), "ours is behind": time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t)
			c := New(WithClock(func() time.Time { return machine }))
			since := r.read(c, mirror{}, "", nil)
			r.edit("1002", map[string]any{"ocr": "4711"})
			changed := mirror{}
			r.read(c, changed, since, nil)
			require.Equal(t, []string{"1002"}, numbersOf(changed))
		})
	}
}

// undated takes the date off every answer.
type undated struct{ next http.RoundTripper }

func (u undated) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := u.next.RoundTrip(r)
	if err == nil {
		answer.Header.Del("Date")
	}
	return answer, err
}

func TestWithoutADateTheWatermarkFallsFarBehindOurClock(t *testing.T) {
	t.Parallel()
	r := start(t)
	c := New(WithTransport(undated{http.DefaultTransport}), WithClock(func() time.Time { return time.Date(2026, 4, 20, 9, 0, 0, 0, time.UTC) }))
	require.Equal(t, "2026-04-18 11:00", r.read(c, mirror{}, "", nil))
}

func TestManyDocumentsOfOneSecondAreAllListed(t *testing.T) {
	t.Parallel()
	for _, size := range []int{2, 3, 7, 500} {
		t.Run(strconv.Itoa(size), func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, c everything) {
				want := []string{"1001", "1002", "1003", "1004", "1006", "1008"}
				for range 23 {
					want = append(want, r.add(sale("120.00", nil)))
				}
				m := mirror{}
				since := r.read(c, m, "", nil)
				require.ElementsMatch(t, want, numbersOf(m))
				m = mirror{}
				r.read(c, m, since, nil)
				require.Len(t, m, 23)
			}, WithPageSize(size))
		})
	}
}

// An invoice that is paid leaves the list of unpaid ones, and the next page begins
// one invoice too late.
func TestInvoicesPaidBetweenTwoPagesPushNoneOut(t *testing.T) {
	t.Parallel()
	for _, at := range []int{1, 5, 9} {
		t.Run(strconv.Itoa(at), func(t *testing.T) {
			t.Parallel()
			r := start(t)
			var added []string
			for range 30 {
				added = append(added, r.add(sale("120.00", nil)))
			}
			m := mirror{}
			r.read(New(WithPageSize(5)), m, "", func(page int) {
				if page == at {
					for _, number := range added[:25] {
						r.pay(number, "120.00", 1930)
					}
				}
			})
			for _, number := range append([]string{"1001", "1002", "1003", "1004", "1006", "1008"}, added[25:]...) {
				require.Contains(t, m, number)
			}
		})
	}
}

// disturb changes something in Fortnox, as people and other systems do.
func (r *remote) disturb(rt *rapid.T, open map[string]bool, round int) {
	var numbers []string
	for n := range 40 {
		if number := strconv.Itoa(1001 + n); open[number] {
			numbers = append(numbers, number)
		}
	}
	for i := range rapid.IntRange(0, 6).Draw(rt, "changes") {
		if len(numbers) == 0 {
			return
		}
		at := rapid.IntRange(0, len(numbers)-1).Draw(rt, "which")
		number := numbers[at]
		switch rapid.IntRange(0, 3).Draw(rt, "what") {
		case 0:
			r.pay(number, "120.00", 1930)
			delete(open, number)
			numbers = append(numbers[:at:at], numbers[at+1:]...)
		case 1:
			r.edit(number, map[string]any{"external_reference_1": fmt.Sprintf("E-%d-%d", round, i)})
		case 2:
			open[r.add(sale("120.00", nil))] = true
		case 3:
			r.add(sale("60.00", map[string]any{"booked": false}))
		}
	}
}

func TestWhateverChangesBetweenPagesTheMirrorEndsTrue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := start(t, func(w *world.Fortnox) {
			w.UnpaidIncludesUnbooked = rapid.Bool().Draw(rt, "drafts count as unpaid")
			w.LastModifiedExclusive = rapid.Bool().Draw(rt, "since means after")
		})
		c := New(WithPageSize(rapid.IntRange(2, 8).Draw(rt, "page size")))
		open := map[string]bool{}
		for range rapid.IntRange(0, 12).Draw(rt, "invoices") {
			open[r.add(sale("120.00", nil))] = true
		}
		m := mirror{}
		since := r.read(c, m, "", func(page int) { r.disturb(rt, open, page) })
		for round := range 2 {
			since = r.read(c, m, since, func(page int) { r.disturb(rt, open, 100*(round+1)+page) })
		}
		r.read(c, m, since, nil)
		truth := mirror{}
		r.read(New(), truth, "2000-01-01 00:00", nil)
		delete(truth, "1005") // paid before the first reading
		delete(truth, "1007") // cancelled before it
		require.Equal(t, truth, m)
	})
}

func TestAReadingIsResumedByItsCursorAlone(t *testing.T) {
	t.Parallel()
	r := start(t)
	first, err := New(WithPageSize(2)).ListDocuments(t.Context(), ports.ListDocumentsRequest{Call: r.granted("ListDocuments", 1)})
	require.NoError(t, err)
	for range 2 { // the same cursor twice, as after a crash
		second, err := New(WithPageSize(2)).ListDocuments(t.Context(), ports.ListDocumentsRequest{Call: r.granted("ListDocuments", 1), Cursor: first.Next})
		require.NoError(t, err)
		require.Equal(t, "1001", second.Documents[0].Number)
	}
}

// cursor makes up a cursor that this connector would not.
func cursor[T any](codec paging.Codec[T], state T) string {
	text, err := codec.Write(state)
	if err != nil {
		panic(err)
	}
	return text
}

func TestCursorsAndWatermarksOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	const now = "2026-04-20 07:00"
	tests := map[string]struct {
		since, cursor string
		code          fault.Code
	}{
		"no cursor":                   {"", "page 2", paging.CodeCursor},
		"of another list":             {"", cursor(choicesCursor, paging.Position{}), paging.CodeCursor},
		"an unknown set":              {"", cursor(listingCursor, listing{Set: "all", Watermark: now}), paging.CodeCursor},
		"a set of another reading":    {now, cursor(listingCursor, listing{Set: setUnpaid, Watermark: now}), paging.CodeCursor},
		"before the start":            {"", cursor(listingCursor, listing{Set: setUnpaid, Watermark: now, Position: paging.Position{Offset: -1}}), paging.CodeCursor},
		"no watermark":                {"", cursor(listingCursor, listing{Set: setUnpaid}), paging.CodeCursor},
		"a watermark of another kind": {"yesterday", "", CodeWatermark},
		"a second parameter":          {"2026-04-20 07:00&filter=unpaid", "", CodeWatermark},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, c everything) {
				_, err := c.ListDocuments(t.Context(), ports.ListDocumentsRequest{
					Call: r.granted("ListDocuments", 1), Since: test.since, Cursor: test.cursor,
				})
				r.requireFault(err, test.code, fault.Validation)
				require.Empty(t, r.requests())
			})
		})
	}
}

func TestAnAnswerThatMakesNoSenseNamesTheDocument(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ item, field string }{
		"a currency of its own": {`{"DocumentNumber":"7","Currency":"KRO","Total":1}`, "invoices[7].currency"},
		"no number":             {`{"Currency":"SEK","Total":1}`, "number"},
		"a total beyond reason": {`{"DocumentNumber":"7","Currency":"SEK","Total":1e300}`, "invoices[7].total"},
		"a balance beyond it":   {`{"DocumentNumber":"7","Currency":"EUR","CurrencyRate":1e-300,"Total":1,"Balance":"1e300"}`, "invoices[7].balance"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, c everything) {
				r.fault(simulator.Fault{Kind: simulator.KindStatus, Status: 200, Body: `{"MetaInformation":{"@TotalResources":1},"Invoices":[` + test.item + `]}`})
				_, err := c.ListDocuments(t.Context(), ports.ListDocumentsRequest{Call: r.granted("ListDocuments", 1)})
				require.Equal(t, test.field, r.requireFault(err, CodeDocument, fault.Validation).Field)
			})
		})
	}
}

func TestASourceThatRepeatsOrLosesItemsIsNoticed(t *testing.T) {
	t.Parallel()
	item := func(n int) string {
		return fmt.Sprintf(`{"DocumentNumber":"%d","Currency":"SEK","Total":1,"Balance":1}`, n)
	}
	for name, body := range map[string]string{
		"one item twice":             `{"MetaInformation":{"@TotalResources":2},"Invoices":[` + item(1) + `,` + item(1) + `]}`,
		"more items than were asked": `{"MetaInformation":{"@TotalResources":9},"Invoices":[` + item(1) + `,` + item(2) + `,` + item(3) + `]}`,
		"more items than there are":  `{"MetaInformation":{"@TotalResources":1},"Invoices":[` + item(1) + `,` + item(2) + `]}`,
		"announced and not given":    `{"MetaInformation":{"@TotalResources":2},"Invoices":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t)
			r.fault(simulator.Fault{Kind: simulator.KindStatus, Status: 200, Body: body})
			_, err := New(WithPageSize(2)).ListDocuments(t.Context(), ports.ListDocumentsRequest{Call: r.granted("ListDocuments", 1)})
			r.requireFault(err, paging.CodeListUnstable, fault.Temporary)
		})
	}
}
