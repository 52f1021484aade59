package ports

import (
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/money"
)

// Exchange is how a payment settles a document in another currency than the books.
type Exchange struct {
	// Original is what Amount and write-offs together take off the document's balance,
	// in its currency and with its sign.
	Original money.Amount
	// Rate is that of the settlement, from the document's currency to that of the
	// books. Amount and write-offs together are Original at Rate but for rounding.
	Rate exchange.Rate
	// Difference is what Original is booked for in the customer ledger beyond Amount
	// and write-offs: a loss or a gain that the accounting system realises by itself
	// when the payment is booked, on an account that it knows. It is not to be written
	// off. The account is the one on which the hub expects it; no account, no difference.
	Difference WriteOff
}
