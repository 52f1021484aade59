package company

import (
	"net/http"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ledger"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

// Payment is a payment of an invoice. It is a draft without any effect until it
// is booked.
type Payment struct {
	Number  int
	Invoice *Invoice
	// Amount is what reached Account, in kronor; AmountCurrency the same in the
	// invoice's currency. Negative for credit invoices.
	Amount         ore.Amount
	AmountCurrency ore.Amount
	// Rate is kronor for one unit of the invoice's currency.
	Rate      decimal.Decimal
	Date      civil.Date
	Mode      string
	Account   int
	WriteOffs []WriteOff
	Booked    bool
	Voucher   *ledger.Key
	// Source is manual for a person and direct for an integration.
	Source       string
	LastModified string
}

// WriteOff is a part of the receivable that goes to another account than the
// money, in kronor: positive debits the account.
type WriteOff struct {
	Account     int
	Amount      ore.Amount
	CostCenter  string
	Project     string
	Information string
}

// PaymentOrder is what somebody asks to be registered as a payment.
type PaymentOrder struct {
	Invoice        string
	Amount         *ore.Amount
	AmountCurrency *ore.Amount
	Rate           *decimal.Decimal
	// Date is today when it is empty.
	Date civil.Date
	Mode string
	// Account replaces the mode's account when it is not 0.
	Account   int
	WriteOffs []WriteOff
	Source    string
}

// Payments are all payments in order of their numbers.
func (c *Company) Payments() []*Payment { return c.paymentOrder }

// Payment finds a payment by its number.
func (c *Company) Payment(number string) (*Payment, *Refusal) {
	n, err := strconv.Atoi(number)
	if payment, found := c.payments[n]; err == nil && found {
		return payment, nil
	}
	return nil, missing(CodeNotFound, "Kan inte hitta inbetalningen.")
}

// CreatePayment registers a payment that is not yet booked. It does not change
// what is left to pay.
func (c *Company) CreatePayment(order PaymentOrder) (*Payment, *Refusal) {
	return c.createPayment(order, 0)
}

func (c *Company) createPayment(order PaymentOrder, number int) (*Payment, *Refusal) {
	invoice, refusal := c.Invoice(order.Invoice)
	if refusal != nil {
		return nil, refusal
	}
	payment := &Payment{
		Invoice: invoice, Date: order.Date, Mode: order.Mode, Account: order.Account,
		WriteOffs: order.WriteOffs, Source: order.Source,
	}
	if payment.Date == "" {
		payment.Date = c.Today()
	}
	if refusal := c.setMode(payment); refusal != nil {
		return nil, refusal
	}
	if refusal := setAmounts(payment, order); refusal != nil {
		return nil, refusal
	}
	if refusal := c.checkPayment(payment); refusal != nil {
		return nil, refusal
	}
	if number == 0 {
		c.nextPayment++
		number = c.nextPayment
	}
	payment.Number = number
	payment.LastModified = c.stamp(payment.Date)
	c.payments[number] = payment
	c.paymentOrder = append(c.paymentOrder, payment)
	return payment, nil
}

// DeletePayment removes a payment that is not booked.
func (c *Company) DeletePayment(number string) *Refusal {
	payment, refusal := c.Payment(number)
	if refusal != nil {
		return refusal
	}
	if payment.Booked {
		return refuse(CodeBookedPayment, "Inbetalningen är bokförd och kan inte tas bort.")
	}
	delete(c.payments, payment.Number)
	for i, other := range c.paymentOrder {
		if other == payment {
			c.paymentOrder = append(c.paymentOrder[:i:i], c.paymentOrder[i+1:]...)
			break
		}
	}
	return nil
}

func (c *Company) setMode(payment *Payment) *Refusal {
	if payment.Mode != "" {
		mode, known := c.Mode(payment.Mode)
		if !known {
			return refuse(CodeNoMode, "Kan inte hitta betalningssättet ("+payment.Mode+").")
		}
		if payment.Account == 0 {
			payment.Account = mode.Account
		}
	}
	if payment.Account == 0 {
		return &Refusal{Status: http.StatusBadRequest, Code: CodeMissingField, Message: "Betalningssätt saknas."}
	}
	return nil
}
