package booking

// Shape is how a payout reaches the books.
type Shape string

// The shapes.
const (
	// Clearing pays invoices gross to the clearing account and books one voucher
	// per payout, whose bank row equals the bank statement.
	Clearing Shape = "clearing"
	// Direct pays invoices to the bank account with the fee written off on each.
	Direct Shape = "direct"
)

// VATMode is how a fee is taxed. It follows from the provider's legal entity and
// the type of fee, never from the amounts.
type VATMode string

// The modes.
const (
	// NoVAT: an exempt payment service; a VAT amount on the row is an error.
	NoVAT VATMode = "none"
	// Domestic: the VAT stated on the row, if any, is deducted.
	Domestic VATMode = "domestic"
	// ReverseEU and ReverseNonEU: the buyer accounts for the VAT.
	ReverseEU    VATMode = "reverse_eu"
	ReverseNonEU VATMode = "reverse_non_eu"
)

// ReverseStyle is how the base of reverse-charged services reaches its account.
type ReverseStyle string

// The styles.
const (
	// Pair keeps the cost on the fee account and shows the base by a pair of rows.
	Pair ReverseStyle = "pair"
	// DirectCost books the cost on the base account itself.
	DirectCost ReverseStyle = "direct_cost"
)

// ReverseMoment is when reverse-charge VAT is booked. It is booked once: with
// each payout or with the provider's monthly invoice, never both.
type ReverseMoment string

// The moments.
const (
	WithPayout ReverseMoment = "payout"
	Monthly    ReverseMoment = "monthly"
)

// AdjustmentPolicy is what happens to an amount without a known reason.
type AdjustmentPolicy string

// The policies.
const (
	// HoldAdjustments leaves it on the clearing account until a person decides.
	HoldAdjustments AdjustmentPolicy = "hold"
	// SuspendAdjustments books it to the suspense account.
	SuspendAdjustments AdjustmentPolicy = "suspense"
)

// LostDisputePolicy is how a lost dispute is booked. Whether a chargeback lowers
// output VAT is disputed, so the merchant chooses.
type LostDisputePolicy string

// The policies.
const (
	// LossGross books the whole amount as a loss and leaves the VAT alone.
	LossGross LostDisputePolicy = "loss"
	// ReverseSale undoes the sale and its VAT, for goods that came back.
	ReverseSale LostDisputePolicy = "reverse_sale"
)

// PaymentMoment decides the date of invoice payments.
type PaymentMoment string

// The moments.
const (
	AtPayout  PaymentMoment = "payout"
	AtCapture PaymentMoment = "capture"
)

// DatePolicy is what happens to a payment dated before its invoice.
type DatePolicy string

// The policies.
const (
	// Clamp moves the payment to the invoice's date.
	Clamp DatePolicy = "clamp"
	// RefuseDate makes it an exception.
	RefuseDate DatePolicy = "exception"
)

// SalesShape is how sales and refunds reach the books.
type SalesShape string

// The shapes.
const (
	// InvoiceSales are invoices and credit invoices of the accounting system.
	InvoiceSales SalesShape = "invoice"
	// VoucherSales are vouchers, one per capture or refund.
	VoucherSales SalesShape = "voucher"
	// DaySales are summaries, one per day and payment method.
	DaySales SalesShape = "day"
	// PayoutSales are summaries, one per payout.
	PayoutSales SalesShape = "payout"
)

// UnknownRowsPolicy is what happens to a capture or refund whose rows nobody names.
type UnknownRowsPolicy string

// The policies for unknown rows.
const (
	// ShareRows shares the amount over the VAT rates of the order in proportion, and
	// asks a person to look.
	ShareRows UnknownRowsPolicy = "share"
	// HoldRows makes no document until a person decides.
	HoldRows UnknownRowsPolicy = "hold"
)

// Recognition is when a sale becomes revenue.
type Recognition string

// The moments of recognition.
const (
	RecogniseAtCapture Recognition = "capture"
	// RecogniseAtDelivery books an advance at the capture, for shops that capture
	// before they ship.
	RecogniseAtDelivery Recognition = "delivery"
)

// RefundSettlement is how the provider gets its money back for refunds.
type RefundSettlement string

// The settlements.
const (
	// Netted: the provider deducts refunds from later payouts.
	Netted RefundSettlement = "netted"
	// Owed: the merchant pays them back, so they are a debt until then.
	Owed RefundSettlement = "owed"
)

// FeeMoment is when a fee is booked that is known at the capture already.
type FeeMoment string

// The moments.
const (
	FeeAtDeposit FeeMoment = "deposit"
	FeeAtCapture FeeMoment = "capture"
)

// GiftCardKind is what VAT law calls a voucher (ML 2 kap. 27 §, 5 kap. 40-44 §§).
type GiftCardKind string

// The kinds.
const (
	// MultiPurpose: the VAT is not known at the sale and due on redemption.
	MultiPurpose GiftCardKind = "multi_purpose"
	// SinglePurpose: country and rate are known, so the VAT is due at the sale.
	SinglePurpose GiftCardKind = "single_purpose"
)

// Redemption is how a payment by gift card is booked.
type Redemption string

// The redemptions.
const (
	// Combined is one voucher: the sale against the debt to the card's holder.
	Combined Redemption = "combined"
	// ThroughReceivable is two: the sale as a receivable, and its payment.
	ThroughReceivable Redemption = "clearing"
)

// PayoutTarget is where the net of a payout goes.
type PayoutTarget string

// The targets.
const (
	ToBank PayoutTarget = "bank"
	// ToInterim is an account that the bank statement clears.
	ToInterim PayoutTarget = "interim"
)

// RateSource is where the rate comes from at which a payment is settled.
type RateSource string

// The sources.
const (
	// LineRate is the rate or the converted amount that the provider states.
	LineRate RateSource = "line"
	// PayoutRate is what the bank credited divided by what was paid out.
	PayoutRate RateSource = "payout"
	// CentralBankRate is that of the day of the payout.
	CentralBankRate RateSource = "central_bank"
)

// LockedPeriodPolicy is what happens to a voucher dated in a locked period.
type LockedPeriodPolicy string

// The policies.
const (
	// RefuseLocked makes it an exception.
	RefuseLocked LockedPeriodPolicy = "refuse"
	// FirstOpenDay moves it there; its text keeps the day of the event.
	FirstOpenDay LockedPeriodPolicy = "first_open_day"
)
