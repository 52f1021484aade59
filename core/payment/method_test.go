package payment_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payment"
)

func card() payment.Method {
	return payment.Method{
		ID: "card", MerchantID: "m1", Name: "Card", Kind: payment.ByProvider, Connection: "c1", Authorised: true,
	}
}

func giftCard() payment.Method {
	return payment.Method{ID: "gift", MerchantID: "m1", Name: "Gift card", Kind: payment.ByGiftCard}
}

func ownInvoice() payment.Method {
	return payment.Method{ID: "invoice", MerchantID: "m1", Name: "Invoice", Kind: payment.ByInvoice}
}

func TestMethodsThatMakeSense(t *testing.T) {
	t.Parallel()
	for _, m := range []payment.Method{card(), giftCard(), ownInvoice()} {
		require.NoError(t, m.Validate(), m.Name)
	}
}

func TestAMethodThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		spoil func(*payment.Method)
		field string
	}{
		"no id":                      {func(m *payment.Method) { m.ID = "" }, "id"},
		"no merchant":                {func(m *payment.Method) { m.MerchantID = "" }, "merchant_id"},
		"no name":                    {func(m *payment.Method) { m.Name = "" }, "name"},
		"no kind":                    {func(m *payment.Method) { m.Kind = "" }, "kind"},
		"a kind not in the set":      {func(m *payment.Method) { m.Kind = "cash" }, "kind"},
		"a gift card at a provider":  {func(m *payment.Method) { m.Kind = payment.ByGiftCard }, "connection"},
		"own invoices at a provider": {func(m *payment.Method) { m.Kind = payment.ByInvoice }, "connection"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := card()
			c.spoil(&m)
			err := m.Validate()
			require.Equal(t, payment.CodeMethodInvalid, fault.CodeOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
		})
	}
}

func TestNoMoneyMovesWhenAGiftCardIsUsed(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		event payment.Event
		field string
	}{
		"reserved":         {payment.Event{Kind: payment.Prepare, Amount: sek(100_00)}, ""},
		"used":             {payment.Event{Kind: payment.Payment, Amount: sek(100_00)}, ""},
		"given back":       {payment.Event{Kind: payment.Refund, Amount: sek(100_00)}, ""},
		"released":         {payment.Event{Kind: payment.Cancel, Amount: sek(100_00)}, ""},
		"paid out":         {payment.Event{Kind: payment.Deposit, Amount: sek(100_00)}, "kind"},
		"settled a refund": {payment.Event{Kind: payment.Credit, Amount: sek(100_00)}, "kind"},
		"used at a fee":    {payment.Event{Kind: payment.Payment, Amount: sek(100_00), Fee: sek(1), FeeVAT: sek(0)}, "fee"},
		"no sense at all":  {payment.Event{Kind: payment.Payment, Amount: sek(-1)}, "amount"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.event.Transaction = "T1"
			err := c.event.ValidateFor(giftCard())
			if c.field == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, payment.CodeEventInvalid, fault.CodeOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
			if c.field != "amount" {
				require.NoError(t, c.event.ValidateFor(card()), "a provider pays out")
			}
		})
	}
}
