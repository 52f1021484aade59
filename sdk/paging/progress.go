package paging

// Announced is what a source says about a page of a list that is counted from its
// start. A member that it did not state is nil.
type Announced struct {
	// Count is the number of items on the page, Total that of the whole list.
	Count, Total *int64
	// Offset is where the page begins.
	Offset *int64
	// More says that the source names a next page.
	More bool
}

// Progress is how far the reading of a list has come that must not change
// meanwhile. The zero Progress is the start.
type Progress struct {
	Offset int64 `json:"offset"`
	// Total is what the source announced with the first page, nil if it did not.
	Total *int64 `json:"total,omitempty"`
}

// Valid reports whether progress that came from outside can be such.
func (p Progress) Valid() bool { return p.Offset >= 0 }

// Accept compares a page of a number of items with what was asked for, size items
// at the offset, and with what was announced before. It says whether more follows,
// or why the pages do not fit together, in which case the list must be read anew.
// Moving the offset on is left to the caller, who may not use all items.
func (p *Progress) Accept(page Announced, items, size int) (more bool, why string) {
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
		// Nothing is promised: a full page may have a successor.
		return items > 0 && (items >= size || page.More), ""
	case after > *p.Total:
		return false, "there are more items than announced"
	case items == 0 && after < *p.Total:
		return false, "there are fewer items than announced"
	}
	return after < *p.Total, ""
}
