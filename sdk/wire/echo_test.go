package wire_test

import (
	"context"

	"github.com/kvitt/kvitt/ports"
)

// echo is a connector with every capability. It keeps the request and answers
// with what the test has put there.
type echo struct {
	description ports.Description
	got         any
	answer      any
	err         error
}

func answer[T any](e *echo, req any) (T, error) {
	e.got = req
	if e.err != nil {
		var none T
		return none, e.err
	}
	out, _ := e.answer.(T) // a test that sets no answer wants the zero one
	return out, nil
}

func (e *echo) Describe() ports.Description { return e.description }

func (e *echo) Verify(_ context.Context, req ports.VerifyRequest) (ports.VerifyReport, error) {
	return answer[ports.VerifyReport](e, req)
}

func (e *echo) ListPayouts(_ context.Context, req ports.ListPayoutsRequest) (ports.PayoutPage, error) {
	return answer[ports.PayoutPage](e, req)
}

func (e *echo) ListPayoutLines(_ context.Context, req ports.ListPayoutLinesRequest) (ports.LinePage, error) {
	return answer[ports.LinePage](e, req)
}

func (e *echo) ListDocuments(_ context.Context, req ports.ListDocumentsRequest) (ports.DocumentPage, error) {
	return answer[ports.DocumentPage](e, req)
}

func (e *echo) FindDocuments(_ context.Context, req ports.FindDocumentsRequest) (ports.DocumentPage, error) {
	return answer[ports.DocumentPage](e, req)
}

func (e *echo) EnsurePayment(_ context.Context, req ports.PaymentRequest) (ports.PaymentResult, error) {
	return answer[ports.PaymentResult](e, req)
}

func (e *echo) ListPayments(_ context.Context, req ports.ListPaymentsRequest) (ports.PaymentList, error) {
	return answer[ports.PaymentList](e, req)
}

func (e *echo) EnsureReleased(_ context.Context, req ports.ReleaseRequest) (ports.ReleaseResult, error) {
	return answer[ports.ReleaseResult](e, req)
}

func (e *echo) EnsureVoucher(_ context.Context, req ports.VoucherRequest) (ports.VoucherResult, error) {
	return answer[ports.VoucherResult](e, req)
}

func (e *echo) EnsureAttachment(_ context.Context, req ports.AttachmentRequest) (ports.AttachmentResult, error) {
	return answer[ports.AttachmentResult](e, req)
}

func (e *echo) ListChoices(_ context.Context, req ports.ChoicesRequest) (ports.ChoicesPage, error) {
	return answer[ports.ChoicesPage](e, req)
}

func (e *echo) Period(_ context.Context, req ports.PeriodRequest) (ports.Period, error) {
	return answer[ports.Period](e, req)
}

func (e *echo) ExportBooks(_ context.Context, req ports.ExportBooksRequest) (ports.BooksPiece, error) {
	return answer[ports.BooksPiece](e, req)
}

func (e *echo) ListOrders(_ context.Context, req ports.ListOrdersRequest) (ports.OrderPage, error) {
	return answer[ports.OrderPage](e, req)
}

func (e *echo) ReadPurchase(_ context.Context, req ports.ReadPurchaseRequest) (ports.PurchaseResult, error) {
	return answer[ports.PurchaseResult](e, req)
}

func (e *echo) EnsureInvoice(_ context.Context, req ports.InvoiceRequest) (ports.InvoiceResult, error) {
	return answer[ports.InvoiceResult](e, req)
}

func (e *echo) EnsureCredit(_ context.Context, req ports.CreditRequest) (ports.InvoiceResult, error) {
	return answer[ports.InvoiceResult](e, req)
}

func (e *echo) EnsureBooked(_ context.Context, req ports.DocumentRequest) (ports.InvoiceResult, error) {
	return answer[ports.InvoiceResult](e, req)
}

func (e *echo) EnsureCancelled(_ context.Context, req ports.DocumentRequest) (ports.InvoiceResult, error) {
	return answer[ports.InvoiceResult](e, req)
}

func (e *echo) ReadInvoice(_ context.Context, req ports.ReadInvoiceRequest) (ports.InvoiceReading, error) {
	return answer[ports.InvoiceReading](e, req)
}

func (e *echo) EnsureOrder(_ context.Context, req ports.OrderRequest) (ports.OrderResult, error) {
	return answer[ports.OrderResult](e, req)
}

func (e *echo) EnsureOrderCancelled(_ context.Context, req ports.CancelOrderRequest) (ports.OrderResult, error) {
	return answer[ports.OrderResult](e, req)
}

func (e *echo) ReadCallback(_ context.Context, req ports.CallbackRequest) (ports.CallbackReading, error) {
	return answer[ports.CallbackReading](e, req)
}

func (e *echo) ReadPayoutPage(_ context.Context, req ports.PageRequest) (ports.PageReading, error) {
	return answer[ports.PageReading](e, req)
}

func (e *echo) EnsureSubscription(_ context.Context, req ports.SubscribeRequest) (ports.Subscription, error) {
	return answer[ports.Subscription](e, req)
}

func (e *echo) CheckSubscription(_ context.Context, req ports.SubscriptionRequest) (ports.SubscriptionState, error) {
	return answer[ports.SubscriptionState](e, req)
}

func (e *echo) EnsureUnsubscribed(_ context.Context, req ports.UnsubscribeRequest) (ports.Unsubscribed, error) {
	return answer[ports.Unsubscribed](e, req)
}
