package server

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// management is the path below which the Order Management API hangs.
const management = "/ordermanagement/v1/orders"

// mostReference is how many characters a merchant's reference may have.
const mostReference = 255

func (s *server) routeOrders(mux *http.ServeMux) {
	for path, read := range map[string]func(*http.Request, *Order, time.Time) (reply, *failure){
		"":                       s.getOrder,
		"/captures":              s.getCaptures,
		"/captures/{capture_id}": s.getCapture,
		"/refunds/{refund_id}":   s.getRefund,
	} {
		mux.HandleFunc("GET "+management+"/{order_id}"+path, s.serve(typeJSON, s.reading(read)))
	}
	for path, write := range map[string]func(*http.Request, *Order, time.Time) (reply, *failure){
		"POST /acknowledge":                     s.acknowledge,
		"POST /captures":                        s.postCapture,
		"POST /refunds":                         s.postRefund,
		"POST /cancel":                          simply((*Order).cancel),
		"POST /release-remaining-authorization": simply((*Order).release),
		"POST /extend-authorization-time":       simply((*Order).extend),
		"PATCH /authorization":                  s.patchAuthorization,
		"PATCH /merchant-references":            s.patchReferences,
	} {
		method, path, _ := strings.Cut(path, " ")
		mux.HandleFunc(method+" "+management+"/{order_id}"+path, s.serve(typeJSON, s.writing(write)))
	}
}

// reading makes an endpoint of what reads an order.
func (s *server) reading(read func(*http.Request, *Order, time.Time) (reply, *failure)) func(*http.Request) (reply, *failure) {
	return func(r *http.Request) (reply, *failure) {
		s.orders.mu.Lock()
		defer s.orders.mu.Unlock()
		o, failed := s.orders.findLocked(r.PathValue("order_id"))
		if failed != nil {
			return reply{}, failed
		}
		return read(r, o, s.control.Now())
	}
}

// writing makes an endpoint of what changes an order, once for each idempotency key.
func (s *server) writing(write func(*http.Request, *Order, time.Time) (reply, *failure)) func(*http.Request) (reply, *failure) {
	return s.reading(func(r *http.Request, o *Order, now time.Time) (reply, *failure) {
		return s.orders.done.once(r, now, func() (reply, *failure) { return write(r, o, now) })
	})
}

// simply is a write that takes no body and answers none.
func simply(change func(*Order, time.Time) *failure) func(*http.Request, *Order, time.Time) (reply, *failure) {
	return func(_ *http.Request, o *Order, now time.Time) (reply, *failure) {
		return noContent(), change(o, now)
	}
}

func noContent() reply { return reply{status: http.StatusNoContent} }

func (s *server) getOrder(_ *http.Request, o *Order, now time.Time) (reply, *failure) {
	return encode(o.show(s.world, now)), nil
}

func (s *server) getCaptures(_ *http.Request, o *Order, now time.Time) (reply, *failure) {
	return encode(o.show(s.world, now)["captures"]), nil
}

func (s *server) getCapture(r *http.Request, o *Order, _ time.Time) (reply, *failure) {
	for _, c := range o.Captures {
		if c.CaptureID == r.PathValue("capture_id") {
			return encode(o.showCapture(c, plainly)), nil
		}
	}
	return reply{}, &failure{http.StatusNotFound, "NO_SUCH_CAPTURE", "the order has no capture of this id"}
}

func (s *server) getRefund(r *http.Request, o *Order, _ time.Time) (reply, *failure) {
	for _, refund := range o.Refunds {
		if refund.RefundID == r.PathValue("refund_id") {
			return encode(refund.show(plainly)), nil
		}
	}
	return reply{}, notFound("the order has no refund of this id")
}

func (s *server) acknowledge(_ *http.Request, o *Order, _ time.Time) (reply, *failure) {
	o.acknowledged = true
	s.pushes.acknowledge(o.OrderID)
	return noContent(), nil
}

