package server_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

// postings are account, debit and credit of a voucher's rows.
func postings(voucher object) [][3]float64 {
	var rows [][3]float64
	for _, item := range voucher["VoucherRows"].([]any) {
		row := item.(object)
		rows = append(rows, [3]float64{row["Account"].(float64), row["Debit"].(float64), row["Credit"].(float64)})
	}
	return rows
}

func number(value any) string { return strconv.Itoa(int(value.(float64))) }

func voucher(fields object) string {
	body := object{
		"VoucherSeries": "K", "TransactionDate": "2026-04-16", "Description": "Utbetalning Klarna P-1",
		"VoucherRows": []object{
			{"Account": 1930, "Debit": 90},
			{"Account": 6040, "Debit": 8},
			{"Account": 2641, "Debit": 2.00},
			{"Account": 1686, "Credit": 100, "TransactionInformation": "P-1"},
		},
	}
	for name, value := range fields {
		body[name] = value
	}
	raw, _ := json.Marshal(object{"Voucher": body})
	return string(raw)
}

func TestVoucherIsBooked(t *testing.T) {
	t.Parallel()
	s := start(t)
	status, answer := s.call("POST", "/3/vouchers?financialyear=3", voucher(nil))
	require.Equal(t, http.StatusCreated, status)
	made := answer["Voucher"].(object)
	require.EqualValues(t, 1, made["VoucherNumber"])
	require.EqualValues(t, 3, made["Year"])
	require.Equal(t, "MANUAL", made["ReferenceType"])
	require.EqualValues(t, 0, made["ApprovalState"])
	require.Equal(t, [][3]float64{{1930, 90, 0}, {6040, 8, 0}, {2641, 2, 0}, {1686, 0, 100}}, postings(made))
	require.Equal(t, "Avräkning Klarna", made["VoucherRows"].([]any)[3].(object)["Description"], "the account's name")
	require.Equal(t, made, s.do("GET", "/3/vouchers/K/1?financialyear=3", "", "Voucher"))
	require.Equal(t, "-100.00", s.balance(1686))
	require.EqualValues(t, 2, s.counts()["vouchers"], "one of the world and this one")
}

func TestVoucherCannotBeChangedOrDeleted(t *testing.T) {
	t.Parallel()
	s := start(t)
	_ = s.do("POST", "/3/vouchers?financialyear=3", voucher(nil), "Voucher")
	for _, method := range []string{http.MethodPut, http.MethodDelete} {
		status, _, _ := s.send(s.request(method, "/3/vouchers/K/1?financialyear=3", voucher(nil)))
		require.Equal(t, http.StatusMethodNotAllowed, status, method)
	}
}

func TestVoucherLists(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, date := range []string{"2026-04-16", "2026-04-17", "2026-04-17"} {
		_ = s.do("POST", "/3/vouchers?financialyear=3", voucher(object{"TransactionDate": date}), "Voucher")
	}
	items, _ := s.list("/3/vouchers/sublist/K?financialyear=3&fromdate=2026-04-17&todate=2026-04-17", "Vouchers")
	require.Equal(t, []any{2.0, 3.0}, numbers(items, "VoucherNumber"))
	require.NotContains(t, items[0], "VoucherRows")
	require.Equal(t, "Utbetalning Klarna P-1", items[0]["Description"])
	items, _ = s.list("/3/vouchers/sublist/K?financialyear=2", "Vouchers")
	require.Empty(t, items)
	items, _ = s.list("/3/vouchers?financialyear=2", "Vouchers")
	require.Equal(t, []any{"Bankavgift"}, numbers(items, "Description"))
	_, meta := s.list("/3/vouchers", "Vouchers")
	require.EqualValues(t, 6+1+3, meta["@TotalResources"], "B, C and K of the preselected year")
}

func TestVoucherGoesToTheSelectedYear(t *testing.T) {
	t.Parallel()
	s := start(t, func(w *world.Fortnox) { w.PreselectedYear, w.LockedUntil = 2, "" })
	old := voucher(object{"VoucherSeries": "A", "TransactionDate": "2025-12-30"})
	require.EqualValues(t, 2, s.do("POST", "/3/vouchers", old, "Voucher")["Year"], "the preselected one without financialyear")
	s.refused("POST", "/3/vouchers", voucher(object{"VoucherSeries": "A"}), 400, 2999017)
	s.refused("POST", "/3/vouchers?financialyear=3", old, 400, 2999017)
	made := s.do("POST", "/3/vouchers?financialyear=3", voucher(object{"VoucherSeries": "A"}), "Voucher")
	require.EqualValues(t, 1, made["VoucherNumber"], "numbers start again in each year")
	s.refused("GET", "/3/vouchers/A/3", "", http.StatusNotFound, 2999001)
}

func TestVoucherIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	rows := func(rows ...object) object { return object{"VoucherRows": rows} }
	for sentence, c := range map[string]struct {
		fields object
		code   int
	}{
		"when debit and credit differ by an öre": {rows(object{"Account": 1930, "Debit": 1}, object{"Account": 1686, "Credit": 0.99}), 2999003},
		"with one row":                    {rows(object{"Account": 1930, "Debit": 0}), 2999018},
		"on an unknown account":           {rows(object{"Account": 1931, "Debit": 1}, object{"Account": 1686, "Credit": 1}), 2000423},
		"on an inactive account":          {rows(object{"Account": 1585, "Debit": 1}, object{"Account": 1686, "Credit": 1}), 2000550},
		"with a negative amount":          {rows(object{"Account": 1930, "Debit": -1}, object{"Account": 1686, "Credit": -1}), 2999014},
		"with a read-only field in a row": {rows(object{"Account": 1930, "Debit": 1, "Description": "Bank"}, object{"Account": 1686, "Credit": 1}), 2001399},
		"in a series that is not manual":  {object{"VoucherSeries": "D"}, 2999004},
		"in an unknown series":            {object{"VoucherSeries": "Q"}, 2999005},
		"in the locked period":            {object{"TransactionDate": "2026-02-28"}, 2000401},
		"in another year":                 {object{"TransactionDate": "2027-01-01"}, 2999002},
		"without a date":                  {object{"TransactionDate": ""}, 2001795},
		"without a text":                  {object{"Description": ""}, 2001795},
		"with a text of 201 characters":   {object{"Description": strings.Repeat("å", 201)}, 2999007},
		"with angle brackets":             {object{"Description": "a<b"}, 2000359},
		"with a pipe":                     {object{"Description": "a|b"}, 2000359},
		"with a double quote":             {object{"Description": `a"b`}, 2000359},
		"with an emoji":                   {object{"Description": "a🙂"}, 2000359},
		"with a long row text": {rows(object{"Account": 1930, "Debit": 1, "TransactionInformation": strings.Repeat("a", 101)},
			object{"Account": 1686, "Credit": 1}), 2999007},
		"with an emoji in a row text": {rows(object{"Account": 1930, "Debit": 1, "TransactionInformation": "🙂"},
			object{"Account": 1686, "Credit": 1}), 2000359},
	} {
		t.Run(sentence, func(t *testing.T) {
			s.refused("POST", "/3/vouchers?financialyear=3", voucher(c.fields), http.StatusBadRequest, c.code)
		})
	}
	s.refused("POST", "/3/vouchers?financialyear=9", voucher(nil), 400, 2999002)
	require.EqualValues(t, 1, s.counts()["vouchers"], "nothing half done")
}

func TestVoucherTakesEverySignOfTheAllowList(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, text := range []string{
		strings.Repeat("å", 200), "kv:KLARNA:P-1; 100% (å/Ä) é–´`’^¤#§£$€¢¥©™°&=+*_!?²³®½@\\,.", "två\nrader", "шумно 東京",
	} {
		made := s.do("POST", "/3/vouchers?financialyear=3", voucher(object{"Description": text}), "Voucher")
		require.Equal(t, text, made["Description"])
	}
}

func TestVoucherRowLimitIsASetting(t *testing.T) {
	t.Parallel()
	rows := func(n int) object {
		var all []object
		for range n / 2 {
			all = append(all, object{"Account": 1930, "Debit": 1}, object{"Account": 1686, "Credit": 1})
		}
		return object{"VoucherRows": all}
	}
	s := start(t)
	_ = s.do("POST", "/3/vouchers?financialyear=3", voucher(rows(500)), "Voucher")
	s.refused("POST", "/3/vouchers?financialyear=3", voucher(rows(502)), 400, 2999006)
	_, _ = s.call("PUT", "/_sim/fortnox/switches", `{"voucher_row_limit":4}`)
	s.refused("POST", "/3/vouchers?financialyear=3", voucher(rows(6)), 400, 2999006)
}
