// Package server simulates two of Klarna's APIs as far as a back office needs them: the
// Settlements API v1 (read-only), with payouts, their transactions, the summary and the
// reports, and the Order Management API v1, with orders, their captures and refunds.
//
// It follows Klarna's published OpenAPI documents "Klarna Settlements API" and "Klarna
// Order Management API", and the pages on settlement files, orders, rate limits,
// authentication and errors; where those leave a choice, the world says which variant
// is shown, or the README which one was taken. It shares no code with
// the connector, so that the two sides are not one mind.
package server

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"github.com/kvitt/kvitt/sdk/simulator"
)

// settlements is the path below which the Settlements API hangs.
const settlements = "/settlements/v1"

// The content types of answers.
const (
	typeJSON = "application/json"
	typeCSV  = "text/csv"
	typePDF  = "application/pdf"
)

// server answers for one world.
type server struct {
	world   World // settings; its payouts and orders live in the books
	books   *books
	orders  *orderBook
	control *simulator.Control
	limit   *rateLimit
	pushes  *pushes
}

// New returns the simulator of a world that ReadWorld has checked, wrapped with
// its control API. The state lives in memory and ends with the handler.
func New(world World, control *simulator.Control) http.Handler {
	s := &server{
		world:   world,
		books:   newBooks(world),
		orders:  newOrderBook(world),
		control: control,
		limit:   newRateLimit(world.RateLimit, time.Now),
		pushes:  newPushes(control.Now),
	}
	system := http.NewServeMux()
	s.routeSettlements(system)
	s.routeOrders(system)
	// Paths that Klarna does not have are answered 403, which is what it has been
	// seen to do.
	system.HandleFunc("/", s.serve(typeJSON, func(*http.Request) (reply, *failure) {
		return reply{}, &failure{http.StatusForbidden, "NOT_ALLOWED", "this operation is not allowed"}
	}))
	root := http.NewServeMux()
	s.routeControls(root)
	s.routeOrderControls(root)
	s.routePushes(root)
	root.Handle("/", correlate(s.authenticate(s.throttle(s.admit(system)))))
	return control.Wrap(root)
}

func (s *server) routeSettlements(mux *http.ServeMux) {
	for path, endpoint := range map[string]http.HandlerFunc{
		"/payouts":                                   s.serve(typeJSON, s.listPayouts),
		"/payouts/{payment_reference}":               s.serve(typeJSON, s.getPayout),
		"/payouts/summary":                           s.serve(typeJSON, s.summarise),
		"/transactions":                              s.serve(typeJSON, s.listTransactions),
		"/reports/payout-with-transactions":          s.serve(typeCSV, s.payoutCSV),
		"/reports/payout":                            s.serve(typePDF, s.payoutPDF),
		"/reports/payouts-summary-with-transactions": s.serve(typeCSV, s.rangeCSV),
		"/reports/payouts-summary":                   s.serve(typePDF, s.rangePDF),
	} {
		mux.HandleFunc("GET "+settlements+path, endpoint)
	}
}

// reply is a successful answer.
type reply struct {
	status   int // 0 is 200
	header   map[string]string
	body     []byte
	filename string // of a download, empty for none
}

// serve makes a handler of an endpoint. Its failures are JSON whatever the
// content type says: the API declares errors of reports under the report's type.
func (s *server) serve(contentType string, endpoint func(*http.Request) (reply, *failure)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		answer, failed := endpoint(r)
		if failed != nil {
			s.fail(w, failed)
			return
		}
		if answer.filename != "" {
			w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", answer.filename))
		}
		for name, value := range answer.header {
			w.Header().Set(name, value)
		}
		if len(answer.body) == 0 {
			w.Header().Del("Content-Type")
		}
		if answer.status != 0 {
			w.WriteHeader(answer.status)
		}
		_, _ = w.Write(answer.body) // a client that has gone notices by itself
	}
}

// correlationHeader names the request in Klarna's logs; merchants quote it to
// Klarna's support.
const correlationHeader = "Klarna-Correlation-Id"

// correlate gives every answer its correlation id.
func correlate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(correlationHeader, randomUUID())
		next.ServeHTTP(w, r)
	})
}

// randomUUID returns a version 4 UUID.
func randomUUID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
