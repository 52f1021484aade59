package wire

import (
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

func rowKinds() map[order.RowKind]pb.SaleRowKind {
	return map[order.RowKind]pb.SaleRowKind{
		order.GoodsRow:     pb.SaleRowKind_SALE_ROW_KIND_GOODS,
		order.FreightRow:   pb.SaleRowKind_SALE_ROW_KIND_FREIGHT,
		order.FeeRow:       pb.SaleRowKind_SALE_ROW_KIND_FEE,
		order.DiscountRow:  pb.SaleRowKind_SALE_ROW_KIND_DISCOUNT,
		order.GiftCardRow:  pb.SaleRowKind_SALE_ROW_KIND_GIFT_CARD,
		order.ReturnFeeRow: pb.SaleRowKind_SALE_ROW_KIND_RETURN_FEE,
		order.TaxRow:       pb.SaleRowKind_SALE_ROW_KIND_SALES_TAX,
		order.SummaryRow:   pb.SaleRowKind_SALE_ROW_KIND_SUMMARY,
	}
}

func purchaseStates() map[order.PurchaseState]pb.PurchaseState {
	return map[order.PurchaseState]pb.PurchaseState{
		order.PurchasePending:  pb.PurchaseState_PURCHASE_STATE_PENDING,
		order.PurchaseOpen:     pb.PurchaseState_PURCHASE_STATE_OPEN,
		order.PurchaseComplete: pb.PurchaseState_PURCHASE_STATE_COMPLETE,
		order.PurchaseEnded:    pb.PurchaseState_PURCHASE_STATE_ENDED,
	}
}

func toReadPurchaseRequest(m *mapping, r ports.ReadPurchaseRequest) *pb.ReadPurchaseRequest {
	return &pb.ReadPurchaseRequest{Call: toCall(m, r.Call), Id: r.ID}
}

func fromReadPurchaseRequest(m *mapping, in *pb.ReadPurchaseRequest) ports.ReadPurchaseRequest {
	return ports.ReadPurchaseRequest{Call: fromCall(m, in.GetCall()), ID: in.GetId()}
}

func toPurchaseResult(m *mapping, r ports.PurchaseResult) *pb.ReadPurchaseResponse {
	return &pb.ReadPurchaseResponse{
		Purchase: toPurchase(m, r.Purchase),
		Raw:      each(m, "raw", r.Raw, toRawPage),
		Usage:    toUsage(m, r.Usage),
	}
}

func fromPurchaseResult(m *mapping, in *pb.ReadPurchaseResponse) ports.PurchaseResult {
	return ports.PurchaseResult{
		Purchase: fromPurchase(m, in.GetPurchase()),
		Raw:      each(m, "raw", in.GetRaw(), fromRawPage),
		Usage:    fromUsage(m, in.GetUsage()),
	}
}

func toPurchase(m *mapping, p order.Purchase) *pb.Purchase {
	return &pb.Purchase{
		Id:         p.ID,
		References: toReferences(p.References),
		State:      toEnum(m, "purchase.state", purchaseStates(), p.State),
		PlacedAt:   m.toTime(p.PlacedAt),
		Method:     p.Method,
		Buyer:      toBuyer(p.Buyer),
		Total:      m.toMoney(p.Total),
		Rows:       each(m, "purchase.rows", p.Rows, toSaleRow),
		Captures: each(m, "purchase.captures", p.Captures, func(m *mapping, c order.Capture) *pb.Capture {
			return &pb.Capture{
				Id: c.ID, Reference: c.Reference, At: m.toTime(c.At), Amount: m.toMoney(c.Amount), Rows: within(m, c.Rows, toSaleRow),
			}
		}),
		Refunds: each(m, "purchase.refunds", p.Refunds, func(m *mapping, r order.Refund) *pb.Refund {
			return &pb.Refund{
				Id: r.ID, Reference: r.Reference, At: m.toTime(r.At), Amount: m.toMoney(r.Amount), Rows: within(m, r.Rows, toSaleRow),
			}
		}),
		Raw: toRaw(p.Raw),
	}
}

func fromPurchase(m *mapping, in *pb.Purchase) order.Purchase {
	return order.Purchase{
		ID:         in.GetId(),
		References: fromReferences[payout.Reference](m, in.GetReferences()),
		State:      fromEnum(m, "purchase.state", purchaseStates(), in.GetState()),
		PlacedAt:   m.fromTime("purchase.placed_at", in.GetPlacedAt()),
		Method:     in.GetMethod(),
		Buyer:      fromBuyer(in.GetBuyer()),
		Total:      m.fromMoney("purchase.total", in.GetTotal()),
		Rows:       each(m, "purchase.rows", in.GetRows(), fromSaleRow),
		Captures: each(m, "purchase.captures", in.GetCaptures(), func(m *mapping, c *pb.Capture) order.Capture {
			return order.Capture{
				ID: c.GetId(), Reference: c.GetReference(), At: m.fromTime("at", c.GetAt()),
				Amount: m.fromMoney("amount", c.GetAmount()), Rows: within(m, c.GetRows(), fromSaleRow),
			}
		}),
		Refunds: each(m, "purchase.refunds", in.GetRefunds(), func(m *mapping, r *pb.Refund) order.Refund {
			return order.Refund{
				ID: r.GetId(), Reference: r.GetReference(), At: m.fromTime("at", r.GetAt()),
				Amount: m.fromMoney("amount", r.GetAmount()), Rows: within(m, r.GetRows(), fromSaleRow),
			}
		}),
		Raw: fromRaw(in.GetRaw()),
	}
}

func toSaleRow(m *mapping, r order.Row) *pb.SaleRow {
	return &pb.SaleRow{
		Kind:     toEnum(m, "kind", rowKinds(), r.Kind),
		Article:  r.Article,
		Name:     r.Name,
		Quantity: toDecimal(r.Quantity),
		Unit:     r.Unit,
		Gross:    m.toMoney(r.Gross),
		Vat:      m.toMoney(r.VAT),
		Rate:     r.Rate.String(),
	}
}

func fromSaleRow(m *mapping, in *pb.SaleRow) order.Row {
	rate, err := tax.ParseRate(in.GetRate())
	if err != nil {
		m.failWith("rate", err)
	}
	quantity := m.fromDecimal("quantity", in.GetQuantity())
	if quantity.Sign() < 0 {
		m.fail("quantity", "is negative; the sign stands in the amount")
	}
	return order.Row{
		Kind:     fromEnum(m, "kind", rowKinds(), in.GetKind()),
		Article:  in.GetArticle(),
		Name:     in.GetName(),
		Quantity: quantity,
		Unit:     in.GetUnit(),
		Gross:    m.fromMoney("gross", in.GetGross()),
		VAT:      m.fromMoney("vat", in.GetVat()),
		Rate:     rate,
	}
}

func toBuyer(b order.Buyer) *pb.Buyer {
	if b == (order.Buyer{}) {
		return nil
	}
	return &pb.Buyer{
		Name: b.Name, Business: b.Business, OrganisationNumber: b.OrganisationNumber, Email: b.Email, Phone: b.Phone,
		Billing: toAddress(b.Billing), Delivery: toAddress(b.Delivery),
	}
}

func fromBuyer(in *pb.Buyer) order.Buyer {
	return order.Buyer{
		Name: in.GetName(), Business: in.GetBusiness(), OrganisationNumber: in.GetOrganisationNumber(),
		Email: in.GetEmail(), Phone: in.GetPhone(),
		Billing: fromAddress(in.GetBilling()), Delivery: fromAddress(in.GetDelivery()),
	}
}

func toAddress(a order.Address) *pb.Address {
	if a == (order.Address{}) {
		return nil
	}
	return &pb.Address{
		Name: a.Name, Street: a.Street, Street2: a.Street2, Postcode: a.Postcode, City: a.City, Country: a.Country,
	}
}

func fromAddress(in *pb.Address) order.Address {
	return order.Address{
		Name: in.GetName(), Street: in.GetStreet(), Street2: in.GetStreet2(), Postcode: in.GetPostcode(),
		City: in.GetCity(), Country: in.GetCountry(),
	}
}
