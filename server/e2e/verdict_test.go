package e2e_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/adapters/sie"
	"github.com/kvitt/kvitt/server/client"
)

// picture is everything that must be the same however often the hub was killed.
type picture struct {
	// Documents counts what stands in the accounting system, by kind.
	Documents map[string]int
	// Ledger is the accounting system's own: balances by account.
	Ledger map[string]string
	// Vouchers are those of its SIE file without their numbers, sorted.
	Vouchers []string
	// What the hub says.
	Payouts, Lines, Steps, Exceptions, Clearing []string
}

// look draws the picture.
func (s *stage) look(c cast) picture {
	s.t.Helper()
	p := picture{Documents: map[string]int{}}
	s.fortnox.control(s.t, http.MethodGet, "/_sim/fortnox/counts", nil, &p.Documents)
	p.Ledger = s.ledger(s.t)
	p.Vouchers = s.vouchers(c)
	for _, payout := range list[api.Payout](s, "/v1/merchants/"+c.merchant+"/payouts") {
		p.Payouts = append(p.Payouts, fmt.Sprintf("%s %s %+v %+v", payout.Reference, payout.State, payout.Effects, payout.Counts))
		for _, l := range list[api.Line](s, "/v1/payouts/"+payout.ID+"/lines") {
			p.Lines = append(p.Lines, fmt.Sprintf("%s %d %s %s %s %s", payout.Reference, l.Ordinal, l.Key, l.Net, l.State, l.Document))
		}
		for _, d := range list[api.Document](s, "/v1/payouts/"+payout.ID+"/documents") {
			p.Steps = append(p.Steps, fmt.Sprintf("%s %s %s %s %s numbered %t", d.Key, d.Kind, d.State, d.Document, d.Amount, d.Number != ""))
		}
	}
	for _, e := range list[api.Exception](s, "/v1/merchants/"+c.merchant+"/exceptions") {
		p.Exceptions = append(p.Exceptions, fmt.Sprintf("%s %s %s %s", e.Code, e.Reference, e.Amount, e.State))
	}
	var clearing api.Clearing
	s.get("/v1/flows/"+c.flow+"/clearing", &clearing)
	for _, a := range clearing.Items {
		p.Clearing = append(p.Clearing, fmt.Sprintf("%s %s open %s unexplained %s", a.Account, a.Balance, a.Open, a.Unexplained))
	}
	return p
}

// ledger reads the balances by account from the simulator, debit positive.
func (s *stage) ledger(t *testing.T) map[string]string {
	t.Helper()
	var ledger struct {
		Accounts []struct {
			Number  int
			Balance string
		}
	}
	s.fortnox.control(t, http.MethodGet, "/_sim/fortnox/ledger", nil, &ledger)
	balances := map[string]string{}
	for _, a := range ledger.Accounts {
		balances[strconv.Itoa(a.Number)] = a.Balance
	}
	return balances
}

// paymentNumber stands at the end of a payment's text; several at a time are
// numbered in the order of their arrival.
var paymentNumber = regexp.MustCompile(` \(\d+\)$`)

// vouchers reads the accounting system's SIE file, which refuses vouchers that do
// not balance and balances that do not follow from them.
func (s *stage) vouchers(c cast) []string {
	s.t.Helper()
	books := s.books(c)
	var all []string
	for _, v := range books.Vouchers {
		rows := make([]string, len(v.Rows))
		for i, r := range v.Rows {
			rows[i] = string(r.Account) + " " + r.Amount.String()
		}
		slices.Sort(rows)
		text := paymentNumber.ReplaceAllString(v.Text, "")
		all = append(all, fmt.Sprintf("%s %s %s: %s", v.Series, v.Date, text, strings.Join(rows, ", ")))
	}
	slices.Sort(all)
	return all
}

func (s *stage) books(c cast) sie.File {
	s.t.Helper()
	raw, err := s.client.Bytes(s.t.Context(), "/v1/connections/"+c.fortnox+"/books?on=2026-04-20")
	require.NoError(s.t, err)
	file, err := sie.Read(bytes.NewReader(raw))
	require.NoError(s.t, err)
	return file
}

func list[T any](s *stage, path string) []T {
	s.t.Helper()
	all, err := client.List[T](s.t.Context(), s.client, path)
	require.NoError(s.t, err, path)
	return all
}

// judge compares with what an undisturbed run brought about, and lets a further
// run prove that nothing is left to do.
func (s *stage) judge(c cast, undisturbed rehearsal, run api.Run) {
	s.t.Helper()
	require.Equal(s.t, undisturbed.documents, documentsOf(run), "each document is made or found once")
	require.Equal(s.t, undisturbed.picture, s.look(c))
	require.Zero(s.t, s.runAgain(c).DocumentsWritten)
	counts := map[string]int{}
	s.fortnox.control(s.t, http.MethodGet, "/_sim/fortnox/counts", nil, &counts)
	require.Equal(s.t, undisturbed.Documents, counts, "a further run adds nothing")
}

// documentsOf counts the documents of a run by kind, whether it made them or found
// them made by an attempt whose answer it never got.
func documentsOf(run api.Run) map[string]int64 {
	all := map[string]int64{}
	for _, counts := range []api.Counts{run.Created, run.Found} {
		for kind := range maps.Keys(counts) {
			all[kind] += counts[kind]
		}
	}
	return all
}
