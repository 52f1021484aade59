package wire

import (
	"context"

	"google.golang.org/grpc"

	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

// Client is a connector at the other end of a connection. It implements the
// interfaces of every capability; its description says which of them the
// connector has. A call of one that it lacks fails with CodeMissing.
type Client struct {
	description ports.Description
	connector   pb.ConnectorServiceClient
	payouts     pb.PayoutSourceServiceClient
	documents   pb.DocumentSourceServiceClient
	payments    pb.InvoicePaymentsServiceClient
	releases    pb.PaymentReleasesServiceClient
	vouchers    pb.VouchersServiceClient
	attachments pb.AttachmentsServiceClient
	choices     pb.ChoicesServiceClient
	books       pb.BooksServiceClient
	orders      pb.OrderSourceServiceClient
	callbacks   pb.CallbackReaderServiceClient
	subscribing pb.SubscriptionsServiceClient
	pages       pb.PageReaderServiceClient
	purchases   pb.PurchaseSourceServiceClient
	invoices    pb.InvoicesServiceClient
	orderBook   pb.OrderBookServiceClient
}

var (
	_ ports.Connector       = (*Client)(nil)
	_ ports.PayoutSource    = (*Client)(nil)
	_ ports.DocumentSource  = (*Client)(nil)
	_ ports.InvoicePayments = (*Client)(nil)
	_ ports.PaymentSource   = (*Client)(nil)
	_ ports.PaymentReleases = (*Client)(nil)
	_ ports.Vouchers        = (*Client)(nil)
	_ ports.Attachments     = (*Client)(nil)
	_ ports.Choices         = (*Client)(nil)
	_ ports.Books           = (*Client)(nil)
	_ ports.OrderSource     = (*Client)(nil)
	_ ports.CallbackReader  = (*Client)(nil)
	_ ports.Subscriptions   = (*Client)(nil)
	_ ports.PageReader      = (*Client)(nil)
	_ ports.PurchaseSource  = (*Client)(nil)
	_ ports.Invoices        = (*Client)(nil)
	_ ports.OrderBook       = (*Client)(nil)
)

// NewClient speaks to the connector of that description. It makes no call.
func NewClient(conn grpc.ClientConnInterface, description ports.Description) *Client {
	return &Client{
		description: description,
		connector:   pb.NewConnectorServiceClient(conn),
		payouts:     pb.NewPayoutSourceServiceClient(conn),
		documents:   pb.NewDocumentSourceServiceClient(conn),
		payments:    pb.NewInvoicePaymentsServiceClient(conn),
		releases:    pb.NewPaymentReleasesServiceClient(conn),
		vouchers:    pb.NewVouchersServiceClient(conn),
		attachments: pb.NewAttachmentsServiceClient(conn),
		choices:     pb.NewChoicesServiceClient(conn),
		books:       pb.NewBooksServiceClient(conn),
		orders:      pb.NewOrderSourceServiceClient(conn),
		callbacks:   pb.NewCallbackReaderServiceClient(conn),
		subscribing: pb.NewSubscriptionsServiceClient(conn),
		pages:       pb.NewPageReaderServiceClient(conn),
		purchases:   pb.NewPurchaseSourceServiceClient(conn),
		invoices:    pb.NewInvoicesServiceClient(conn),
		orderBook:   pb.NewOrderBookServiceClient(conn),
	}
}

// FetchDescription asks a connector what it is.
func FetchDescription(ctx context.Context, conn grpc.ClientConnInterface) (ports.Description, error) {
	out, err := pb.NewConnectorServiceClient(conn).Describe(ctx, &pb.DescribeRequest{})
	if err != nil {
		return ports.Description{}, fromStatus(err, nil)
	}
	m := &mapping{}
	d := fromDescription(m, out.GetDescription())
	if m.err != nil {
		return ports.Description{}, unreadable(m.err, read)
	}
	return d, nil
}

// Describe gives the description that the client was made with.
func (c *Client) Describe() ports.Description { return c.description }

// Verify implements ports.Connector.
func (c *Client) Verify(ctx context.Context, req ports.VerifyRequest) (ports.VerifyReport, error) {
	return invoke(ctx, read, req, toVerifyRequest, c.connector.Verify, fromVerifyReport)
}

// ListPayouts implements ports.PayoutSource.
func (c *Client) ListPayouts(ctx context.Context, req ports.ListPayoutsRequest) (ports.PayoutPage, error) {
	return invoke(ctx, read, req, toListPayoutsRequest, c.payouts.ListPayouts, fromPayoutPage)
}

// ListPayoutLines implements ports.PayoutSource.
func (c *Client) ListPayoutLines(ctx context.Context, req ports.ListPayoutLinesRequest) (ports.LinePage, error) {
	return invoke(ctx, read, req, toListPayoutLinesRequest, c.payouts.ListPayoutLines, fromLinePage)
}

// ListDocuments implements ports.DocumentSource.
func (c *Client) ListDocuments(ctx context.Context, req ports.ListDocumentsRequest) (ports.DocumentPage, error) {
	return invoke(ctx, read, req, toListDocumentsRequest, c.documents.ListDocuments, fromDocumentPage[*pb.ListDocumentsResponse])
}

// FindDocuments implements ports.DocumentSource.
func (c *Client) FindDocuments(ctx context.Context, req ports.FindDocumentsRequest) (ports.DocumentPage, error) {
	return invoke(ctx, read, req, toFindDocumentsRequest, c.documents.FindDocuments, fromDocumentPage[*pb.FindDocumentsResponse])
}

// EnsurePayment implements ports.InvoicePayments.
func (c *Client) EnsurePayment(ctx context.Context, req ports.PaymentRequest) (ports.PaymentResult, error) {
	return invoke(ctx, write, req, toPaymentRequest, c.payments.EnsurePayment, fromPaymentResult)
}

// ListPayments implements ports.PaymentSource.
func (c *Client) ListPayments(ctx context.Context, req ports.ListPaymentsRequest) (ports.PaymentList, error) {
	return invoke(ctx, read, req, toListPaymentsRequest, c.payments.ListPayments, fromPaymentList)
}

// EnsureReleased implements ports.PaymentReleases.
func (c *Client) EnsureReleased(ctx context.Context, req ports.ReleaseRequest) (ports.ReleaseResult, error) {
	return invoke(ctx, write, req, toReleaseRequest, c.releases.EnsureReleased, fromReleaseResult)
}

// EnsureVoucher implements ports.Vouchers.
func (c *Client) EnsureVoucher(ctx context.Context, req ports.VoucherRequest) (ports.VoucherResult, error) {
	return invoke(ctx, write, req, toVoucherRequest, c.vouchers.EnsureVoucher, fromVoucherResult)
}

// EnsureAttachment implements ports.Attachments.
func (c *Client) EnsureAttachment(ctx context.Context, req ports.AttachmentRequest) (ports.AttachmentResult, error) {
	return invoke(ctx, write, req, toAttachmentRequest, c.attachments.EnsureAttachment, fromAttachmentResult)
}

// ListChoices implements ports.Choices.
func (c *Client) ListChoices(ctx context.Context, req ports.ChoicesRequest) (ports.ChoicesPage, error) {
	return invoke(ctx, read, req, toChoicesRequest, c.choices.ListChoices, fromChoicesPage)
}

// Period implements ports.Books.
func (c *Client) Period(ctx context.Context, req ports.PeriodRequest) (ports.Period, error) {
	return invoke(ctx, read, req, toPeriodRequest, c.books.Period, fromPeriod)
}

// ExportBooks implements ports.Books.
func (c *Client) ExportBooks(ctx context.Context, req ports.ExportBooksRequest) (ports.BooksPiece, error) {
	return invoke(ctx, read, req, toExportBooksRequest, c.books.ExportBooks, fromBooksPiece)
}

// ListOrders implements ports.OrderSource.
func (c *Client) ListOrders(ctx context.Context, req ports.ListOrdersRequest) (ports.OrderPage, error) {
	return invoke(ctx, read, req, toListOrdersRequest, c.orders.ListOrders, fromOrderPage)
}

// ReadPurchase implements ports.PurchaseSource.
func (c *Client) ReadPurchase(ctx context.Context, req ports.ReadPurchaseRequest) (ports.PurchaseResult, error) {
	return invoke(ctx, read, req, toReadPurchaseRequest, c.purchases.ReadPurchase, fromPurchaseResult)
}

// EnsureInvoice implements ports.Invoices.
func (c *Client) EnsureInvoice(ctx context.Context, req ports.InvoiceRequest) (ports.InvoiceResult, error) {
	return invoke(ctx, write, req, toInvoiceRequest, c.invoices.EnsureInvoice, fromWritten[*pb.EnsureInvoiceResponse])
}

// EnsureCredit implements ports.Invoices.
func (c *Client) EnsureCredit(ctx context.Context, req ports.CreditRequest) (ports.InvoiceResult, error) {
	return invoke(ctx, write, req, toCreditRequest, c.invoices.EnsureCredit, fromWritten[*pb.EnsureCreditResponse])
}

// EnsureBooked implements ports.Invoices.
func (c *Client) EnsureBooked(ctx context.Context, req ports.DocumentRequest) (ports.InvoiceResult, error) {
	return invoke(ctx, write, req, toBookedRequest, c.invoices.EnsureBooked, fromWritten[*pb.EnsureBookedResponse])
}

// EnsureCancelled implements ports.Invoices.
func (c *Client) EnsureCancelled(ctx context.Context, req ports.DocumentRequest) (ports.InvoiceResult, error) {
	return invoke(ctx, write, req, toCancelledRequest, c.invoices.EnsureCancelled, fromWritten[*pb.EnsureCancelledResponse])
}

// ReadInvoice implements ports.Invoices.
func (c *Client) ReadInvoice(ctx context.Context, req ports.ReadInvoiceRequest) (ports.InvoiceReading, error) {
	return invoke(ctx, read, req, toReadInvoiceRequest, c.invoices.ReadInvoice, fromReadInvoice)
}

// EnsureOrder implements ports.OrderBook.
func (c *Client) EnsureOrder(ctx context.Context, req ports.OrderRequest) (ports.OrderResult, error) {
	return invoke(ctx, write, req, toOrderRequest, c.orderBook.EnsureOrder, fromOrderResult[*pb.EnsureOrderResponse])
}

// EnsureOrderCancelled implements ports.OrderBook.
func (c *Client) EnsureOrderCancelled(ctx context.Context, req ports.CancelOrderRequest) (ports.OrderResult, error) {
	return invoke(ctx, write, req, toCancelOrderRequest, c.orderBook.EnsureOrderCancelled, fromOrderResult[*pb.EnsureOrderCancelledResponse])
}

// ReadCallback implements ports.CallbackReader.
func (c *Client) ReadCallback(ctx context.Context, req ports.CallbackRequest) (ports.CallbackReading, error) {
	return invoke(ctx, read, req, toCallbackRequest, c.callbacks.ReadCallback, fromCallbackReading)
}

// EnsureSubscription implements ports.Subscriptions.
func (c *Client) EnsureSubscription(ctx context.Context, req ports.SubscribeRequest) (ports.Subscription, error) {
	return invoke(ctx, write, req, toSubscribeRequest, c.subscribing.EnsureSubscription, fromSubscription)
}

// CheckSubscription implements ports.Subscriptions.
func (c *Client) CheckSubscription(ctx context.Context, req ports.SubscriptionRequest) (ports.SubscriptionState, error) {
	return invoke(ctx, read, req, toSubscriptionRequest, c.subscribing.CheckSubscription, fromSubscriptionState)
}

// EnsureUnsubscribed implements ports.Subscriptions.
func (c *Client) EnsureUnsubscribed(ctx context.Context, req ports.UnsubscribeRequest) (ports.Unsubscribed, error) {
	return invoke(ctx, write, req, toUnsubscribeRequest, c.subscribing.EnsureUnsubscribed, fromUnsubscribed)
}

// ReadPayoutPage implements ports.PageReader.
func (c *Client) ReadPayoutPage(ctx context.Context, req ports.PageRequest) (ports.PageReading, error) {
	return invoke(ctx, read, req, toPageRequest, c.pages.ReadPayoutPage, fromPageReading)
}
