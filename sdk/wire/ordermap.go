package wire

import (
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

func supplies() map[tax.Supply]pb.Supply {
	return map[tax.Supply]pb.Supply{
		"":                 pb.Supply_SUPPLY_UNSPECIFIED,
		tax.Goods:          pb.Supply_SUPPLY_GOODS,
		tax.Services:       pb.Supply_SUPPLY_SERVICES,
		tax.Freight:        pb.Supply_SUPPLY_FREIGHT,
		tax.InvoiceFee:     pb.Supply_SUPPLY_INVOICE_FEE,
		tax.GiftCard:       pb.Supply_SUPPLY_GIFT_CARD,
		tax.PriceReduction: pb.Supply_SUPPLY_PRICE_REDUCTION,
	}
}

func eventKinds() map[payment.Kind]pb.OrderEventKind {
	return map[payment.Kind]pb.OrderEventKind{
		payment.Prepare: pb.OrderEventKind_ORDER_EVENT_KIND_PREPARE,
		payment.Payment: pb.OrderEventKind_ORDER_EVENT_KIND_PAYMENT,
		payment.Deposit: pb.OrderEventKind_ORDER_EVENT_KIND_DEPOSIT,
		payment.Refund:  pb.OrderEventKind_ORDER_EVENT_KIND_REFUND,
		payment.Credit:  pb.OrderEventKind_ORDER_EVENT_KIND_CREDIT,
		payment.Cancel:  pb.OrderEventKind_ORDER_EVENT_KIND_CANCEL,
	}
}

func toListOrdersRequest(m *mapping, r ports.ListOrdersRequest) *pb.ListOrdersRequest {
	return &pb.ListOrdersRequest{Call: toCall(m, r.Call), Since: m.toTime(r.Since), Cursor: r.Cursor}
}

func fromListOrdersRequest(m *mapping, in *pb.ListOrdersRequest) ports.ListOrdersRequest {
	return ports.ListOrdersRequest{
		Call: fromCall(m, in.GetCall()), Since: m.fromTime("since", in.GetSince()), Cursor: in.GetCursor(),
	}
}

func toOrderPage(m *mapping, p ports.OrderPage) *pb.ListOrdersResponse {
	return &pb.ListOrdersResponse{
		Orders:    each(m, "orders", p.Orders, toOrder),
		Raw:       each(m, "raw", p.Raw, toRawPage),
		Next:      p.Next,
		Watermark: m.toTime(p.Watermark),
		Usage:     toUsage(m, p.Usage),
	}
}

func fromOrderPage(m *mapping, in *pb.ListOrdersResponse) ports.OrderPage {
	return ports.OrderPage{
		Orders:    each(m, "orders", in.GetOrders(), fromOrder),
		Raw:       each(m, "raw", in.GetRaw(), fromRawPage),
		Next:      in.GetNext(),
		Watermark: m.fromTime("watermark", in.GetWatermark()),
		Usage:     fromUsage(m, in.GetUsage()),
	}
}

func toOrder(m *mapping, o ports.ShopOrder) *pb.Order {
	return &pb.Order{
		Number:         o.Number,
		Country:        o.Country,
		Postcode:       o.Postcode,
		VatNumberValid: o.VATNumberValid,
		Date:           o.Date.String(),
		Parts:          within(m, o.Parts, toPart),
		Events:         within(m, o.Events, toEvent),
		Raw:            toRaw(o.Raw),
	}
}

func fromOrder(m *mapping, in *pb.Order) ports.ShopOrder {
	return ports.ShopOrder{
		Order: order.Order{
			Number:         in.GetNumber(),
			Country:        in.GetCountry(),
			Postcode:       in.GetPostcode(),
			VATNumberValid: in.GetVatNumberValid(),
			Date:           m.fromDate("date", in.GetDate()),
			Parts:          within(m, in.GetParts(), fromPart),
		},
		Events: within(m, in.GetEvents(), fromEvent),
		Raw:    fromRaw(in.GetRaw()),
	}
}

// within maps a list inside an item of another list, whose place stays that of
// faults.
func within[In, Out any](m *mapping, in []In, one func(*mapping, In) Out) []Out {
	if len(in) == 0 {
		return nil
	}
	out := make([]Out, len(in))
	for i, v := range in {
		out[i] = one(m, v)
	}
	return out
}

func toPart(m *mapping, p order.Part) *pb.OrderPart {
	return &pb.OrderPart{
		Supply: toEnum(m, "supply", supplies(), p.Supply),
		Rate:   p.Rate.String(),
		Gross:  m.toMoney(p.Gross),
		Vat:    m.toMoney(p.VAT),
	}
}

func fromPart(m *mapping, in *pb.OrderPart) order.Part {
	rate, err := tax.ParseRate(in.GetRate())
	if err != nil {
		m.failWith("rate", err)
	}
	return order.Part{
		Supply: fromEnum(m, "supply", supplies(), in.GetSupply()),
		Rate:   rate,
		Gross:  m.fromMoney("gross", in.GetGross()),
		VAT:    m.fromMoney("vat", in.GetVat()),
	}
}

// toEvent leaves out order and origin, which follow from where an event stands.
func toEvent(m *mapping, e ports.ShopEvent) *pb.OrderEvent {
	return &pb.OrderEvent{
		Key:         e.Key,
		Kind:        toEnum(m, "kind", eventKinds(), e.Kind),
		Transaction: e.Transaction,
		Method:      e.Method,
		Amount:      m.toMoney(e.Amount),
		Fee:         m.toMoney(e.Fee),
		FeeVat:      m.toMoney(e.FeeVAT),
		At:          m.toTime(e.At),
		Reference:   e.Reference,
		Parts:       within(m, e.Parts, toPart),
		Raw:         toRaw(e.Raw),
	}
}

func fromEvent(m *mapping, in *pb.OrderEvent) ports.ShopEvent {
	return ports.ShopEvent{
		Event: payment.Event{
			Kind:        fromEnum(m, "kind", eventKinds(), in.GetKind()),
			Transaction: in.GetTransaction(),
			Method:      in.GetMethod(),
			Key:         in.GetKey(),
			Amount:      m.fromMoney("amount", in.GetAmount()),
			Fee:         m.fromMoney("fee", in.GetFee()),
			FeeVAT:      m.fromMoney("fee_vat", in.GetFeeVat()),
			At:          m.fromTime("at", in.GetAt()),
			Reference:   in.GetReference(),
		},
		Parts: within(m, in.GetParts(), fromPart),
		Raw:   fromRaw(in.GetRaw()),
	}
}
