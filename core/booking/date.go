package booking

import (
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
)

// CodeBeforeInvoice: the money moved before the invoice was dated.
const CodeBeforeInvoice fault.Code = "payment.before_invoice"

// Dates are the days of which one becomes the date of a payment, cut in the
// merchant's zone. Those not known are zero; Today never is.
type Dates struct {
	Payout   civil.Date
	Occurred civil.Date // of the capture or refund
	Today    civil.Date // the business day
}

// paymentDate picks the first known date in the order of the payment moment.
func paymentDate(dates Dates, invoice civil.Date, s Settings) (date civil.Date, clamped bool, err error) {
	order := []civil.Date{dates.Payout, dates.Occurred, dates.Today}
	if s.PaymentMoment == AtCapture {
		order = []civil.Date{dates.Occurred, dates.Payout, dates.Today}
	}
	for _, date = range order {
		if !date.IsZero() {
			break
		}
	}
	if invoice.IsZero() || !date.Before(invoice) {
		return date, false, nil
	}
	if s.BeforeInvoice == RefuseDate {
		return civil.Date{}, false, fault.New(CodeBeforeInvoice, fault.Conflict,
			"the payment is dated "+date.String()+", before the document's date "+invoice.String()).
			WithRemedy("correct the document's date, or set before_invoice to clamp")
	}
	return invoice, true, nil
}
