package dev

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

// services gives the service of each capability by its name in the protocol.
func services() map[ports.Capability]protoreflect.Name {
	return map[ports.Capability]protoreflect.Name{
		ports.CapabilityPayouts:     "PayoutSourceService",
		ports.CapabilityDocuments:   "DocumentSourceService",
		ports.CapabilityPayments:    "InvoicePaymentsService",
		ports.CapabilityReleases:    "PaymentReleasesService",
		ports.CapabilityVouchers:    "VouchersService",
		ports.CapabilityAttachments: "AttachmentsService",
		ports.CapabilityChoices:     "ChoicesService",
		ports.CapabilityBooks:       "BooksService",
		ports.CapabilityOrders:      "OrderSourceService",
		ports.CapabilityCallbacks:   "CallbackReaderService",
		ports.CapabilitySubscribe:   "SubscriptionsService",
		ports.CapabilityPages:       "PageReaderService",
		ports.CapabilityPurchases:   "PurchaseSourceService",
		ports.CapabilityInvoices:    "InvoicesService",
		ports.CapabilityOrderBook:   "OrderBookService",
	}
}

// files are those of the protocol.
func files() []protoreflect.FileDescriptor {
	return []protoreflect.FileDescriptor{
		pb.File_kvitt_connector_v1_connector_proto, pb.File_kvitt_connector_v1_payouts_proto, pb.File_kvitt_connector_v1_documents_proto,
		pb.File_kvitt_connector_v1_payments_proto, pb.File_kvitt_connector_v1_releases_proto, pb.File_kvitt_connector_v1_vouchers_proto,
		pb.File_kvitt_connector_v1_attachments_proto, pb.File_kvitt_connector_v1_choices_proto, pb.File_kvitt_connector_v1_books_proto,
		pb.File_kvitt_connector_v1_callbacks_proto, pb.File_kvitt_connector_v1_pages_proto, pb.File_kvitt_connector_v1_orders_proto, pb.File_kvitt_connector_v1_purchases_proto, pb.File_kvitt_connector_v1_invoices_proto,
		pb.File_kvitt_connector_v1_orderbook_proto, pb.File_kvitt_connector_v1_subscriptions_proto,
	}
}

// methods lists what a connector can be called for, in the order of the protocol.
func methods(d ports.Description) []protoreflect.MethodDescriptor {
	offered := []protoreflect.Name{"ConnectorService"}
	for _, capability := range d.Capabilities {
		offered = append(offered, services()[capability])
	}
	var list []protoreflect.MethodDescriptor
	for _, file := range files() {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			if !slices.Contains(offered, service.Name()) {
				continue
			}
			for j := range service.Methods().Len() {
				list = append(list, service.Methods().Get(j))
			}
		}
	}
	return list
}

// Methods names what a connector of that description can be called for.
func Methods(d ports.Description) []string {
	var names []string
	for _, method := range methods(d) {
		names = append(names, string(method.Name()))
	}
	return names
}

// method finds one by its name, in whatever case.
func method(d ports.Description, name string) (protoreflect.MethodDescriptor, bool) {
	for _, m := range methods(d) {
		if strings.EqualFold(string(m.Name()), name) {
			return m, true
		}
	}
	return nil, false
}
