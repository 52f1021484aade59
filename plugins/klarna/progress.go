package main

import (
	"github.com/kvitt/kvitt/plugins/klarna/client"
)

// progress is how far the reading of a list has come.
type progress struct {
	Offset int64 `json:"offset"`
	// Total is what Klarna announced with the first page, nil if it did not.
	Total *int64 `json:"total,omitempty"`
}

// accept compares a page with what was asked for and announced before. It says
// whether more follows, or why the pages do not fit together.
func (p *progress) accept(page client.Pagination, items, size int) (more bool, why string) {
	if p.Offset == 0 {
		p.Total = page.Total
	}
	after := p.Offset + int64(items)
	switch {
	case page.Count != nil && *page.Count != int64(items):
		return false, "a page has another number of items than it says"
	case page.Offset != nil && *page.Offset != p.Offset:
		return false, "a page begins elsewhere than it was asked to"
	case (p.Total == nil) != (page.Total == nil), p.Total != nil && *p.Total != *page.Total:
		return false, "the number of items changed between two pages"
	case p.Total == nil:
		// Nothing but the count is guaranteed: a full page may have a successor.
		return items > 0 && (items >= size || page.Next != nil && *page.Next != ""), ""
	case after > *p.Total:
		return false, "there are more items than announced"
	case items == 0 && after < *p.Total:
		return false, "there are fewer items than announced"
	}
	return after < *p.Total, ""
}
