package main

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
)

// Faults of what cannot be said to Fortnox, or not understood.
const (
	// CodeDocument: an invoice of Fortnox makes no sense.
	CodeDocument fault.Code = "erp.document_invalid"
	// CodeCurrency: only kronor can be booked, as Fortnox keeps its books in them.
	CodeCurrency fault.Code = "erp.currency_unsupported"
	// CodeNumber: the number cannot be that of a document at Fortnox.
	CodeNumber fault.Code = "erp.number_invalid"
	// CodeVoucherRows: the voucher has more or fewer rows than Fortnox takes.
	CodeVoucherRows fault.Code = "erp.voucher_rows"
	// CodeKey: the key leaves no room to be found by.
	CodeKey fault.Code = "erp.key_too_long"
)

// booksCurrency is the currency of every ledger in Fortnox.
const booksCurrency money.Currency = "SEK"

// mostRows is how many rows a voucher may have. Fortnox documents no limit;
// vouchers of this size are known to pass.
const mostRows = 200

// document turns an invoice into the hub's noun. The sign of the total decides
// what it is: a negative invoice that was not made by crediting another one is a
// credit invoice all the same.
func document(in client.Invoice) (invoice.Document, error) {
	number := string(in.DocumentNumber)
	if number == "" {
		return invoice.Document{}, nonsense("", "number", "an invoice has no number")
	}
	currency, err := money.ParseCurrency(in.Currency)
	if err != nil {
		return invoice.Document{}, nonsense(number, "currency", "the currency is not one of ISO 4217")
	}
	total, err := money.Round(in.Total.Decimal, currency)
	if err != nil {
		return invoice.Document{}, nonsense(number, "total", "the total is not an amount")
	}
	balance, err := money.Round(balanceOf(in, currency), currency)
	if err != nil {
		return invoice.Document{}, nonsense(number, "balance", "the balance is not an amount")
	}
	out := invoice.Document{
		Number: number, Kind: invoice.Invoice, Total: total, Balance: balance,
		Date: in.InvoiceDate.Date, DueDate: in.DueDate.Date, Booked: bool(in.Booked), Cancelled: bool(in.Cancelled),
		References: references(in), Partial: in.YourOrderNumber == nil,
	}
	if currency != booksCurrency && single(in.CurrencyUnit) && in.CurrencyRate.IsPositive() && reasonable(in.CurrencyRate.Decimal) {
		out.Rate = in.CurrencyRate.Decimal
	}
	if total.Sign() < 0 || total.IsZero() && bool(in.Credit) {
		out.Kind = invoice.Credit
	}
	return out, nil
}

// balanceOf gives the balance in the invoice's currency. Whether Fortnox shows
// that of a foreign invoice in kronor is not documented; it cannot exceed the
// total, so if it does, it is.
func balanceOf(in client.Invoice, currency money.Currency) decimal.Decimal {
	balance, rate := in.Balance.Decimal, in.CurrencyRate.Decimal
	if currency == booksCurrency || !rate.IsPositive() || !reasonable(balance, rate, in.Total.Decimal) ||
		balance.Abs().LessThanOrEqual(in.Total.Abs()) {
		return balance
	}
	return balance.DivRound(rate, int32(currency.Exponent())) //nolint:gosec // an ISO exponent is 0 to 4
}

// reasonable reports whether numbers are small enough to calculate with.
func reasonable(numbers ...decimal.Decimal) bool {
	const widest = 30
	for _, n := range numbers {
		if n.Exponent() > widest || n.Exponent() < -widest {
			return false
		}
	}
	return true
}

func references(in client.Invoice) map[invoice.Reference]string {
	all := map[invoice.Reference]string{
		invoice.Number:             string(in.DocumentNumber),
		invoice.OCR:                string(in.OCR),
		invoice.ExternalReference1: string(in.ExternalInvoiceReference1),
		invoice.ExternalReference2: string(in.ExternalInvoiceReference2),
	}
	if in.YourOrderNumber != nil {
		all[invoice.OrderNumber] = string(*in.YourOrderNumber)
	}
	for name, value := range all {
		if strings.TrimSpace(value) == "" {
			delete(all, name)
		}
	}
	return all
}

func nonsense(number, field, reason string) error {
	if number != "" {
		field = "invoices[" + number + "]." + field
	}
	return fault.Invalid(CodeDocument, field, reason).From(fault.Upstream).
		WithRemedy("look at the document in Fortnox")
}

// registered turns a payment into the hub's noun. Its amount is in kronor,
// whatever the currency of the invoice.
func registered(in client.Payment) (ports.RegisteredPayment, error) {
	amount, err := money.Round(in.Amount.Decimal, booksCurrency)
	if err != nil {
		return ports.RegisteredPayment{}, fault.Invalid(CodeDocument, "invoicepayments["+string(in.Number)+"].amount", "the amount is not one").
			From(fault.Upstream)
	}
	return ports.RegisteredPayment{
		Number: string(in.Number), Amount: amount, Account: ledger.Account(in.ModeOfPaymentAccount),
		Date: in.PaymentDate.Date, Booked: bool(in.Booked),
	}, nil
}

