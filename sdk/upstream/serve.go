package upstream

import (
	"github.com/kvitt/kvitt/ports"
)

// Session is what a connector opens for one call of the hub. A Client is one, and
// so is everything that embeds it.
type Session interface {
	// Usage says what has been spent so far.
	Usage() ports.Usage
	// Failed joins to err what the call has cost; nil stays nil.
	Failed(err error) error
}

// Result is what a method of a connector answers.
type Result interface {
	ports.VerifyReport | ports.PayoutPage | ports.LinePage | ports.OrderPage |
		ports.DocumentPage | ports.PaymentList | ports.PaymentResult | ports.ReleaseResult |
		ports.VoucherResult | ports.AttachmentResult | ports.ChoicesPage | ports.Period | ports.BooksPiece |
		ports.InvoiceResult | ports.InvoiceReading | ports.OrderResult | ports.PurchaseResult |
		ports.Subscription | ports.SubscriptionState | ports.Unsubscribed
}

// Serve answers one call of the hub: it opens a session, works in it, and says
// what the call has cost, whether it failed or not. Nothing is returned beside an
// error.
//
//	func (c *Connector) Period(ctx context.Context, req ports.PeriodRequest) (ports.Period, error) {
//		return upstream.Serve(c.open(req.Call), func(s *session) (ports.Period, error) { return s.period(ctx, req.On) })
//	}
func Serve[S Session, R Result](open func() (S, error), work func(S) (R, error)) (R, error) {
	var none R
	session, err := open()
	if err != nil {
		return none, ports.WithUsage(err, ports.Usage{})
	}
	result, err := work(session)
	if err != nil {
		return none, session.Failed(err)
	}
	*usageOf(&result) = session.Usage()
	return result, nil
}

// usageOf knows every member of Result.
func usageOf(result any) *ports.Usage {
	switch r := result.(type) {
	case *ports.VerifyReport:
		return &r.Usage
	case *ports.PayoutPage:
		return &r.Usage
	case *ports.LinePage:
		return &r.Usage
	case *ports.OrderPage:
		return &r.Usage
	case *ports.DocumentPage:
		return &r.Usage
	case *ports.PaymentList:
		return &r.Usage
	case *ports.PaymentResult:
		return &r.Usage
	case *ports.ReleaseResult:
		return &r.Usage
	case *ports.VoucherResult:
		return &r.Usage
	case *ports.AttachmentResult:
		return &r.Usage
	case *ports.ChoicesPage:
		return &r.Usage
	case *ports.Period:
		return &r.Usage
	case *ports.BooksPiece:
		return &r.Usage
	case *ports.InvoiceResult:
		return &r.Usage
	case *ports.InvoiceReading:
		return &r.Usage
	case *ports.OrderResult:
		return &r.Usage
	case *ports.PurchaseResult:
		return &r.Usage
	case *ports.Subscription:
		return &r.Usage
	case *ports.SubscriptionState:
		return &r.Usage
	case *ports.Unsubscribed:
		return &r.Usage
	}
	return &ports.Usage{}
}
