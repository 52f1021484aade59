package rest

import (
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// usualPage is how many items a page has if the caller does not say.
const usualPage = 50

// pageOf asks for one item more than the caller wants, which tells whether there
// is a next page.
func pageOf(limit int, after string) ports.Page {
	return ports.Page{After: after, Limit: sizeOf(limit) + 1}
}

func sizeOf(limit int) int {
	if limit == 0 {
		return usualPage
	}
	return limit
}

// answered turns what was found into a page of the API and its next cursor.
func answered[T, A any](found []T, limit int, cursor func(T) string, answer func(T) A) (items []A, next string) {
	if size := sizeOf(limit); len(found) > size {
		found = found[:size]
		next = cursor(found[size-1])
	}
	items = make([]A, 0, len(found))
	for _, f := range found {
		items = append(items, answer(f))
	}
	return items, next
}

// ordinal reads a cursor that counts.
func ordinal(after string) (int64, error) {
	if after == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(after, 10, 64)
	if err != nil || n < 0 {
		return 0, fault.Invalid(CodeInvalid, "after", "this is not the cursor of a page before")
	}
	return n, nil
}

// amount writes an amount and its currency, both empty if it is not set.
func amount(a money.Amount) (decimal, currency string) {
	if a.Currency() == "" {
		return "", ""
	}
	return a.String(), string(a.Currency())
}

// whole writes an amount of a known currency, also one that is not set.
func whole(a money.Amount, currency money.Currency) string {
	if a.Currency() == "" {
		a = money.Zero(currency)
	}
	return a.String()
}
