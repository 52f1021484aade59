package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/kvitt/kvitt/sdk/upstream"
)

// MaxLimit is the most items that Fortnox puts on a page.
const MaxLimit = 500

// Window is the part of a list to read.
type Window struct {
	Offset int
	// Limit is at most MaxLimit; 0 means MaxLimit.
	Limit int
}

func (w Window) into(query url.Values) url.Values {
	if query == nil {
		query = url.Values{}
	}
	limit := w.Limit
	if limit == 0 {
		limit = MaxLimit
	}
	query.Set("limit", strconv.Itoa(limit))
	if w.Offset > 0 {
		query.Set("offset", strconv.Itoa(w.Offset))
	}
	return query
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	// Total is how many items the whole list has at this moment, -1 if the answer
	// does not tell.
	Total int
	// Answered is Fortnox's own time, zero if the answer does not tell.
	Answered time.Time
}

// list reads one page of a list.
func list[T any](ctx context.Context, c *Client, target, wrapper string) (Page[T], error) {
	req := upstream.Request{Method: http.MethodGet, URL: target, Header: accepting(typeJSON)}
	answer, err := c.http.Do(ctx, req)
	if err != nil {
		return Page[T]{}, err
	}
	page := Page[T]{Total: total(answer.Body)}
	if at, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		page.Answered = at
	}
	if err := unwrap(req, answer, wrapper, &page.Items); err != nil {
		return Page[T]{}, err
	}
	return page, nil
}

// total reads MetaInformation, which the published schema leaves out of most
// lists although the API always gives it.
func total(body []byte) int {
	var meta struct {
		MetaInformation *struct {
			Total *Int `json:"@TotalResources"`
		}
	}
	if json.Unmarshal(body, &meta) != nil || meta.MetaInformation == nil || meta.MetaInformation.Total == nil {
		return -1
	}
	return int(*meta.MetaInformation.Total)
}
