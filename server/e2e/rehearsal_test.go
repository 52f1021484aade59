package e2e_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
)

// rehearsal is an undisturbed run: what it did step by step, and what came of it.
type rehearsal struct {
	cast     cast
	template string // data folder of an onboarded merchant before the run
	commits  []string
	requests map[string][]request
	picture
	documents map[string]int64
}

// rehearse onboards a merchant, keeps the hub's data folder as template, and makes
// an undisturbed run on a copy of it.
func rehearse(t *testing.T, shape booking.Shape) rehearsal {
	t.Helper()
	r := rehearsal{template: filepath.Join(t.TempDir(), "template")}
	first := raise(t, "")
	first.shape = shape
	first.open()
	r.cast = first.onboard()
	require.NoError(t, first.hub.Stop(patience))
	first.hub = nil
	copyFiles(t, filepath.Join(first.folder, "data"), r.template)

	s := raise(t, r.template)
	s.open()
	began := time.Now()
	run := s.settle(r.cast)
	took := time.Since(began)
	r.requests = map[string][]request{"klarna": s.klarna.requests(t), "fortnox": s.fortnox.requests(t)}
	require.EqualValues(t, len(r.requests["klarna"]), run.Calls["klarna"], "every call is counted")
	require.EqualValues(t, len(r.requests["fortnox"]), run.Calls["fortnox"]+1, "every call is counted, but for that for a token")
	r.documents, r.picture = documentsOf(run), s.look(r.cast)
	r.isRight(t)
	require.NoError(t, s.hub.Stop(patience))
	s.hub = nil
	r.commits = s.commits()
	t.Logf("an undisturbed run takes %v, %d commits, %d requests to klarna and %d to fortnox",
		took.Round(time.Millisecond), len(r.commits), len(r.requests["klarna"]), len(r.requests["fortnox"]))
	return r
}

// isRight holds the undisturbed run against what testdata/world.json means: all
// that the others are compared with must be right itself. In each shape it comes to
// the same accounts.
func (r rehearsal) isRight(t *testing.T) {
	t.Helper()
	require.Equal(t, map[string]int{
		"invoices": 6, "booked_invoices": 6, "cancelled": 0, "orders": 0, "customers": 0,
		"invoice_payments": 4, "booked_invoice_payments": 4, "vouchers": 2, "files": 2, "file_connections": 2,
	}, r.Documents)
	require.Equal(t, []string{"match.no_document 10007 100.00 open"}, r.Exceptions)
	// Of the second payout the sale without invoice and the debt that is carried on.
	require.Equal(t, []string{"1686 -153.75 open -153.75 unexplained 0.00"}, r.Clearing)
	for account, balance := range map[string]string{
		"1686": "-153.75", "1689": "40.00", "1930": "585.91", "2641": "6.37", "6040": "25.47",
	} {
		require.Equal(t, balance, r.Ledger[account], "account %s", account)
	}
}
