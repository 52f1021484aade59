package jsonpage_test

import (
	"encoding/json"
	"fmt"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/sdk/jsonpage"
	"github.com/kvitt/kvitt/sdk/upstream"
)

type sale struct{ Amount int64 }

func readSale(item jsonpage.Value, where string) (sale, error) {
	var read sale
	if err := json.Unmarshal(item.Bytes, &read); err != nil {
		return sale{}, fault.Invalid(payout.CodeLineInvalid, where, "this is not a sale").From(fault.Upstream)
	}
	return read, nil
}

func ExampleList() {
	answer := upstream.Answer{Body: []byte(`{"data":[{"amount":500},{"amount":700}]}`)}
	page := answer.Raw()
	sales, err := jsonpage.List(page.Bytes, "data", 0, readSale)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range sales {
		raw := s.Raw(page)
		fmt.Println(s.Value.Amount, raw.Offset, raw.Length)
	}
	// Output:
	// 500 9 14
	// 700 24 14
}
