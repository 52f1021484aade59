package server

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
)

// query is the query of a request. Only one search parameter counts; Fortnox
// takes further ones without a word.
type query struct {
	values url.Values
	// search is the name of the search parameter that came first.
	search string
}

// globals are the parameters that every resource takes. Names are lower case.
func globals() []string {
	return []string{
		"limit", "page", "offset", "sortby", "sortorder", "filter", "lastmodified",
		"financialyear", "financialyeardate", "fromdate", "todate",
	}
}

func parseQuery(raw string, searches []string) (query, *company.Refusal) {
	q := query{values: url.Values{}}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(key)
		if err != nil {
			return q, badParameter()
		}
		text, err := url.QueryUnescape(value)
		if err != nil {
			return q, badParameter()
		}
		switch {
		case slices.Contains(searches, name):
			if q.search == "" {
				q.search = name
			}
		case !slices.Contains(globals(), name):
			return q, badParameter()
		}
		if !q.values.Has(name) {
			q.values.Set(name, text)
		}
	}
	return q, nil
}

func badParameter() *company.Refusal {
	return &company.Refusal{Status: 400, Code: company.CodeBadParameter, Message: "Ogiltig parameter i anropet."}
}

// number reads a parameter that must be a positive whole number.
func (q query) number(name string) (value int, given bool, refusal *company.Refusal) {
	if !q.values.Has(name) {
		return 0, false, nil
	}
	n, err := strconv.Atoi(q.values.Get(name))
	if err != nil || n < 0 {
		return 0, true, badParameter()
	}
	return n, true, nil
}

func (q query) date(name string) (value civil.Date, given bool, refusal *company.Refusal) {
	if !q.values.Has(name) {
		return "", false, nil
	}
	date, err := civil.Parse(q.values.Get(name))
	if err != nil {
		return "", true, badParameter()
	}
	return date, true, nil
}

// matches is the search of Fortnox: case does not matter and a part is enough,
// so that 123 finds 1234 and nothing finds everything.
func matches(value, searched string) bool {
	return strings.Contains(strings.ToLower(value), strings.ToLower(searched))
}
