package main

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/simulator"
)

func TestEveryWriteTakesTheLeastRequests(t *testing.T) {
	t.Parallel()
	for name, w := range writings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, c everything) {
				before := w.setUp(r, c)
				r.forget()
				outcome, usage, err := w.try(t.Context(), r, c, 1)
				require.NoError(t, err)
				require.Equal(t, ports.Created, outcome)
				asked := r.requests()
				require.Len(t, asked, usage.Calls)
				if w.dated {
					require.Equal(t, "/3/financialyears", asked[0].Path)
					asked = asked[1:]
				}
				require.Len(t, asked, len(w.requests))
				for i, wanted := range w.requests {
					require.Equal(t, wanted.method, asked[i].Method)
					require.Regexp(t, wanted.path, asked[i].Path)
				}
				w.requireOnce(r, before)
			})
		})
	}
}

func TestALaterAttemptFindsWhatAnEarlierOneHasMade(t *testing.T) {
	t.Parallel()
	for name, w := range writings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, c everything) {
				before := w.setUp(r, c)
				_, _, err := w.try(t.Context(), r, c, 1)
				require.NoError(t, err)
				outcome, _, err := w.try(t.Context(), r, c, 2)
				require.NoError(t, err)
				require.Equal(t, ports.Found, outcome)
				w.requireOnce(r, before)
			})
		})
	}
}

// faults are what can befall a request, save those that hold it.
var faults = map[string]simulator.Fault{
	"500 before it took effect": {Kind: simulator.KindStatus, Status: 500, Body: "<html>Internal Server Error</html>"},
	"500 after it took effect":  {Kind: simulator.KindStatusAfter, Status: 500},
	"503 after it took effect":  {Kind: simulator.KindStatusAfter, Status: 503, Headers: map[string]string{"Retry-After": "1"}},
	"cut before it took effect": {Kind: simulator.KindCutBefore},
	"cut after it took effect":  {Kind: simulator.KindCutAfter},
	"half an answer":            {Kind: simulator.KindTruncate},
	"too many requests":         {Kind: simulator.KindStatus, Status: 429, Body: `{"message":"too many requests"}`},
	"a system exception": {
		Kind: simulator.KindStatusAfter, Status: 400, Body: `{"ErrorInformation":{"error":1,"message":"Systemfel","code":1000003}}`,
	},
	"an answer that is not JSON": {Kind: simulator.KindStatusAfter, Status: 200, Body: "OK"},
	"a token that has expired":   {Kind: simulator.KindStatus, Status: 401, Body: `{"message":"unauthorized"}`},
}

func TestAWriteThatWasDisturbedIsMadeExactlyOnce(t *testing.T) {
	t.Parallel()
	for name, w := range writings() {
		for i, disturbed := range w.requests {
			for kind, f := range faults {
				t.Run(name+"/"+disturbed.path+"/"+kind, func(t *testing.T) {
					t.Parallel()
					eachWay(t, func(t *testing.T, r *remote, c everything) {
						before := w.setUp(r, c)
						f := f
						f.Method, f.Path, f.Times = disturbed.method, disturbed.path, 1
						r.fault(f)
						next, done := w.attempt(t.Context(), r, c, 1)
						if done && disturbed.method == http.MethodGet {
							w.requireOnce(r, before) // a read on a connection that was cut is repeated at once
							return
						}
						require.False(t, done)
						if i > w.effect {
							require.Equal(t, 2, next, "an earlier request has taken effect, so the hub must look")
						}
						_, done = w.attempt(t.Context(), r, c, next)
						require.True(t, done)
						w.requireOnce(r, before)
					})
				})
			}
		}
	}
}

func TestAWriteWhoseTimeEndedIsMadeExactlyOnce(t *testing.T) {
	t.Parallel()
	for name, w := range writings() {
		for _, disturbed := range w.requests {
			for _, kind := range []simulator.Kind{simulator.KindHoldBefore, simulator.KindHoldAfter} {
				t.Run(name+"/"+disturbed.path+"/"+string(kind), func(t *testing.T) {
					t.Parallel()
					eachWay(t, func(t *testing.T, r *remote, c everything) {
						before := w.setUp(r, c)
						r.fault(simulator.Fault{Method: disturbed.method, Path: disturbed.path, Times: 1, Kind: kind})
						ctx, cancel := context.WithCancel(t.Context())
						go func() {
							r.waitForHeld(true)
							cancel()
						}()
						_, _, err := w.try(ctx, r, c, 1)
						open := []fault.Class{fault.Unknown}
						if disturbed.method == http.MethodGet {
							open = append(open, fault.Temporary)
						}
						require.Contains(t, open, fault.ClassOf(err), "%v", err)
						r.waitForHeld(false) // the connector is done with this attempt
						r.heal()
						_, done := w.attempt(t.Context(), r, c, 2)
						require.True(t, done)
						w.requireOnce(r, before)
					})
				})
			}
		}
	}
}

// waitForHeld polls until a fault holds a request, or none any more, or for long enough.
func (r *remote) waitForHeld(some bool) {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		var held struct{ Held []struct{ N int } }
		r.sim(http.MethodGet, "held", nil, &held)
		if len(held.Held) > 0 == some {
			return
		}
		<-time.After(time.Millisecond)
	}
}

func TestAnySequenceOfDisturbancesEndsInOneDocument(t *testing.T) {
	t.Parallel()
	var kinds []simulator.Fault
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		kinds = append(kinds, faults[name])
	}
	for name, w := range writings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				r := start(t)
				c := New()
				before := w.setUp(r, c)
				attempt := 1
				for range rapid.IntRange(0, 4).Draw(rt, "disturbances") {
					f := kinds[rapid.IntRange(0, len(kinds)-1).Draw(rt, "kind")]
					if f.Status == http.StatusOK {
						f.Path = "^/3/[a-z/]*$" // the bytes of a file are no JSON anyway
					}
					f.Nth, f.Times = rapid.IntRange(1, 4).Draw(rt, "nth"), 1
					r.fault(f)
					next, done := w.attempt(t.Context(), r, c, attempt)
					r.heal()
					if attempt = next; done {
						w.requireOnce(r, before)
						return
					}
				}
				_, done := w.attempt(t.Context(), r, c, attempt)
				require.True(t, done)
				w.requireOnce(r, before)
			})
		})
	}
}

func TestAGrantThatIsTooSmallSendsNothing(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		req := ports.PaymentRequest{Payment: payment("1001", invoice.Invoice, "499.00"), BalanceBefore: sek("499.00")}
		req.Call, req.Attempt, req.Key = r.call(1), 1, "kv:1;"
		_, err := c.EnsurePayment(t.Context(), req)
		r.requireFault(err, ports.CodeGrantExhausted, fault.NotSent)
		require.Empty(t, r.requests())
		req.Attempt = 2
		_, err = c.EnsurePayment(t.Context(), req)
		r.requireFault(err, ports.CodeGrantExhausted, fault.Unknown)
		for _, asked := range r.requests() {
			require.Equal(t, http.MethodGet, asked.Method)
		}
	})
}

func TestForeignMoneyIsRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		p := payment("1008", invoice.Invoice, "1.00")
		p.Amount = money.New(3333, "EUR")
		_, err := r.tryPayment(t.Context(), c, p, "33.33", 1)
		require.Equal(t, "payment.amount", r.requireFault(err, CodeCurrency, fault.Validation).Field)
		require.Empty(t, r.requests())
	})
}
