package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
)

const (
	usualLimit   = 100
	largestLimit = 500
)

// list is one page of a list with its wrapper.
type list struct {
	wrapper                   string
	resources, pages, current int
	items                     []any
}

// MarshalJSON puts MetaInformation before the items, as Fortnox does.
func (l list) MarshalJSON() ([]byte, error) {
	meta, err := json.Marshal(struct {
		Resources int `json:"@TotalResources"`
		Pages     int `json:"@TotalPages"`
		Current   int `json:"@CurrentPage"`
	}{l.resources, l.pages, l.current})
	if err != nil {
		return nil, err
	}
	items, err := json.Marshal(l.items)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(`{"MetaInformation":`)
	b.Write(meta)
	b.WriteString(`,"` + l.wrapper + `":`)
	b.Write(items)
	b.WriteString(`}`)
	return b.Bytes(), nil
}

// page cuts the page that a request asks for out of all items and shows it.
func page[T any](q query, wrapper string, all []T, show func(T) any) (answer, *company.Refusal) {
	limit, given, refusal := q.number("limit")
	if refusal != nil || (given && limit == 0) {
		return answer{}, badParameter()
	}
	if !given {
		limit = usualLimit
	}
	limit = min(limit, largestLimit)
	number, given, refusal := q.number("page")
	if refusal != nil || (given && number == 0) {
		return answer{}, badParameter()
	}
	number = max(number, 1)
	start := (number - 1) * limit
	if offset, given, refusal := q.number("offset"); refusal != nil {
		return answer{}, refusal
	} else if given {
		start, number = offset, offset/limit+1
	}
	l := list{
		wrapper: wrapper, resources: len(all), pages: (len(all) + limit - 1) / limit, current: number, items: []any{},
	}
	for i := min(start, len(all)); i < min(start+limit, len(all)); i++ {
		l.items = append(l.items, show(all[i]))
	}
	return answer{status: http.StatusOK, body: l}, nil
}

// sorted orders items by one of the named fields; without sortby they stay.
func sorted[T any](q query, items []T, fields map[string]func(a, b T) int) ([]T, *company.Refusal) {
	descending := false
	switch q.values.Get("sortorder") {
	case "", "ascending":
	case "descending":
		descending = true
	default:
		return nil, badParameter()
	}
	compare := func(T, T) int { return 0 }
	if name := q.values.Get("sortby"); name != "" {
		field, known := fields[name]
		if !known {
			return nil, badParameter()
		}
		compare = field
	}
	items = slices.Clone(items)
	if descending {
		slices.Reverse(items)
	}
	slices.SortStableFunc(items, func(a, b T) int {
		if descending {
			return compare(b, a)
		}
		return compare(a, b)
	})
	return items, nil
}

// changedSince makes the test for lastmodified.
func (c *call) changedSince() (func(stamp string) bool, *company.Refusal) {
	if !c.query.values.Has("lastmodified") {
		return func(string) bool { return true }, nil
	}
	since, err := civil.ParseStamp(c.query.values.Get("lastmodified"))
	if err != nil {
		return nil, badParameter()
	}
	exclusive := c.company.Switches.LastModifiedExclusive
	return func(stamp string) bool { return stamp > since || (stamp == since && !exclusive) }, nil
}

// between makes the test for a pair of date parameters.
func (c *call) between(from, to string) (func(civil.Date) bool, *company.Refusal) {
	first, _, refusal := c.query.date(from)
	if refusal != nil {
		return nil, refusal
	}
	last, bounded, refusal := c.query.date(to)
	if refusal != nil {
		return nil, refusal
	}
	return func(d civil.Date) bool { return d >= first && (!bounded || d <= last) }, nil
}
