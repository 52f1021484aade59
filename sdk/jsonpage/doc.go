// Package jsonpage reads the JSON of a remote system together with the place of
// every value in it, so that each row of a payout can name the bytes that it was
// read from.
//
//	items, err := jsonpage.List(page.Bytes, "data", 0, func(item jsonpage.Value, where string) (row, error) {
//		return readRow(item.Bytes, where)
//	})
//	for _, item := range items {
//		line.Raw = item.Raw(page)
//	}
//
// A member that stands twice in an object is refused: readers of JSON do not agree
// on which of the two counts.
package jsonpage
