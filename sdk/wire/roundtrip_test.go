package wire_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire"
	"github.com/kvitt/kvitt/sdk/wire/wiretest"
)

// roundTrip sends any request through a connection and gets any answer back:
// both ends must see the very values that the other end has given.
func roundTrip[Req, Resp any](connector *echo, call func(context.Context, Req) (Resp, error)) func(*testing.T) {
	return func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			req, want := generate[Req](rt), generate[Resp](rt)
			connector.answer = want
			got, err := call(context.Background(), req)
			if err != nil {
				rt.Fatalf("calling: %v", err)
			}
			if !reflect.DeepEqual(connector.got, req) {
				rt.Fatalf("the connector got\n%+v\nfor\n%+v", connector.got, req)
			}
			if !reflect.DeepEqual(got, want) {
				rt.Fatalf("the hub got\n%+v\nfor\n%+v", got, want)
			}
		})
	}
}

func TestRequestsAndAnswersCrossWithoutLoss(t *testing.T) {
	connector := &echo{}
	client := wiretest.Client(t, connector)
	t.Run("Verify", roundTrip(connector, client.Verify))
	t.Run("ListPayouts", roundTrip(connector, client.ListPayouts))
	t.Run("ListPayoutLines", roundTrip(connector, client.ListPayoutLines))
	t.Run("ListDocuments", roundTrip(connector, client.ListDocuments))
	t.Run("FindDocuments", roundTrip(connector, client.FindDocuments))
	t.Run("EnsurePayment", roundTrip(connector, client.EnsurePayment))
	t.Run("ListPayments", roundTrip(connector, client.ListPayments))
	t.Run("EnsureReleased", roundTrip(connector, client.EnsureReleased))
	t.Run("EnsureVoucher", roundTrip(connector, client.EnsureVoucher))
	t.Run("EnsureAttachment", roundTrip(connector, client.EnsureAttachment))
	t.Run("ListChoices", roundTrip(connector, client.ListChoices))
	t.Run("Period", roundTrip(connector, client.Period))
	t.Run("ExportBooks", roundTrip(connector, client.ExportBooks))
	t.Run("ListOrders", roundTrip(connector, client.ListOrders))
	t.Run("ReadCallback", roundTrip(connector, client.ReadCallback))
	t.Run("EnsureSubscription", roundTrip(connector, client.EnsureSubscription))
	t.Run("CheckSubscription", roundTrip(connector, client.CheckSubscription))
	t.Run("EnsureUnsubscribed", roundTrip(connector, client.EnsureUnsubscribed))
	t.Run("ReadPayoutPage", roundTrip(connector, client.ReadPayoutPage))
	t.Run("ReadPurchase", roundTrip(connector, client.ReadPurchase))
	t.Run("EnsureInvoice", roundTrip(connector, client.EnsureInvoice))
	t.Run("EnsureCredit", roundTrip(connector, client.EnsureCredit))
	t.Run("EnsureBooked", roundTrip(connector, client.EnsureBooked))
	t.Run("EnsureCancelled", roundTrip(connector, client.EnsureCancelled))
	t.Run("ReadInvoice", roundTrip(connector, client.ReadInvoice))
	t.Run("EnsureOrder", roundTrip(connector, client.EnsureOrder))
	t.Run("EnsureOrderCancelled", roundTrip(connector, client.EnsureOrderCancelled))
}

func TestDescriptionsCrossWithoutLoss(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := generate[ports.Description](rt)
		got, err := wire.RoundTripDescription(d)
		if err != nil {
			rt.Fatalf("mapping: %v", err)
		}
		if !reflect.DeepEqual(got, d) {
			rt.Fatalf("got\n%+v\nfor\n%+v", got, d)
		}
	})
}

// hidden shows some of the capabilities of a connector only.
type hidden struct {
	ports.Connector
	ports.PayoutSource
	ports.InvoicePayments
}

func TestCapabilitiesAreTheInterfacesThatTheConnectorImplements(t *testing.T) {
	t.Parallel()
	e := &echo{description: ports.Description{ID: "half", Capabilities: []ports.Capability{ports.CapabilityBooks}}}

	all := wiretest.Client(t, e).Describe()
	require.Equal(t, []ports.Capability{
		ports.CapabilityPayouts, ports.CapabilityDocuments, ports.CapabilityPayments, ports.CapabilityReleases, ports.CapabilityVouchers,
		ports.CapabilityAttachments, ports.CapabilityChoices, ports.CapabilityBooks, ports.CapabilityOrders,
		ports.CapabilityPurchases, ports.CapabilityInvoices, ports.CapabilityOrderBook, ports.CapabilityCallbacks, ports.CapabilitySubscribe, ports.CapabilityPages,
	}, all.Capabilities)
	require.Equal(t, ports.ProtocolVersion, all.Protocol)

	// InvoicePayments without PaymentSource is not the whole capability.
	client := wiretest.Client(t, hidden{Connector: e, PayoutSource: e, InvoicePayments: e})
	require.Equal(t, []ports.Capability{ports.CapabilityPayouts}, client.Describe().Capabilities)
	_, err := client.EnsureVoucher(context.Background(), ports.VoucherRequest{})
	require.Equal(t, wire.CodeMissing, codeOf(err))
	_, err = client.EnsurePayment(context.Background(), ports.PaymentRequest{Payment: ports.Payment{DocumentKind: "invoice"}})
	require.Equal(t, wire.CodeMissing, codeOf(err))
}
