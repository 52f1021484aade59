package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/booking"
)

// Everything that was booked is taken back in Fortnox and booked anew. The ledger
// that the simulator keeps says what came of it, and so does its SIE file.
func TestBookedPayoutsAreTakenBackAndBookedAnew(t *testing.T) {
	t.Parallel()
	for _, shape := range []booking.Shape{booking.Clearing, booking.Direct} {
		t.Run(string(shape), func(t *testing.T) {
			t.Parallel()
			s := raise(t, "")
			s.shape = shape
			s.open()
			c := s.onboard()
			untouched := s.nonzero(t)
			s.settle(c)
			booked, written, unpaid := s.look(c), s.counts(t), s.unpaid(t)

			s.undoAll(c)
			require.Equal(t, untouched, s.nonzero(t), "every account is as it was")
			taken := s.counts(t)
			require.Equal(t, written["vouchers"]*2, taken["vouchers"], "nothing is deleted")
			require.Equal(t, written["booked_invoice_payments"]*2, taken["booked_invoice_payments"])
			require.Greater(t, s.unpaid(t), unpaid, "the invoices are open again")
			for _, a := range s.look(c).Clearing {
				require.Contains(t, a, " 0.00 open 0.00 unexplained 0.00")
			}
			s.reversalsAreNamed(c)
			s.comparisonHolds(c)

			for _, p := range list[api.Payout](s, "/v1/merchants/"+c.merchant+"/payouts") {
				s.post("/v1/payouts/"+p.ID+"/rebook", nil, nil)
			}
			s.until("all is booked anew", func() bool { return fmt.Sprint(s.states(c)) == fmt.Sprint(booked.states()) })
			s.runAgain(c)
			again := s.look(c)
			require.Equal(t, booked.Ledger, again.Ledger)
			require.Equal(t, booked.Clearing, again.Clearing)
			require.Equal(t, booked.Lines, again.Lines)
			require.Equal(t, unpaid, s.unpaid(t))
		})
	}
}

// undoAll undoes every payout and waits until all of it is done.
func (s *stage) undoAll(c cast) {
	s.t.Helper()
	payouts := list[api.Payout](s, "/v1/merchants/"+c.merchant+"/payouts")
	for _, p := range payouts {
		var proposed, begun api.Undoing
		s.post("/v1/payouts/"+p.ID+"/undo", map[string]any{"reason": "wrong company"}, &proposed)
		s.post("/v1/payouts/"+p.ID+"/undo", map[string]any{"reason": "wrong company", "confirm": true}, &begun)
		require.Equal(s.t, proposed.Documents, begun.Documents, "what was shown is what is done")
	}
	s.until("all is undone", func() bool {
		for _, p := range list[api.Payout](s, "/v1/merchants/"+c.merchant+"/payouts") {
			if p.State != "undone" {
				return false
			}
		}
		return true
	})
}

// reversalsAreNamed checks that each document leads to what takes it back, and back.
func (s *stage) reversalsAreNamed(c cast) {
	s.t.Helper()
	for _, p := range list[api.Payout](s, "/v1/merchants/"+c.merchant+"/payouts") {
		documents := map[string]api.Document{}
		for _, d := range list[api.Document](s, "/v1/payouts/"+p.ID+"/documents") {
			documents[d.Key] = d
		}
		for key, d := range documents {
			if d.Reverses == "" {
				require.Equal(s.t, d.Kind == "attachment", d.ReversedBy == "", key)
				continue
			}
			require.Equal(s.t, key, documents[d.Reverses].ReversedBy)
			if d.Voucher != nil {
				require.True(s.t, strings.HasPrefix(d.Voucher.Text, "Correction of voucher "+documents[d.Reverses].Number+": wrong company"), d.Voucher.Text)
			}
		}
	}
}

// comparisonHolds asks the hub to compare its documents with the books.
func (s *stage) comparisonHolds(c cast) {
	s.t.Helper()
	var check api.BooksCheck
	s.get("/v1/flows/"+c.flow+"/books-check", &check)
	require.True(s.t, check.Agrees, "%+v", check)
	var proof api.Reconciliation
	s.get("/v1/flows/"+c.flow+"/reconciliation?from=2026-03-01&to=2026-04-30", &proof)
	for _, statement := range proof.Items {
		require.Equal(s.t, "0.00", statement.Difference, "%+v", statement)
	}
}

// nonzero are the accounts of the simulator's ledger with a balance.
func (s *stage) nonzero(t *testing.T) map[string]string {
	t.Helper()
	balances := s.ledger(t)
	for account, balance := range balances {
		if balance == "0.00" || balance == "0" {
			delete(balances, account)
		}
	}
	return balances
}

func (s *stage) counts(t *testing.T) map[string]int {
	t.Helper()
	counts := map[string]int{}
	s.fortnox.control(t, http.MethodGet, "/_sim/fortnox/counts", nil, &counts)
	return counts
}

// unpaid is what customers owe by the simulator's ledger, in öre.
func (s *stage) unpaid(t *testing.T) int64 {
	t.Helper()
	var minor int64
	_, err := fmt.Sscan(strings.Replace(s.ledger(t)["1510"], ".", "", 1), &minor)
	require.NoError(t, err)
	return minor
}

// states are those of the payouts by reference.
func (p picture) states() map[string]string {
	states := map[string]string{}
	for _, text := range p.Payouts {
		reference, rest, _ := strings.Cut(text, " ")
		states[reference], _, _ = strings.Cut(rest, " ")
	}
	return states
}
