package server

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// controlledOrders is where a test plays shop and customer.
const controlledOrders = "/_sim/klarna/orders"

func (s *server) routeOrderControls(mux *http.ServeMux) {
	mux.HandleFunc("GET "+controlledOrders, s.showOrders)
	mux.HandleFunc("POST "+controlledOrders, s.placeOrder)
	mux.HandleFunc("PATCH "+controlledOrders+"/{order_id}", s.steer(s.decideOrder))
	mux.HandleFunc("POST "+controlledOrders+"/{order_id}/captures", s.steer(s.captureOrder))
	mux.HandleFunc("POST "+controlledOrders+"/{order_id}/refunds", s.steer(s.refundOrder))
	mux.HandleFunc("POST "+controlledOrders+"/{order_id}/cancel", s.steer(
		func(_ []byte, o *Order, now time.Time) (string, *failure, error) {
			return o.OrderID, o.cancel(now), nil
		}))
}

// showOrders shows all orders as the API does, and whether the merchant has
// acknowledged them.
func (s *server) showOrders(w http.ResponseWriter, _ *http.Request) {
	s.orders.mu.Lock()
	defer s.orders.mu.Unlock()
	all := []map[string]any{}
	for _, o := range s.orders.orders {
		shown := o.show(s.world, s.control.Now())
		shown["acknowledged"] = o.acknowledged
		all = append(all, shown)
	}
	w.Header().Set("Content-Type", typeJSON)
	_, _ = w.Write(encode(map[string]any{"orders": all}).body) // a client that has gone notices by itself
}

// placeOrder places an order as the world would write it. It gets an id and is created
// now unless the body says otherwise.
func (s *server) placeOrder(w http.ResponseWriter, r *http.Request) {
	var o Order
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = decodeStrictly(body, &o)
	}
	if o.OrderID == "" {
		o.OrderID = randomUUID()
	}
	if o.CreatedAt == "" {
		o.CreatedAt = spell(s.control.Now())
	}
	if err == nil {
		err = o.complete()
	}
	switch {
	case err != nil:
		refuse(w, http.StatusBadRequest, "reading order: %v", err)
	case !s.orders.add(o):
		refuse(w, http.StatusConflict, "order %q exists", o.OrderID)
	default:
		answerControl(w, http.StatusOK, map[string]string{"order_id": o.OrderID})
	}
}

// steer makes a control of what happens to an order. It answers an id and obeys the
// order's state as the API does.
func (s *server) steer(do func(body []byte, o *Order, now time.Time) (string, *failure, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			refuse(w, http.StatusBadRequest, "reading the body: %v", err)
			return
		}
		s.orders.mu.Lock()
		defer s.orders.mu.Unlock()
		o, failed := s.orders.findLocked(r.PathValue("order_id"))
		id := ""
		if failed == nil {
			id, failed, err = do(body, o, s.control.Now())
		}
		switch {
		case err != nil:
			refuse(w, http.StatusBadRequest, "%v", err)
		case failed != nil:
			refuse(w, failed.status, "%s: %s", failed.code, failed.message)
		default:
			answerControl(w, http.StatusOK, map[string]string{"id": id})
		}
	}
}

// happening is what a capture or a refund may say. With no amount all that is left is
// taken; with_lines adds the order's lines.
type happening struct {
	Amount      int64       `json:"amount"`
	Reference   string      `json:"reference"`
	Description string      `json:"description"`
	OrderLines  []OrderLine `json:"order_lines"`
	WithLines   bool        `json:"with_lines"`
}

func readHappening(body []byte, o *Order, left int64) (happening, error) {
	h := happening{}
	if len(body) > 0 {
		if err := decodeStrictly(body, &h); err != nil {
			return h, err
		}
	}
	if h.WithLines {
		if h.OrderLines != nil {
			return h, errors.New("with_lines and order_lines are one too many")
		}
		h.OrderLines = o.OrderLines
	}
	switch {
	case h.Amount == 0 && len(h.OrderLines) > 0:
		h.Amount = sumOf(h.OrderLines)
	case h.Amount == 0:
		h.Amount = left
	}
	return h, nil
}

func (s *server) captureOrder(body []byte, o *Order, now time.Time) (string, *failure, error) {
	h, err := readHappening(body, o, o.remaining(now))
	if err != nil {
		return "", nil, err
	}
	made, failed := o.capture(Capture{CapturedAmount: h.Amount, Reference: h.Reference, Description: h.Description, OrderLines: h.OrderLines}, now)
	return made.CaptureID, failed, nil
}

func (s *server) refundOrder(body []byte, o *Order, now time.Time) (string, *failure, error) {
	h, err := readHappening(body, o, o.captured()-o.refunded())
	if err != nil {
		return "", nil, err
	}
	made, failed := o.refund(Refund{RefundedAmount: h.Amount, Reference: h.Reference, Description: h.Description, OrderLines: h.OrderLines}, now)
	return made.RefundID, failed, nil
}

// decideOrder changes what only Klarna changes.
func (s *server) decideOrder(body []byte, o *Order, _ time.Time) (string, *failure, error) {
	changed := *o
	var in struct {
		FraudStatus string `json:"fraud_status"`
		Status      string `json:"status"`
		ExpiresAt   string `json:"expires_at"`
	}
	if err := decodeStrictly(body, &in); err != nil {
		return "", nil, err
	}
	for _, c := range []struct {
		given string
		kept  *string
	}{{in.FraudStatus, &changed.FraudStatus}, {in.Status, &changed.Status}, {in.ExpiresAt, &changed.ExpiresAt}} {
		if c.given != "" {
			*c.kept = c.given
		}
	}
	if err := changed.complete(); err != nil {
		return "", nil, err
	}
	*o = changed
	return o.OrderID, nil, nil
}
