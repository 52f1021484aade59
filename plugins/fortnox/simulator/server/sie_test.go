package server_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
)

// books is what a SIE file says, read by a reader that knows nothing of the
// writer: labels and fields by the published format.
type books struct {
	records  map[string][]string
	opening  map[string]int
	closing  map[string]int
	result   map[string]int
	moved    map[string]int
	vouchers []string
}

func (s *sim) sie(query string) books {
	s.t.Helper()
	status, contentType, raw := s.send(s.request("GET", "/3/sie/4?"+query, ""))
	require.Equal(s.t, http.StatusOK, status, raw)
	require.Equal(s.t, "application/octet-stream", contentType)
	text, err := charmap.CodePage437.NewDecoder().String(raw)
	require.NoError(s.t, err)
	require.True(s.t, strings.HasSuffix(text, "\r\n"))
	b := books{
		records: map[string][]string{}, opening: map[string]int{}, closing: map[string]int{}, result: map[string]int{},
		moved: map[string]int{},
	}
	sum := 0
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		label, rest, _ := strings.Cut(line, " ")
		fields := fieldsOf(rest)
		switch label {
		case "{":
			sum = 0
		case "}":
			require.Zero(s.t, sum, "voucher %s", b.vouchers[len(b.vouchers)-1])
		case "#TRANS":
			require.Equal(s.t, "{}", fields[1])
			sum += ore(s.t, fields[2])
			b.moved[fields[0]] += ore(s.t, fields[2])
		case "#VER":
			b.vouchers = append(b.vouchers, strings.Join(fields, ","))
		case "#IB", "#UB", "#RES":
			into := map[string]map[string]int{"#IB": b.opening, "#UB": b.closing, "#RES": b.result}[label]
			if fields[0] == "0" {
				into[fields[1]] = ore(s.t, fields[2])
			}
		default:
			b.records[label] = append(b.records[label], strings.Join(fields, ","))
		}
	}
	return b
}

var sieField = regexp.MustCompile(`"((?:[^"\\]|\\"|\\)*)"|\{[^}]*\}|[^ ]+`)

func fieldsOf(rest string) []string {
	var fields []string
	for _, match := range sieField.FindAllStringSubmatch(rest, -1) {
		if strings.HasPrefix(match[0], `"`) {
			fields = append(fields, strings.ReplaceAll(match[1], `\"`, `"`))
		} else {
			fields = append(fields, match[0])
		}
	}
	return fields
}

func ore(t *testing.T, amount string) int {
	t.Helper()
	require.Regexp(t, `^-?\d+\.\d\d$`, amount)
	n, err := strconv.Atoi(strings.Replace(amount, ".", "", 1))
	require.NoError(t, err)
	return n
}

func TestSIEHoldsTheWholeYear(t *testing.T) {
	t.Parallel()
	s := start(t)
	_ = s.do("POST", "/3/vouchers?financialyear=3", voucher(object{"Description": "Utbetalning – 90 € åäö"}), "Voucher")
	b := s.sie("financialyear=3")

	for label, want := range map[string]string{
		"#FLAGGA": "0", "#FORMAT": "PC8", "#SIETYP": "4", "#GEN": "20260420", "#ORGNR": "556000-0001",
		"#FNAMN": "Exempelbutiken Åsön AB", "#VALUTA": "SEK",
	} {
		require.Equal(t, []string{want}, b.records[label], label)
	}
	require.Equal(t, []string{"0,20260101,20261231", "-1,20250101,20251231"}, b.records["#RAR"])
	require.Len(t, b.records["#PROGRAM"], 1)
	require.Len(t, b.records["#KONTO"], 25)
	require.Equal(t, []string{
		"B,1,20260330,Kundfaktura Anna Ask (1001),20260330", "B,2,20260330,Kundfaktura Bo Björk (1002),20260330",
		"B,3,20260331,Kundfaktura Cecilia Cypress (1003),20260331", "B,4,20260401,Kundfaktura David Druvfläder (1005),20260401",
		"B,5,20260402,Kundfaktura Cecilia Cypress (1004),20260402", "B,6,20260403,Kundfaktura Greta Gran (1008),20260403",
		"C,1,20260403,Kundbet David Druvfläder (1),20260403", "K,1,20260416,Utbetalning - 90 EUR åäö,20260420",
	}, b.vouchers)
	require.Equal(t, map[string]int{"1930": 4990000, "2081": -5000000, "2099": 10000}, b.opening)
	for account, closing := range b.closing {
		require.Equal(t, b.opening[account]+b.moved[account], closing, account)
		require.Less(t, account, "3000")
	}
	for account, moved := range b.moved {
		if account >= "3000" {
			require.Equal(t, moved, b.result[account], account)
		} else {
			require.Equal(t, b.opening[account]+moved, b.closing[account], account)
		}
	}
	require.Equal(t, -10000, b.closing["1686"])
	require.Equal(t, 800, b.result["6040"])
}

func TestSIEOfAnotherYear(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.sie("financialYear=2")
	require.Equal(t, []string{"0,20250101,20251231"}, b.records["#RAR"])
	require.Equal(t, []string{"A,1,20250630,Bankavgift,20250630"}, b.vouchers)
	require.Equal(t, map[string]int{"6570": 10000}, b.result)
	s.refused("GET", "/3/sie/4?financialyear=9", "", http.StatusBadRequest, 2999002)
}
