package ports

import (
	"context"

	"github.com/kvitt/kvitt/core/payout"
)

// PageReader reads pages of rows again that were kept as they were received, so that
// what a connector makes of them today can be compared with what one made of them
// then.
type PageReader interface {
	// ReadPayoutPage gives the lines of one page by the very rules of ListPayoutLines.
	// It makes no call to the remote system. The pages of a payout come in the order in
	// which they were read.
	ReadPayoutPage(ctx context.Context, req PageRequest) (PageReading, error)
}

// PageRequest is a page as it was received.
type PageRequest struct {
	// Call has a grant of 0, and the credentials as they were entered, but for those that
	// access tokens are bought with.
	Call
	Reference string
	// Payout is the bytes from which the payout itself was read, empty if they were not
	// kept.
	Payout []byte
	Page   RawPage
	// Until bounds the rows of the page: those that begin at this byte or behind it were
	// read from a later page. 0 means that all count.
	Until int64
	// Cursor is empty for the first page, else PageReading.Next of the page before.
	Cursor string
}

// PageReading is the lines of a page.
type PageReading struct {
	// Lines are at most 1000.
	Lines []payout.Line
	// Next is what the page after this one needs to know of those before.
	Next string
}
