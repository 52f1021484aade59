package amount_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/sdk/amount"
)

func Example() {
	gross, _ := amount.Swedish.Parse("1 250,00", "SEK")
	fmt.Println(amount.Takes.Of(gross)) // a refund, which the provider writes without a sign

	kronur, _ := amount.Exponents{"ISK": 2}.Amount(12300, "ISK")
	fmt.Println(kronur.Currency(), kronur)

	fee, vat, _ := amount.SplitVAT(gross, decimal.NewFromInt(25))
	fmt.Println(fee, vat)
	// Output:
	// -1250.00
	// ISK 123
	// 1000.00 250.00
}
