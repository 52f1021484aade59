package client

import (
	"encoding/json"
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// Item is something that Klarna listed, with its place in the page.
type Item[T any] struct {
	Value T
	// Offset and Length are those of its JSON object in the bytes of the page.
	Offset, Length int64
}

// Page is one answer of a list.
type Page[T any] struct {
	Items      []Item[T]
	Pagination Pagination
	Raw        ports.RawPage
}

// Pagination is what Klarna says about a page. Of its members only the count is
// guaranteed; one that is missing is nil.
type Pagination struct {
	Count  *int64  `json:"count"`
	Total  *int64  `json:"total"`
	Offset *int64  `json:"offset"`
	Next   *string `json:"next"`
}

// readPage reads a list. The items stand under the given name; in faults they
// are counted from offset on, as in the whole list.
func readPage[T any](raw ports.RawPage, name string, offset int64, read func([]byte, string) (T, error)) (Page[T], error) {
	page := Page[T]{Raw: raw}
	listed, paged := false, false
	err := eachMember(raw.Bytes, func(member string, value []byte, at int64) error {
		switch member {
		case name:
			if listed {
				return unreadable("the answer has two lists of " + name)
			}
			listed = true
			return page.readItems(value, at, name, offset, read)
		case "pagination":
			paged = true
			return json.Unmarshal(value, &page.Pagination)
		}
		return nil
	})
	if f := fault.Of(err); f != nil {
		return Page[T]{}, f
	}
	switch {
	case err != nil:
		return Page[T]{}, unreadable("the answer is not the list of " + name + " that Klarna documents").Wrap(err)
	case !listed || !paged:
		return Page[T]{}, unreadable("the answer lacks " + name + " or pagination")
	}
	return page, nil
}

func (p *Page[T]) readItems(list []byte, at int64, name string, first int64, read func([]byte, string) (T, error)) error {
	return eachElement(list, func(i int, value []byte, offset int64) error {
		item, err := read(value, name+"["+strconv.FormatInt(first+int64(i), 10)+"]")
		if err != nil {
			return err
		}
		p.Items = append(p.Items, Item[T]{Value: item, Offset: at + offset, Length: int64(len(value))})
		return nil
	})
}

// readWhole reads an answer that is one object.
func readWhole[T any](body []byte, read func([]byte, string) (T, error)) (Item[T], error) {
	if err := eachMember(body, func(string, []byte, int64) error { return nil }); err != nil {
		return Item[T]{}, unreadable("the answer is not a JSON object").Wrap(err)
	}
	value, err := read(body, "")
	if err != nil {
		return Item[T]{}, err
	}
	return Item[T]{Value: value, Length: int64(len(body))}, nil
}
