// Package invoicing is the flows of orders, invoices and refunds: it reads orders at a
// payment service provider with what was captured and refunded of them, and makes an
// order, an invoice for each capture and a credit invoice for each refund in the
// accounting system.
//
// What is made is a draft first. It is booked once the accounting system has shown that
// it holds what was asked for, row by row and in total; a draft that differs waits for
// a person.
//
// The three flows of a pair of connections share what is read. Each plans its own
// documents and waits for those of the others that they rest on: an invoice for its
// order, a credit invoice for its invoice.
package invoicing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/start"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// Faults of the flows.
const (
	// CodeNoFlow: no flow reads orders of the connection.
	CodeNoFlow fault.Code = "order.no_flow"
	// CodeMadeElsewhere: somebody else has made an invoice for the capture.
	CodeMadeElsewhere fault.Code = "invoice.made_elsewhere"
	// CodeOriginalMissing: nobody knows the invoice that a refund credits.
	CodeOriginalMissing fault.Code = "credit.original_missing"
	// CodeRowsAssumed: rows were shared over the VAT rates in proportion; look at them.
	CodeRowsAssumed fault.Code = "invoice.rows_assumed"
	// CodeRateInvalid: the country has no such VAT rate on the day of the sale.
	CodeRateInvalid fault.Code = "vat.rate_invalid"
	// CodeNotAbout: the exception is about something else.
	CodeNotAbout fault.Code = "exception.not_about_documents"
)

// Log takes what support wants to read; a hclog.Logger is one.
type Log interface {
	Info(message string, pairs ...any)
	Warn(message string, pairs ...any)
	Error(message string, pairs ...any)
}

// Options bound the work. All are required.
type Options struct {
	// Slice is how long Advance works before it gives way.
	Slice time.Duration
	// Attempts is how often an open write, or a failing reading, is tried.
	Attempts int
}

// Service runs the flows. It is safe for concurrent use.
type Service struct {
	store   ports.Store
	desk    *remote.Desk
	clock   ports.BusinessClock
	machine func() time.Time
	rates   tax.Table
	log     Log
	options Options
}

// New makes the service; rates says which VAT rates there are, machine bounds slices.
func New(store ports.Store, desk *remote.Desk, clock ports.BusinessClock, machine func() time.Time, rates tax.Table, log Log, options Options) *Service {
	return &Service{store: store, desk: desk, clock: clock, machine: machine, rates: rates, log: log, options: options}
}

// Start opens a run of a flow and asks for its work. A flow that is running already
// gets no second run.
func (s *Service) Start(ctx context.Context, flowID, trigger string) (ports.Run, error) {
	var run ports.Run
	err := s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		run, _, err = start.Enabled(ctx, tx, flowID, trigger, s.machine())
		return err
	})
	return run, err
}

// Advance moves a flow on by a slice: it reads what is due, plans what can be planned
// and writes what is planned. It is done when nothing is left to do now; else it wants
// to be called again. It can be stopped anywhere, also by a crash.
func (s *Service) Advance(ctx context.Context, flowID string) (done bool, err error) {
	w, err := s.open(ctx, flowID)
	if err != nil || !w.flow.Enabled {
		return err == nil, err
	}
	if err := w.rematchLater(ctx); err != nil {
		return false, err
	}
	end := s.machine().Add(s.options.Slice)
	if w.run.Open() {
		read, err := w.readDue(ctx, end)
		if err != nil {
			return w.run.Stumble(ctx, err)
		}
		if !read {
			return false, w.run.Pause(ctx)
		}
	}
	if w.flow.Mode == merchant.Shadow { // a plan made now would be stale once the flow may write
		return true, w.finish(ctx)
	}
	if err := posting.Forgo(ctx, s.store, w.flow); err != nil {
		return false, err
	}
	if err := w.plan(ctx); err != nil { // planning looks for what others have made
		if w.run.Open() || remote.Awaited(fault.Of(err)) {
			return w.run.Stumble(ctx, err)
		}
		return false, err
	}
	return w.post(ctx, end)
}

// identify makes an id that is the same whenever it is made from the same parts.
func identify(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return prefix + hex.EncodeToString(sum[:8])
}
