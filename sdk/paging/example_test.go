package paging_test

import (
	"fmt"

	"github.com/kvitt/kvitt/sdk/paging"
)

// unpaid is a list that a remote system keeps.
func unpaid(offset, limit int) (page []string, total int) {
	list := []string{"1001", "1002", "1003", "1004", "1005"}
	return list[offset:min(offset+limit, len(list))], len(list)
}

// Each call of the hub reads one page and gives the cursor of the next one.
func Example() {
	const limit = 4
	codec := paging.Codec[paging.Position]{Name: "unpaid.1"}
	cursor := ""
	for {
		at, err := codec.Read(cursor, paging.Position{})
		if err != nil {
			fmt.Println(err)
			return
		}
		page, total := unpaid(at.Offset, limit)
		step, err := paging.Advance(at, page, func(number string) string { return number }, total, limit)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(page, "of which new", step.Fresh)
		if step.Last {
			return
		}
		cursor, _ = codec.Write(step.Next)
	}
	// Output:
	// [1001 1002 1003 1004] of which new [1001 1002 1003 1004]
	// [1003 1004 1005] of which new [1005]
}