// postCapture makes a capture. Like Klarna it answers where it is and nothing else, and
// keeps no lines but those that it is given.
func (s *server) postCapture(r *http.Request, o *Order, now time.Time) (reply, *failure) {
	var in struct {
		CapturedAmount *int64          `json:"captured_amount"`
		Reference      string          `json:"reference"`
		Description    string          `json:"description"`
		OrderLines     []OrderLine     `json:"order_lines"`
		ShippingInfo   json.RawMessage `json:"shipping_info"`
	}
	if failed := readWrite(r, &in, "captured_amount"); failed != nil {
		return reply{}, failed
	}
	if failed := checkLines(in.OrderLines, in.Reference); failed != nil {
		return reply{}, failed
	}
	made, failed := o.capture(Capture{
		CapturedAmount: *in.CapturedAmount, Reference: in.Reference, Description: in.Description,
		OrderLines: in.OrderLines, ShippingInfo: in.ShippingInfo,
	}, now)
	if failed != nil {
		return reply{}, failed
	}
	return s.created(r, o, "captures", "Capture-Id", made.CaptureID), nil
}

func (s *server) postRefund(r *http.Request, o *Order, now time.Time) (reply, *failure) {
	var in struct {
		RefundedAmount *int64      `json:"refunded_amount"`
		Reference      string      `json:"reference"`
		Description    string      `json:"description"`
		OrderLines     []OrderLine `json:"order_lines"`
	}
	if failed := readWrite(r, &in, "refunded_amount"); failed != nil {
		return reply{}, failed
	}
	if failed := checkLines(in.OrderLines, in.Reference); failed != nil {
		return reply{}, failed
	}
	made, failed := o.refund(Refund{
		RefundedAmount: *in.RefundedAmount, Reference: in.Reference, Description: in.Description, OrderLines: in.OrderLines,
	}, now)
	if failed != nil {
		return reply{}, failed
	}
	return s.created(r, o, "refunds", "Refund-Id", made.RefundID), nil
}

// created answers where something is that was made.
func (s *server) created(r *http.Request, o *Order, kind, header, id string) reply {
	at := s.link(r, management+"/"+url.PathEscape(o.OrderID)+"/"+kind+"/"+url.PathEscape(id), nil)
	return reply{status: http.StatusCreated, header: map[string]string{"Location": at, header: id}}
}

func (s *server) patchAuthorization(r *http.Request, o *Order, now time.Time) (reply, *failure) {
	var in struct {
		OrderAmount *int64      `json:"order_amount"`
		Description string      `json:"description"`
		OrderLines  []OrderLine `json:"order_lines"`
	}
	if failed := readWrite(r, &in, "order_amount"); failed != nil {
		return reply{}, failed
	}
	if failed := checkLines(in.OrderLines); failed != nil {
		return reply{}, failed
	}
	return noContent(), o.authorize(*in.OrderAmount, in.OrderLines, now)
}

// patchReferences changes the references that are given; an empty one is cleared.
func (s *server) patchReferences(r *http.Request, o *Order, now time.Time) (reply, *failure) {
	var in struct {
		MerchantReference1 *string `json:"merchant_reference1"`
		MerchantReference2 *string `json:"merchant_reference2"`
	}
	if failed := readWrite(r, &in); failed != nil {
		return reply{}, failed
	}
	if o.statusAt(now) == statusCancelled {
		return reply{}, forbidden("NOT_ALLOWED", "the order is cancelled")
	}
	for _, given := range []*string{in.MerchantReference1, in.MerchantReference2} {
		if given != nil {
			if failed := checkLines(nil, *given); failed != nil {
				return reply{}, failed
			}
		}
	}
	for _, c := range []struct{ given, kept *string }{
		{in.MerchantReference1, &o.MerchantReference1}, {in.MerchantReference2, &o.MerchantReference2},
	} {
		if c.given != nil {
			*c.kept = *c.given
		}
	}
	return noContent(), nil
}

// readWrite reads the body of a write, which must have the members that are required.
// Members that nobody knows are ignored, as by Klarna.
func readWrite(r *http.Request, into any, required ...string) *failure {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return badValue("the body cannot be read")
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil || json.Unmarshal(body, into) != nil {
		return badValue("the body is not what this operation takes")
	}
	for _, name := range required {
		if text := string(members[name]); text == "" || text == "null" {
			return badValue("%s is required", name)
		}
	}
	return nil
}

// checkLines refuses lines that lack what every line needs, and references that are too long.
func checkLines(lines []OrderLine, references ...string) *failure {
	for i, l := range lines {
		for _, member := range []string{"name", "quantity", "unit_price", "total_amount"} {
			if text := string(l[member]); text == "" || text == "null" {
				return badValue("order_lines[%d].%s is required", i, member)
			}
		}
	}
	for _, reference := range references {
		if len([]rune(reference)) > mostReference {
			return badValue("a reference has at most %d characters", mostReference)
		}
	}
	return nil
}
