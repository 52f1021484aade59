package wire

import (
	"context"

	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

// paymentsConnector is the pair of interfaces behind CapabilityPayments.
type paymentsConnector interface {
	ports.InvoicePayments
	ports.PaymentSource
}

type connectorServer struct {
	pb.UnimplementedConnectorServiceServer
	connector ports.Connector
}

func (s connectorServer) Describe(context.Context, *pb.DescribeRequest) (*pb.DescribeResponse, error) {
	m := &mapping{}
	out := &pb.DescribeResponse{Description: toDescription(m, Describe(s.connector))}
	if m.err != nil {
		return nil, toStatus(m.err, false, nil)
	}
	return out, nil
}

func (s connectorServer) Verify(ctx context.Context, in *pb.VerifyRequest) (*pb.VerifyResponse, error) {
	return method[*pb.VerifyRequest, ports.VerifyRequest, ports.VerifyReport, *pb.VerifyResponse]{
		decode: fromVerifyRequest, call: s.connector.Verify, encode: toVerifyReport,
	}.serve(ctx, in)
}

type payoutServer struct {
	pb.UnimplementedPayoutSourceServiceServer
	source ports.PayoutSource
}

func (s payoutServer) ListPayouts(ctx context.Context, in *pb.ListPayoutsRequest) (*pb.ListPayoutsResponse, error) {
	return method[*pb.ListPayoutsRequest, ports.ListPayoutsRequest, ports.PayoutPage, *pb.ListPayoutsResponse]{
		decode: fromListPayoutsRequest, call: s.source.ListPayouts, encode: toPayoutPage,
	}.serve(ctx, in)
}

func (s payoutServer) ListPayoutLines(ctx context.Context, in *pb.ListPayoutLinesRequest) (*pb.ListPayoutLinesResponse, error) {
	return method[*pb.ListPayoutLinesRequest, ports.ListPayoutLinesRequest, ports.LinePage, *pb.ListPayoutLinesResponse]{
		decode: fromListPayoutLinesRequest, call: s.source.ListPayoutLines, encode: toLinePage,
	}.serve(ctx, in)
}

type documentServer struct {
	pb.UnimplementedDocumentSourceServiceServer
	source ports.DocumentSource
}

func (s documentServer) ListDocuments(ctx context.Context, in *pb.ListDocumentsRequest) (*pb.ListDocumentsResponse, error) {
	return method[*pb.ListDocumentsRequest, ports.ListDocumentsRequest, ports.DocumentPage, *pb.ListDocumentsResponse]{
		decode: fromListDocumentsRequest, call: s.source.ListDocuments, encode: toListedDocuments,
	}.serve(ctx, in)
}

func (s documentServer) FindDocuments(ctx context.Context, in *pb.FindDocumentsRequest) (*pb.FindDocumentsResponse, error) {
	return method[*pb.FindDocumentsRequest, ports.FindDocumentsRequest, ports.DocumentPage, *pb.FindDocumentsResponse]{
		decode: fromFindDocumentsRequest, call: s.source.FindDocuments, encode: toFoundDocuments,
	}.serve(ctx, in)
}

type paymentServer struct {
	pb.UnimplementedInvoicePaymentsServiceServer
	payments paymentsConnector
}

func (s paymentServer) EnsurePayment(ctx context.Context, in *pb.EnsurePaymentRequest) (*pb.EnsurePaymentResponse, error) {
	return method[*pb.EnsurePaymentRequest, ports.PaymentRequest, ports.PaymentResult, *pb.EnsurePaymentResponse]{
		writes: true, decode: fromPaymentRequest, call: s.payments.EnsurePayment, encode: toPaymentResult,
	}.serve(ctx, in)
}

func (s paymentServer) ListPayments(ctx context.Context, in *pb.ListPaymentsRequest) (*pb.ListPaymentsResponse, error) {
	return method[*pb.ListPaymentsRequest, ports.ListPaymentsRequest, ports.PaymentList, *pb.ListPaymentsResponse]{
		decode: fromListPaymentsRequest, call: s.payments.ListPayments, encode: toPaymentList,
	}.serve(ctx, in)
}

type releaseServer struct {
	pb.UnimplementedPaymentReleasesServiceServer
	releases ports.PaymentReleases
}

func (s releaseServer) EnsureReleased(ctx context.Context, in *pb.EnsureReleasedRequest) (*pb.EnsureReleasedResponse, error) {
	return method[*pb.EnsureReleasedRequest, ports.ReleaseRequest, ports.ReleaseResult, *pb.EnsureReleasedResponse]{
		writes: true, decode: fromReleaseRequest, call: s.releases.EnsureReleased, encode: toReleaseResult,
	}.serve(ctx, in)
}

type voucherServer struct {
	pb.UnimplementedVouchersServiceServer
	vouchers ports.Vouchers
}

func (s voucherServer) EnsureVoucher(ctx context.Context, in *pb.EnsureVoucherRequest) (*pb.EnsureVoucherResponse, error) {
	return method[*pb.EnsureVoucherRequest, ports.VoucherRequest, ports.VoucherResult, *pb.EnsureVoucherResponse]{
		writes: true, decode: fromVoucherRequest, call: s.vouchers.EnsureVoucher, encode: toVoucherResult,
	}.serve(ctx, in)
}

type attachmentServer struct {
	pb.UnimplementedAttachmentsServiceServer
	attachments ports.Attachments
}

func (s attachmentServer) EnsureAttachment(ctx context.Context, in *pb.EnsureAttachmentRequest) (*pb.EnsureAttachmentResponse, error) {
	return method[*pb.EnsureAttachmentRequest, ports.AttachmentRequest, ports.AttachmentResult, *pb.EnsureAttachmentResponse]{
		writes: true, decode: fromAttachmentRequest, call: s.attachments.EnsureAttachment, encode: toAttachmentResult,
	}.serve(ctx, in)
}

type choiceServer struct {
	pb.UnimplementedChoicesServiceServer
	choices ports.Choices
}

func (s choiceServer) ListChoices(ctx context.Context, in *pb.ListChoicesRequest) (*pb.ListChoicesResponse, error) {
	return method[*pb.ListChoicesRequest, ports.ChoicesRequest, ports.ChoicesPage, *pb.ListChoicesResponse]{
		decode: fromChoicesRequest, call: s.choices.ListChoices, encode: toChoicesPage,
	}.serve(ctx, in)
}

type bookServer struct {
	pb.UnimplementedBooksServiceServer
	books ports.Books
}

func (s bookServer) Period(ctx context.Context, in *pb.PeriodRequest) (*pb.PeriodResponse, error) {
	return method[*pb.PeriodRequest, ports.PeriodRequest, ports.Period, *pb.PeriodResponse]{
		decode: fromPeriodRequest, call: s.books.Period, encode: toPeriod,
	}.serve(ctx, in)
}

func (s bookServer) ExportBooks(ctx context.Context, in *pb.ExportBooksRequest) (*pb.ExportBooksResponse, error) {
	return method[*pb.ExportBooksRequest, ports.ExportBooksRequest, ports.BooksPiece, *pb.ExportBooksResponse]{
		decode: fromExportBooksRequest, call: s.books.ExportBooks, encode: toBooksPiece,
	}.serve(ctx, in)
}

type orderServer struct {
	pb.UnimplementedOrderSourceServiceServer
	source ports.OrderSource
}

func (s orderServer) ListOrders(ctx context.Context, in *pb.ListOrdersRequest) (*pb.ListOrdersResponse, error) {
	return method[*pb.ListOrdersRequest, ports.ListOrdersRequest, ports.OrderPage, *pb.ListOrdersResponse]{
		decode: fromListOrdersRequest, call: s.source.ListOrders, encode: toOrderPage,
	}.serve(ctx, in)
}

type purchaseServer struct {
	pb.UnimplementedPurchaseSourceServiceServer
	source ports.PurchaseSource
}

func (s purchaseServer) ReadPurchase(ctx context.Context, in *pb.ReadPurchaseRequest) (*pb.ReadPurchaseResponse, error) {
	return method[*pb.ReadPurchaseRequest, ports.ReadPurchaseRequest, ports.PurchaseResult, *pb.ReadPurchaseResponse]{
		decode: fromReadPurchaseRequest, call: s.source.ReadPurchase, encode: toPurchaseResult,
	}.serve(ctx, in)
}

type invoiceServer struct {
	pb.UnimplementedInvoicesServiceServer
	invoices ports.Invoices
}

func (s invoiceServer) EnsureInvoice(ctx context.Context, in *pb.EnsureInvoiceRequest) (*pb.EnsureInvoiceResponse, error) {
	return method[*pb.EnsureInvoiceRequest, ports.InvoiceRequest, ports.InvoiceResult, *pb.EnsureInvoiceResponse]{
		writes: true, decode: fromInvoiceRequest, call: s.invoices.EnsureInvoice, encode: toMadeInvoice,
	}.serve(ctx, in)
}

func (s invoiceServer) EnsureCredit(ctx context.Context, in *pb.EnsureCreditRequest) (*pb.EnsureCreditResponse, error) {
	return method[*pb.EnsureCreditRequest, ports.CreditRequest, ports.InvoiceResult, *pb.EnsureCreditResponse]{
		writes: true, decode: fromCreditRequest, call: s.invoices.EnsureCredit, encode: toMadeCredit,
	}.serve(ctx, in)
}

func (s invoiceServer) EnsureBooked(ctx context.Context, in *pb.EnsureBookedRequest) (*pb.EnsureBookedResponse, error) {
	return method[*pb.EnsureBookedRequest, ports.DocumentRequest, ports.InvoiceResult, *pb.EnsureBookedResponse]{
		writes: true, decode: fromDocumentRequest[*pb.EnsureBookedRequest], call: s.invoices.EnsureBooked, encode: toBooked,
	}.serve(ctx, in)
}

func (s invoiceServer) EnsureCancelled(ctx context.Context, in *pb.EnsureCancelledRequest) (*pb.EnsureCancelledResponse, error) {
	return method[*pb.EnsureCancelledRequest, ports.DocumentRequest, ports.InvoiceResult, *pb.EnsureCancelledResponse]{
		writes: true, decode: fromDocumentRequest[*pb.EnsureCancelledRequest], call: s.invoices.EnsureCancelled, encode: toCancelled,
	}.serve(ctx, in)
}

func (s invoiceServer) ReadInvoice(ctx context.Context, in *pb.ReadInvoiceRequest) (*pb.ReadInvoiceResponse, error) {
	return method[*pb.ReadInvoiceRequest, ports.ReadInvoiceRequest, ports.InvoiceReading, *pb.ReadInvoiceResponse]{
		decode: fromReadInvoiceRequest, call: s.invoices.ReadInvoice, encode: toReadInvoice,
	}.serve(ctx, in)
}

type orderBookServer struct {
	pb.UnimplementedOrderBookServiceServer
	orders ports.OrderBook
}

func (s orderBookServer) EnsureOrder(ctx context.Context, in *pb.EnsureOrderRequest) (*pb.EnsureOrderResponse, error) {
	return method[*pb.EnsureOrderRequest, ports.OrderRequest, ports.OrderResult, *pb.EnsureOrderResponse]{
		writes: true, decode: fromOrderRequest, call: s.orders.EnsureOrder, encode: toMadeOrder,
	}.serve(ctx, in)
}

func (s orderBookServer) EnsureOrderCancelled(ctx context.Context, in *pb.EnsureOrderCancelledRequest) (*pb.EnsureOrderCancelledResponse, error) {
	return method[*pb.EnsureOrderCancelledRequest, ports.CancelOrderRequest, ports.OrderResult, *pb.EnsureOrderCancelledResponse]{
		writes: true, decode: fromCancelOrderRequest, call: s.orders.EnsureOrderCancelled, encode: toCancelledOrder,
	}.serve(ctx, in)
}

type callbackServer struct {
	pb.UnimplementedCallbackReaderServiceServer
	reader ports.CallbackReader
}

func (s callbackServer) ReadCallback(ctx context.Context, in *pb.ReadCallbackRequest) (*pb.ReadCallbackResponse, error) {
	return method[*pb.ReadCallbackRequest, ports.CallbackRequest, ports.CallbackReading, *pb.ReadCallbackResponse]{
		decode: fromCallbackRequest, call: s.reader.ReadCallback, encode: toCallbackReading,
	}.serve(ctx, in)
}

type subscriptionServer struct {
	pb.UnimplementedSubscriptionsServiceServer
	subscriptions ports.Subscriptions
}

func (s subscriptionServer) EnsureSubscription(ctx context.Context, in *pb.EnsureSubscriptionRequest) (*pb.EnsureSubscriptionResponse, error) {
	return method[*pb.EnsureSubscriptionRequest, ports.SubscribeRequest, ports.Subscription, *pb.EnsureSubscriptionResponse]{
		writes: true, decode: fromSubscribeRequest, call: s.subscriptions.EnsureSubscription, encode: toSubscription,
	}.serve(ctx, in)
}

func (s subscriptionServer) CheckSubscription(ctx context.Context, in *pb.CheckSubscriptionRequest) (*pb.CheckSubscriptionResponse, error) {
	return method[*pb.CheckSubscriptionRequest, ports.SubscriptionRequest, ports.SubscriptionState, *pb.CheckSubscriptionResponse]{
		decode: fromSubscriptionRequest, call: s.subscriptions.CheckSubscription, encode: toSubscriptionState,
	}.serve(ctx, in)
}

func (s subscriptionServer) EnsureUnsubscribed(ctx context.Context, in *pb.EnsureUnsubscribedRequest) (*pb.EnsureUnsubscribedResponse, error) {
	return method[*pb.EnsureUnsubscribedRequest, ports.UnsubscribeRequest, ports.Unsubscribed, *pb.EnsureUnsubscribedResponse]{
		writes: true, decode: fromUnsubscribeRequest, call: s.subscriptions.EnsureUnsubscribed, encode: toUnsubscribed,
	}.serve(ctx, in)
}

type pageServer struct {
	pb.UnimplementedPageReaderServiceServer
	reader ports.PageReader
}

func (s pageServer) ReadPayoutPage(ctx context.Context, in *pb.ReadPayoutPageRequest) (*pb.ReadPayoutPageResponse, error) {
	return method[*pb.ReadPayoutPageRequest, ports.PageRequest, ports.PageReading, *pb.ReadPayoutPageResponse]{
		decode: fromPageRequest, call: s.reader.ReadPayoutPage, encode: toPageReading,
	}.serve(ctx, in)
}