// paymentBody says a payment in Fortnox's words. Amount is what reaches the
// account, write-offs are beside it; all carry the sign of the document.
func paymentBody(p ports.Payment, mode string) (client.NewPayment, error) {
	number, err := whole("payment.document_number", p.DocumentNumber)
	if err != nil {
		return client.NewPayment{}, err
	}
	account, err := accountNumber("payment.account", p.Account)
	if err != nil {
		return client.NewPayment{}, err
	}
	amount, err := kronor("payment.amount", p.Amount)
	if err != nil {
		return client.NewPayment{}, err
	}
	day, err := day("payment.date", p.Date)
	if err != nil {
		return client.NewPayment{}, err
	}
	body := client.NewPayment{
		InvoiceNumber: number, Amount: amount, AmountCurrency: amount, PaymentDate: day,
		ModeOfPayment: mode, ModeOfPaymentAccount: account,
	}
	if p.Exchange != nil {
		inCurrency, rate, err := split(p)
		if err != nil {
			return client.NewPayment{}, err
		}
		body.AmountCurrency, body.CurrencyRate = json.Number(inCurrency.String()), json.Number(rate.String())
	}
	for i, off := range p.WriteOffs {
		field := "payment.write_offs[" + strconv.Itoa(i) + "]."
		number, err := accountNumber(field+"account", off.Account)
		if err != nil {
			return client.NewPayment{}, err
		}
		amount, err := kronor(field+"amount", off.Amount)
		if err != nil {
			return client.NewPayment{}, err
		}
		body.WriteOffs = append(body.WriteOffs, client.NewWriteOff{
			Amount: amount, AccountNumber: number, TransactionInformation: cut(plain(off.Text), longestInformation),
		})
	}
	return body, nil
}

// voucherBody says a voucher in Fortnox's words. Its description ends with the
// key; the comments repeat the text in full.
func voucherBody(series, key string, v ledger.Voucher) (client.NewVoucher, error) {
	if len(key) > longestDescription {
		return client.NewVoucher{}, fault.Invalid(CodeKey, "key", "the key is longer than a description may be").From(fault.Connector)
	}
	rows := v.Rows()
	const fewest = 2
	if len(rows) < fewest || len(rows) > mostRows {
		return client.NewVoucher{}, fault.Invalid(CodeVoucherRows, "voucher.rows",
			"a voucher has from 2 to "+strconv.Itoa(mostRows)+" rows, not "+strconv.Itoa(len(rows))).From(fault.Connector)
	}
	day, err := day("voucher.date", v.Date())
	if err != nil {
		return client.NewVoucher{}, err
	}
	body := client.NewVoucher{
		VoucherSeries: series, TransactionDate: day,
		Description: withKey(v.Text(), key, longestDescription), Comments: withKey(v.Text(), key, longestComments),
	}
	for i, row := range rows {
		field := "voucher.rows[" + strconv.Itoa(i) + "]."
		account, err := accountNumber(field+"account", row.Account)
		if err != nil {
			return client.NewVoucher{}, err
		}
		debit, err := kronor(field+"amount", row.Debit())
		if err != nil {
			return client.NewVoucher{}, err
		}
		credit, err := kronor(field+"amount", row.Credit())
		if err != nil {
			return client.NewVoucher{}, err
		}
		body.VoucherRows = append(body.VoucherRows, client.NewVoucherRow{
			Account: account, Debit: debit, Credit: credit, TransactionInformation: cut(plain(row.Text), longestInformation),
		})
	}
	return body, nil
}

func kronor(field string, a money.Amount) (json.Number, error) {
	if a.Currency() != booksCurrency {
		return "", fault.Invalid(CodeCurrency, field, "Fortnox keeps its books in SEK, and the amount is in \""+string(a.Currency())+"\"").
			From(fault.Connector).WithRemedy("register it in Fortnox by hand")
	}
	return json.Number(a.String()), nil
}

// accountNumber takes what can be an account in Fortnox: 1000 to 9999.
func accountNumber(field string, account ledger.Account) (json.Number, error) {
	const length = 4
	if n, err := whole(field, string(account)); err == nil && len(account) == length && account[0] != '0' {
		return n, nil
	}
	return "", fault.Invalid(client.CodeAccountInvalid, field, "\""+string(account)+"\" is not an account number of four digits").
		From(fault.Connector).WithRemedy("choose another account in the settings")
}

func whole(field, text string) (json.Number, error) {
	const longest = 18
	if text == "" || len(text) > longest || text[0] == '0' || strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
		return "", fault.Invalid(CodeNumber, field, "\""+text+"\" is not a number as Fortnox gives them").From(fault.Connector)
	}
	return json.Number(text), nil
}

// day refuses a document without a date: Fortnox would take today.
func day(field string, on civil.Date) (string, error) {
	if on.IsZero() {
		return "", fault.Invalid(civil.CodeDate, field, "the document has no date").From(fault.Connector)
	}
	return on.String(), nil
}
