package wire

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

// Capabilities lists what a connector can do: the interfaces that it implements.
func Capabilities(c ports.Connector) []ports.Capability {
	var list []ports.Capability
	add := func(has bool, name ports.Capability) {
		if has {
			list = append(list, name)
		}
	}
	_, payouts := c.(ports.PayoutSource)
	add(payouts, ports.CapabilityPayouts)
	_, documents := c.(ports.DocumentSource)
	add(documents, ports.CapabilityDocuments)
	_, payments := c.(paymentsConnector)
	add(payments, ports.CapabilityPayments)
	_, releases := c.(ports.PaymentReleases)
	add(releases, ports.CapabilityReleases)
	_, vouchers := c.(ports.Vouchers)
	add(vouchers, ports.CapabilityVouchers)
	_, attachments := c.(ports.Attachments)
	add(attachments, ports.CapabilityAttachments)
	_, choices := c.(ports.Choices)
	add(choices, ports.CapabilityChoices)
	_, books := c.(ports.Books)
	add(books, ports.CapabilityBooks)
	_, orders := c.(ports.OrderSource)
	add(orders, ports.CapabilityOrders)
	_, purchases := c.(ports.PurchaseSource)
	add(purchases, ports.CapabilityPurchases)
	_, invoices := c.(ports.Invoices)
	add(invoices, ports.CapabilityInvoices)
	_, orderBook := c.(ports.OrderBook)
	add(orderBook, ports.CapabilityOrderBook)
	_, callbacks := c.(ports.CallbackReader)
	add(callbacks, ports.CapabilityCallbacks)
	_, subscriptions := c.(ports.Subscriptions)
	add(subscriptions, ports.CapabilitySubscribe)
	_, pages := c.(ports.PageReader)
	add(pages, ports.CapabilityPages)
	return list
}

// Describe gives a connector's description with the protocol and the
// capabilities that it really serves, whatever it wrote there itself.
func Describe(c ports.Connector) ports.Description {
	d := c.Describe()
	d.Protocol = ports.ProtocolVersion
	d.Capabilities = Capabilities(c)
	return d
}

// Register offers the connector and one service for each capability that it
// implements.
func Register(s grpc.ServiceRegistrar, c ports.Connector) {
	pb.RegisterConnectorServiceServer(s, connectorServer{connector: c})
	if source, ok := c.(ports.PayoutSource); ok {
		pb.RegisterPayoutSourceServiceServer(s, payoutServer{source: source})
	}
	if source, ok := c.(ports.DocumentSource); ok {
		pb.RegisterDocumentSourceServiceServer(s, documentServer{source: source})
	}
	if payments, ok := c.(paymentsConnector); ok {
		pb.RegisterInvoicePaymentsServiceServer(s, paymentServer{payments: payments})
	}
	if releases, ok := c.(ports.PaymentReleases); ok {
		pb.RegisterPaymentReleasesServiceServer(s, releaseServer{releases: releases})
	}
	if vouchers, ok := c.(ports.Vouchers); ok {
		pb.RegisterVouchersServiceServer(s, voucherServer{vouchers: vouchers})
	}
	if attachments, ok := c.(ports.Attachments); ok {
		pb.RegisterAttachmentsServiceServer(s, attachmentServer{attachments: attachments})
	}
	if choices, ok := c.(ports.Choices); ok {
		pb.RegisterChoicesServiceServer(s, choiceServer{choices: choices})
	}
	if books, ok := c.(ports.Books); ok {
		pb.RegisterBooksServiceServer(s, bookServer{books: books})
	}
	if source, ok := c.(ports.OrderSource); ok {
		pb.RegisterOrderSourceServiceServer(s, orderServer{source: source})
	}
	if source, ok := c.(ports.PurchaseSource); ok {
		pb.RegisterPurchaseSourceServiceServer(s, purchaseServer{source: source})
	}
	if invoices, ok := c.(ports.Invoices); ok {
		pb.RegisterInvoicesServiceServer(s, invoiceServer{invoices: invoices})
	}
	if orders, ok := c.(ports.OrderBook); ok {
		pb.RegisterOrderBookServiceServer(s, orderBookServer{orders: orders})
	}
	if reader, ok := c.(ports.CallbackReader); ok {
		pb.RegisterCallbackReaderServiceServer(s, callbackServer{reader: reader})
	}
	if subscriptions, ok := c.(ports.Subscriptions); ok {
		pb.RegisterSubscriptionsServiceServer(s, subscriptionServer{subscriptions: subscriptions})
	}
	if reader, ok := c.(ports.PageReader); ok {
		pb.RegisterPageReaderServiceServer(s, pageServer{reader: reader})
	}
}

// callMessage is a request: every one but that of Describe carries a call.
type callMessage interface {
	proto.Message
	GetCall() *pb.Call
}

// method is how one method of a connector is served.
type method[In callMessage, Req, Resp any, Out proto.Message] struct {
	// writes says that a failure leaves open what has happened.
	writes bool
	decode func(*mapping, In) Req
	call   func(context.Context, Req) (Resp, error)
	encode func(*mapping, Resp) Out
}

func (s method[In, Req, Resp, Out]) serve(ctx context.Context, in In) (Out, error) {
	var none Out
	secrets := secretsOf(in.GetCall())
	m := &mapping{}
	req := s.decode(m, in)
	if m.err != nil {
		return none, toStatus(m.err, s.writes, secrets)
	}
	resp, err := s.call(ctx, req)
	if err != nil {
		return none, toStatus(err, s.writes, secrets)
	}
	out := s.encode(m, resp)
	wrong := m.err
	if wrong == nil {
		wrong = checkAnswer(out)
	}
	if wrong != nil {
		return none, toStatus(s.unusable(wrong), s.writes, secrets)
	}
	return out, nil
}

// unusable is the fault of an answer that cannot cross. What a write has done
// is then lost with its answer.
func (s method[In, Req, Resp, Out]) unusable(wrong *fault.Error) error {
	f := *wrong
	f.Source = fault.Connector
	if s.writes {
		f.Class = fault.Unknown
	}
	return &f
}
