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
