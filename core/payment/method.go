package payment

import "github.com/kvitt/kvitt/core/fault"

// CodeMethodInvalid is the fault of a payment method that makes no sense.
const CodeMethodInvalid fault.Code = "method.invalid"

// MethodKind is who takes the customer's money.
type MethodKind string

// The kinds of payment method.
const (
	// ByProvider: a payment service provider takes the money and pays it out.
	ByProvider MethodKind = "provider"
	// ByInvoice: the customer pays the merchant's own invoice to its bank account.
	ByInvoice MethodKind = "invoice"
	// ByGiftCard: the customer uses up what the merchant owes on a gift card. No
	// money moves, so that nothing is ever deposited or credited.
	ByGiftCard MethodKind = "gift_card"
)

// Valid reports whether k is one of the closed set.
func (k MethodKind) Valid() bool {
	switch k {
	case ByProvider, ByInvoice, ByGiftCard:
		return true
	}
	return false
}

// Method is a payment method of a merchant, real (a card at a provider) or
// virtual (a gift card).
type Method struct {
	ID, MerchantID, Name string
	Kind                 MethodKind
	// Connection is the provider's connection whose flows own the money of this
	// method, or empty.
	Connection string
	// Authorised says that a capture needs a reservation first, so that captured is
	// held to authorised. Without it, captures need none and are not held to any.
	Authorised bool
}

// Validate refuses a method that makes no sense, with CodeMethodInvalid.
func (m Method) Validate() error {
	switch {
	case m.ID == "":
		return fault.Invalid(CodeMethodInvalid, "id", "a method needs an id")
	case m.MerchantID == "":
		return fault.Invalid(CodeMethodInvalid, "merchant_id", "a method belongs to a merchant")
	case m.Name == "":
		return fault.Invalid(CodeMethodInvalid, "name", "a method needs a name")
	case !m.Kind.Valid():
		return fault.Invalid(CodeMethodInvalid, "kind", "\""+string(m.Kind)+"\" is not a kind of payment method")
	case m.Connection != "" && m.Kind != ByProvider:
		return fault.Invalid(CodeMethodInvalid, "connection", "only the money of a payment service provider comes through a connection")
	}
	return nil
}
