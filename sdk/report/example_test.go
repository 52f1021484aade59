package report_test

import (
	"fmt"

	"github.com/kvitt/kvitt/sdk/amount"
	"github.com/kvitt/kvitt/sdk/report"
	"github.com/kvitt/kvitt/sdk/upstream"
)

func Example() {
	answer := upstream.Answer{Body: []byte("Order;Debit;Credit\n1001;;1 250,00\n1002;99,50;\n")}
	page := answer.Raw()
	settlement := report.Layout{Columns: []report.Column{{Name: "Order"}, {Name: "Debit"}, {Name: "Credit"}}}
	rows, err := settlement.Rows(page.Bytes)
	if err != nil {
		fmt.Println(err)
		return
	}
	format := amount.Swedish
	format.Empty = true
	for _, row := range rows {
		debit, _ := row.Amount("Debit", format, "SEK")
		credit, _ := row.Amount("Credit", format, "SEK")
		effect, _ := amount.DebitCredit(debit, credit)
		raw := row.Raw(page)
		fmt.Println(row.Text("Order"), effect, string(page.Bytes[raw.Offset:raw.Offset+raw.Length]))
	}
	// Output:
	// 1001 1250.00 1001;;1 250,00
	// 1002 -99.50 1002;99,50;
}
