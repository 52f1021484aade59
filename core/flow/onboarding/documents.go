package onboarding

import (
	"context"
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// Faults of flows that make documents.
const (
	// CodeSoldTwice: two flows would put the same sales into the same books.
	CodeSoldTwice fault.Code = "flow.sold_twice"
	// CodeHomeUnmapped: no account is set for sales in the merchant's own country.
	CodeHomeUnmapped fault.Code = "flow.home_unmapped"
	// CodeInvoicesOff: refunds credit invoices that no flow makes.
	CodeInvoicesOff fault.Code = "flow.invoices_missing"
	// CodeSalesShape: the settings want sales as vouchers, which another flow makes.
	CodeSalesShape fault.Code = "flow.sales_shape"
)

func documentEnds(f merchant.Flow) []flowEnd {
	target := []ports.Capability{ports.CapabilityInvoices, ports.CapabilityDocuments}
	if f.Kind == merchant.Orders {
		target = []ports.Capability{ports.CapabilityOrderBook}
	}
	return []flowEnd{
		{field: "source", connection: f.Source, needs: []ports.Capability{ports.CapabilityPurchases}},
		{field: "target", connection: f.Target, needs: target},
	}
}

// documentConditions are those of flows of orders, invoices and refunds, beside what
// holds for every flow.
func (s *Service) documentConditions(c candidate) []condition {
	books := s.books(c)
	conditions := []condition{
		{"orders_once", func(ctx context.Context) error { return s.soldOnce(ctx, c) }},
		{"sales_shape", func(context.Context) error { return c.invoiceShape() }},
	}
	if c.flow.Kind == merchant.Refunds {
		conditions = append(conditions, condition{"invoices_flow", func(ctx context.Context) error { return s.invoicesOn(ctx, c) }})
	}
	return append(conditions,
		condition{"home_market", func(context.Context) error { return c.homeMapped() }},
		condition{"accounts", books.salesAccountsExist})
}

// invoiceShape refuses settings that want sales as vouchers.
func (c candidate) invoiceShape() error {
	if c.unfit != nil {
		return c.unfit
	}
	if c.settings.SalesShape == booking.InvoiceSales {
		return nil
	}
	return fault.Invalid(CodeSalesShape, "settings.sales_shape", "the settings want sales as vouchers, which a flow of events makes").
		WithRemedy("make a flow of kind events with the provider's connection as its source, or set sales_shape to invoice")
}

// homeMapped refuses settings without accounts for goods sold in the merchant's own
// country, which are needed even if it sells only there.
func (c candidate) homeMapped() error {
	if c.unfit != nil {
		return c.unfit
	}
	mapped := slices.ContainsFunc(c.settings.Sales, func(a booking.SalesAccounts) bool {
		return a.Treatment == tax.Domestic && a.Supply.OrGoods() == tax.Goods && a.Revenue != ""
	})
	switch {
	case c.settings.VAT.Home == "":
		return fault.Invalid(CodeHomeUnmapped, "settings.vat.home", "nobody has said in which country the merchant is established").
			WithRemedy("set vat.home to its ISO 3166 code")
	case !mapped:
		return fault.Invalid(CodeHomeUnmapped, "settings.sales", "no accounts are set for goods sold in "+c.settings.VAT.Home).
			WithRemedy("add an entry of treatment domestic to the setting sales for each VAT rate that is sold at")
	}
	return nil
}

// salesAccountsExist refuses accounts of sales that do not exist or are inactive.
func (b books) salesAccountsExist(ctx context.Context) error {
	if b.unfit != nil {
		return b.unfit
	}
	known, err := b.known(ctx, ports.ChooseAccount)
	if err != nil {
		return err
	}
	for i, sales := range b.settings.Sales {
		if err := usable(known, sales.Revenue, "settings.sales["+strconv.Itoa(i)+"].revenue"); err != nil {
			return err
		}
	}
	if b.settings.Accounts.GiftCard == "" {
		return nil
	}
	return usable(known, b.settings.Accounts.GiftCard, "settings.accounts.gift_card")
}

// invoicesOn refuses refunds without the flow that makes the invoices they credit.
func (s *Service) invoicesOn(ctx context.Context, c candidate) error {
	on, err := s.beside(ctx, c, func(f merchant.Flow) bool {
		return f.Kind == merchant.Invoices && f.Source == c.flow.Source && f.Target == c.flow.Target
	})
	if err != nil || on != "" {
		return err
	}
	return fault.New(CodeInvoicesOff, fault.Conflict, "no flow makes the invoices that refunds credit").WithField("kind").
		WithRemedy("enable a flow of kind invoices between the same connections first")
}

// soldOnce refuses a flow that would put sales into books into which another flow puts
// them already: the orders of a shop that pays through the provider are the provider's
// orders too. And it refuses to invoice a provider's orders in two accounting systems.
func (s *Service) soldOnce(ctx context.Context, c candidate) error {
	documents := c.flow.Kind.MakesDocuments()
	other, err := s.beside(ctx, c, func(f merchant.Flow) bool {
		if documents && f.Kind.MakesDocuments() {
			return f.Source == c.flow.Source && f.Target != c.flow.Target
		}
		return f.Target == c.flow.Target && (documents && f.FromShop() || !documents && f.Kind.MakesDocuments())
	})
	if err != nil || other == "" {
		return err
	}
	return fault.New(CodeSoldTwice, fault.Conflict, "flow "+other+" puts the same orders into an accounting system already").WithField("source").
		WithRemedy("let one of the two make orders and invoices: disable the other flow first")
}

// beside gives the id of another enabled flow of the merchant for which fits holds, or
// none.
func (s *Service) beside(ctx context.Context, c candidate, fits func(merchant.Flow) bool) (string, error) {
	return walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) (string, error) {
		found := ""
		err := walk.Flows(ctx, tx, c.flow.MerchantID, func(f merchant.Flow) error {
			if f.ID == c.flow.ID || !f.Enabled || !fits(f) {
				return nil
			}
			found = f.ID
			return walk.ErrEnough
		})
		return found, err
	})
}

// expectOfDocuments adds what flows that make documents need of an accounting system.
func expectOfDocuments(settings booking.Settings, expect map[string][]string) {
	for _, sales := range settings.Sales {
		expect[expectAccount] = append(expect[expectAccount], string(sales.Revenue))
	}
	if account := settings.Accounts.GiftCard; account != "" {
		expect[expectAccount] = append(expect[expectAccount], string(account))
	}
}
