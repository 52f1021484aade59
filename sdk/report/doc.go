// Package report reads the CSV files in which providers report payouts.
//
// Columns are found by their names, wherever they stand, because providers add and
// move them and let merchants rename them. Each row knows its line and its place in
// the file, byte for byte, whatever the encoding, so that a line of a payout can
// name what it was read from. What is wrong is told with row and column.
//
//	layout := report.Layout{Columns: []report.Column{{Name: "Amount"}, {Name: "Order", Optional: true}}}
//	rows, err := layout.Rows(page.Bytes)
//	for _, row := range rows {
//		gross, err := row.Amount("Amount", amount.Swedish, "SEK")
//		line.Raw = row.Raw(page)
//	}
package report
