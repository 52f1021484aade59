package server

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"
)

// Payment is a payment of an invoice or a credit note, without a sign.
type Payment struct {
	ID        string          `json:"id"`
	Kind      string          `json:"kind"` // of the document that was paid
	Amount    decimal.Decimal `json:"amount"`
	Account   string          `json:"account"`
	Date      string          `json:"date"`
	Text      string          `json:"text,omitempty"`
	WriteOffs []WriteOff      `json:"write_offs,omitempty"`
}

// WriteOff closes a part of an invoice against another account.
type WriteOff struct {
	Amount  decimal.Decimal `json:"amount"`
	Account string          `json:"account"`
	Text    string          `json:"text,omitempty"`
}

// Voucher is a booked voucher.
type Voucher struct {
	Series string `json:"series"`
	Number int    `json:"number"`
	Year   string `json:"year"`
	Date   string `json:"date"`
	Text   string `json:"text,omitempty"`
	Rows   []Row  `json:"rows"`
}

// Row is a row of a voucher; one of its columns is 0.
type Row struct {
	Account string          `json:"account"`
	Debit   decimal.Decimal `json:"debit"`
	Credit  decimal.Decimal `json:"credit"`
	Text    string          `json:"text,omitempty"`
}

// reply is what a write was answered, and the body that it was sent.
type reply struct {
	sent   []byte
	status int
	body   any
}

// write serves what changes the books. A write is known by its idempotency key: sent
// again it changes nothing and is answered as before.
func (s *server) write(endpoint func(*http.Request, []byte) (any, *refusal)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		key := r.Header.Get("Idempotency-Key")
		sent, err := io.ReadAll(r.Body)
		if err != nil || key == "" {
			answer(w, http.StatusBadRequest, refused(http.StatusBadRequest, "no_idempotency_key").body())
			return
		}
		if known, ok := s.replies[key]; ok {
			if !bytes.Equal(known.sent, sent) {
				answer(w, http.StatusConflict, refused(http.StatusConflict, "key_reused").body())
				return
			}
			w.Header().Set("Idempotent-Replayed", "true")
			answer(w, known.status, known.body)
			return
		}
		body, refusal := endpoint(r, sent)
		if refusal != nil {
			answer(w, refusal.status, refusal.body()) // what is refused may be sent again
			return
		}
		s.replies[key] = reply{sent: sent, status: http.StatusCreated, body: body}
		answer(w, http.StatusCreated, body)
	}
}

func (s *server) pay(r *http.Request, sent []byte) (any, *refusal) {
	invoice, refusal := s.invoice(r)
	if refusal != nil {
		return nil, refusal
	}
	var p Payment
	if err := json.Unmarshal(sent, &p); err != nil {
		return nil, refused(http.StatusBadRequest, "invalid_body")
	}
	covered := p.Amount
	accounts := []string{p.Account}
	for _, off := range p.WriteOffs {
		covered = covered.Add(off.Amount)
		accounts = append(accounts, off.Account)
	}
	switch {
	case !s.open(accounts...):
		return nil, refused(http.StatusUnprocessableEntity, "no_such_account")
	case invoice.Cancelled:
		return nil, refused(http.StatusConflict, "invoice_cancelled")
	case !p.Amount.IsPositive() || p.Date < invoice.Date:
		return nil, refused(http.StatusUnprocessableEntity, "invalid_payment")
	case covered.GreaterThan(invoice.Open):
		return nil, refused(http.StatusConflict, "more_than_open")
	}
	s.payments++
	p.ID, p.Kind = "pay_"+strconv.Itoa(s.payments), invoice.Kind
	invoice.Open, invoice.ChangedAt = invoice.Open.Sub(covered), s.control.Now()
	invoice.payments = append(invoice.payments, p)
	return p, nil
}

func (s *server) book(_ *http.Request, sent []byte) (any, *refusal) {
	var v Voucher
	if err := json.Unmarshal(sent, &v); err != nil || len(v.Date) < len("2026") {
		return nil, refused(http.StatusBadRequest, "invalid_body")
	}
	difference := decimal.Zero
	for _, row := range v.Rows {
		difference = difference.Add(row.Debit).Sub(row.Credit)
		if !s.open(row.Account) {
			return nil, refused(http.StatusUnprocessableEntity, "no_such_account")
		}
	}
	switch {
	case !slices.ContainsFunc(s.world.Series, func(known Series) bool { return known.Code == v.Series }):
		return nil, refused(http.StatusUnprocessableEntity, "no_such_series")
	case len(v.Rows) == 0 || !difference.IsZero():
		return nil, refused(http.StatusUnprocessableEntity, "unbalanced")
	}
	v.Year, v.Number = v.Date[:len("2026")], 1
	for _, other := range s.vouchers {
		if other.Series == v.Series && other.Year == v.Year {
			v.Number++
		}
	}
	s.vouchers = append(s.vouchers, v)
	return v, nil
}

// open reports whether all the accounts are in the chart and not closed.
func (s *server) open(numbers ...string) bool {
	for _, number := range numbers {
		if !slices.ContainsFunc(s.world.Accounts, func(a Account) bool { return a.Number == number && !a.Closed }) {
			return false
		}
	}
	return true
}
