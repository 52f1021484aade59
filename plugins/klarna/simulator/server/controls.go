package server

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// controlledPayouts is where a test changes what Klarna has paid out.
const controlledPayouts = "/_sim/klarna/payouts"

// routeControls adds the controls beyond the kit's. They act at once, between two
// pages of a listing too.
func (s *server) routeControls(mux *http.ServeMux) {
	mux.HandleFunc("POST "+controlledPayouts, s.addPayout)
	mux.HandleFunc("PUT "+controlledPayouts+"/{payment_reference}", s.replacePayout)
	mux.HandleFunc("DELETE "+controlledPayouts+"/{payment_reference}", s.removePayout)
	mux.HandleFunc("/_sim/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "there is no such control")
	})
}

// addPayout adds a payout as the world would write it.
func (s *server) addPayout(w http.ResponseWriter, r *http.Request) {
	p, ok := s.readPayout(w, r)
	if !ok {
		return
	}
	if !s.books.add(p) {
		refuse(w, http.StatusConflict, "payout %q exists", p.PaymentReference)
		return
	}
	confirm(w, p.PaymentReference)
}

// replacePayout exchanges the whole content of a payout.
func (s *server) replacePayout(w http.ResponseWriter, r *http.Request) {
	p, ok := s.readPayout(w, r)
	if !ok {
		return
	}
	if reference := r.PathValue("payment_reference"); p.PaymentReference != reference {
		refuse(w, http.StatusBadRequest, "the body is payout %q, not %q", p.PaymentReference, reference)
		return
	}
	if !s.books.replace(p) {
		refuse(w, http.StatusNotFound, "payout %q does not exist", p.PaymentReference)
		return
	}
	confirm(w, p.PaymentReference)
}

func (s *server) removePayout(w http.ResponseWriter, r *http.Request) {
	reference := r.PathValue("payment_reference")
	if !s.books.remove(reference) {
		refuse(w, http.StatusNotFound, "payout %q does not exist", reference)
		return
	}
	confirm(w, reference)
}

// readPayout reads and checks the body, and answers if it makes no sense.
func (s *server) readPayout(w http.ResponseWriter, r *http.Request) (Payout, bool) {
	var p Payout
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = decodeStrictly(body, &p)
	}
	if err == nil {
		err = p.complete(s.world.MerchantID)
	}
	if err == nil {
		err = s.settle(&p)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "reading payout: %v", err)
		return Payout{}, false
	}
	return p, true
}

func confirm(w http.ResponseWriter, reference string) {
	answerControl(w, http.StatusOK, map[string]string{"payment_reference": reference})
}

func refuse(w http.ResponseWriter, status int, format string, args ...any) {
	answerControl(w, status, map[string]string{"error": fmt.Sprintf(format, args...)})
}

func answerControl(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", typeJSON)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that has gone notices by itself
}
