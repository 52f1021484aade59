package world

import "github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"

// Invoice is an invoice, or a credit invoice when its rows have negative
// quantities.
type Invoice struct {
	// Number is given by the simulator when it is empty.
	Number         string `json:"number"`
	CustomerNumber string `json:"customer_number"`
	CustomerName   string `json:"customer_name"`
	Date           string `json:"date"`
	// Due is Date plus 30 days when it is empty.
	Due string `json:"due"`
	// Currency is SEK when it is empty.
	Currency string `json:"currency"`
	// CurrencyRate is kronor for one unit; empty means the company's rate.
	CurrencyRate       string `json:"currency_rate"`
	ExternalReference1 string `json:"external_reference_1"`
	ExternalReference2 string `json:"external_reference_2"`
	YourOrderNumber    string `json:"your_order_number"`
	YourReference      string `json:"your_reference"`
	OurReference       string `json:"our_reference"`
	Comments           string `json:"comments"`
	// OCR is made from the number when it is empty.
	OCR       string `json:"ocr"`
	Booked    bool   `json:"booked"`
	Cancelled bool   `json:"cancelled"`
	// NotCompleted keeps a draft from being booked.
	NotCompleted bool `json:"not_completed"`
	// CreditOf names the invoice that this credit invoice is linked to.
	CreditOf string       `json:"credit_of"`
	Rows     []InvoiceRow `json:"rows"`
	// LastModified is Swedish local time, YYYY-MM-DD HH:MM:SS. In the world's
	// file noon of the invoice's (or of its last payment's) date when empty.
	LastModified string `json:"last_modified"`
}

// InvoiceRow has a price that includes VAT.
type InvoiceRow struct {
	Description string `json:"description"`
	Account     int    `json:"account"`
	// VAT is the rate in percent.
	VAT Percent `json:"vat"`
	// Price is gross for one piece and positive; Quantity bears the sign.
	Price    ore.Amount `json:"price"`
	Quantity ore.Amount `json:"quantity"`
}

// Payment is a payment of an invoice.
type Payment struct {
	// Number is given by the simulator when it is 0.
	Number  int    `json:"number"`
	Invoice string `json:"invoice"`
	// Amount is what reached Account, in kronor; negative for credit invoices.
	Amount ore.Amount `json:"amount"`
	// AmountCurrency is in the invoice's currency; needed when not SEK.
	AmountCurrency *ore.Amount `json:"amount_currency"`
	Date           string      `json:"date"`
	// Account replaces the mode's account when it is not 0.
	Account int    `json:"account"`
	Mode    string `json:"mode"`
	// Booked is true when it is left out.
	Booked    *bool      `json:"booked"`
	WriteOffs []WriteOff `json:"write_offs"`
}

// WriteOff is a part of a receivable that never becomes money.
type WriteOff struct {
	Account int        `json:"account"`
	Amount  ore.Amount `json:"amount"`
	Text    string     `json:"text"`
}

// Voucher is a manual voucher.
type Voucher struct {
	Series string       `json:"series"`
	Date   string       `json:"date"`
	Text   string       `json:"text"`
	Rows   []VoucherRow `json:"rows"`
}

// VoucherRow is one posting of a voucher.
type VoucherRow struct {
	Account int        `json:"account"`
	Debit   ore.Amount `json:"debit"`
	Credit  ore.Amount `json:"credit"`
	Text    string     `json:"text"`
}
