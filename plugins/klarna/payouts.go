package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/plugins/klarna/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/paging"
	"github.com/kvitt/kvitt/sdk/upstream"
)

const (
	// widest is the number of days that are asked for at once.
	widest = 90
	// restarts is how often a day is read anew because its list moved.
	restarts = 5
)

// epoch lies before the first payout of the Settlements API.
func epoch() time.Time { return time.Date(2015, time.January, 1, 0, 0, 0, 0, time.UTC) }

// payoutCursor carries the window of days that is being read.
var payoutCursor = paging.Codec[payoutState]{Name: "payouts.2"}

// payoutState is the window of days that is being read.
//
// A window that fits on one page is one answer: nothing can move between two
// pages. One that does not is made narrower. Only a single day may take several
// pages. They overlap by one payout, and if anything shows that the list moved
// between them, the day is read again from its beginning.
type payoutState struct {
	Since time.Time `json:"since"`
	Start time.Time `json:"start"`
	Days  int       `json:"days"`
	paging.Progress
	// Last is the payout at the end of the page before, which the next page
	// repeats.
	Last     string `json:"last,omitempty"`
	Restarts int    `json:"restarts,omitempty"`
	// Seen is what earlier pages of the window have shown.
	Seen paging.Marks `json:"seen,omitempty"`
}

// Valid reports whether a state that came from outside can be one.
func (s payoutState) Valid() bool { return s.Days >= 1 && s.Days <= widest && s.Progress.Valid() }

// end is the last day of the window.
func (s *payoutState) end() time.Time { return s.Start.AddDate(0, 0, s.Days-1) }

// payoutReader reads one page of payouts.
type payoutReader struct {
	connector *Connector
	remote    *client.Client
	state     payoutState
}

// ListPayouts gives the payouts from a moment on, by days, oldest first.
func (c *Connector) ListPayouts(ctx context.Context, req ports.ListPayoutsRequest) (ports.PayoutPage, error) {
	return upstream.Serve(c.open(req.Call), func(remote *client.Client) (ports.PayoutPage, error) {
		return (&payoutReader{connector: c, remote: remote}).read(ctx, req)
	})
}

func (r *payoutReader) read(ctx context.Context, req ports.ListPayoutsRequest) (ports.PayoutPage, error) {
	if err := r.begin(req); err != nil {
		return ports.PayoutPage{}, err
	}
	page, err := r.fetch(ctx)
	if err != nil {
		return ports.PayoutPage{}, err
	}
	more, why := r.accept(page)
	if why == "" && more && r.state.Days > 1 {
		return r.narrow(ctx, req)
	}
	out := ports.PayoutPage{Payouts: r.payouts(page), Raw: []ports.RawPage{page.Raw}}
	if why != "" {
		return r.again(out, why)
	}
	r.advance(page, more)
	if !more && r.finished() {
		return out, nil
	}
	out.Next, err = payoutCursor.Write(r.state)
	return out, err
}

func (r *payoutReader) begin(req ports.ListPayoutsRequest) error {
	since := req.Since.UTC()
	if since.Before(epoch()) {
		since = epoch()
	}
	var err error
	r.state, err = payoutCursor.Read(req.Cursor, payoutState{Since: since, Start: since.Truncate(24 * time.Hour), Days: widest})
	return err
}

func (r *payoutReader) fetch(ctx context.Context) (client.Page[client.Payout], error) {
	return r.remote.Payouts(ctx, client.PayoutsQuery{
		Start: r.state.Start, End: r.state.end(), Size: r.connector.size, Offset: r.state.Offset,
	})
}

// accept says whether more of the window follows, or why the list has moved.
func (r *payoutReader) accept(page client.Page[client.Payout]) (more bool, why string) {
	more, why = r.state.Accept(page.Announced, len(page.Items), r.connector.size)
	if why != "" || r.state.Last == "" {
		return more, why
	}
	if len(page.Items) == 0 || page.Items[0].Value.PaymentReference != r.state.Last {
		return false, "the list moved between two pages"
	}
	for _, item := range page.Items[1:] {
		if r.state.Seen.Count(referenceMark(item.Value)) > 0 {
			return false, "a payout was listed twice"
		}
	}
	return more, ""
}

func referenceMark(p client.Payout) uint64 {
	return paging.Mark(identity{payout: p.PaymentReference}.digest())
}

// narrow halves a window that does not fit on one page.
func (r *payoutReader) narrow(ctx context.Context, req ports.ListPayoutsRequest) (ports.PayoutPage, error) {
	r.state.Days /= 2
	r.state.Progress, r.state.Seen = paging.Progress{}, nil
	next, err := payoutCursor.Write(r.state)
	if err != nil || r.remote.Left() == 0 {
		return ports.PayoutPage{Next: next}, err
	}
	req.Cursor = next
	return r.read(ctx, req)
}

// again begins the day anew. What the page shows is passed on all the same: the
// hub knows payouts by their reference.
func (r *payoutReader) again(out ports.PayoutPage, why string) (ports.PayoutPage, error) {
	if r.state.Restarts == restarts {
		return ports.PayoutPage{}, incomplete(why)
	}
	r.state.Restarts++
	r.state.Progress, r.state.Last, r.state.Seen = paging.Progress{}, "", nil
	var err error
	out.Next, err = payoutCursor.Write(r.state)
	return out, err
}

// advance goes on to the next page of the day, or to the next window.
func (r *payoutReader) advance(page client.Page[client.Payout], more bool) {
	if !more {
		r.state.Start = r.state.Start.AddDate(0, 0, r.state.Days)
		if r.state.Last == "" && 3*len(page.Items) < r.connector.size {
			r.state.Days = min(2*r.state.Days, widest)
		}
		r.state.Progress, r.state.Last, r.state.Restarts, r.state.Seen = paging.Progress{}, "", 0, nil
		return
	}
	var shown []uint64
	for i, item := range page.Items {
		if i > 0 || r.state.Last == "" {
			shown = append(shown, referenceMark(item.Value))
		}
	}
	r.state.Seen = r.state.Seen.With(shown)
	r.state.Offset += int64(len(page.Items)) - 1
	r.state.Last = page.Items[len(page.Items)-1].Value.PaymentReference
}

// finished reports whether the next window lies in the future. The first one may:
// whoever asks from a day to come has a clock of their own.
func (r *payoutReader) finished() bool {
	return r.state.Start.After(r.connector.today().UTC().AddDate(0, 0, 1))
}

// payouts gives the page's payouts from the moment asked for, oldest first.
func (r *payoutReader) payouts(page client.Page[client.Payout]) []payout.Payout {
	var found []payout.Payout
	for _, item := range page.Items {
		if item.Value.PayoutDate.Before(r.state.Since) {
			continue
		}
		found = append(found, mapPayout(item.Value, item.Raw(page.Raw)))
	}
	slices.SortFunc(found, func(a, b payout.Payout) int {
		return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.Reference, b.Reference))
	})
	return found
}
