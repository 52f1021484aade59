package dev

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// payouts reads every payout of the simulator's world, proves it and plans what it
// comes to in the books.
func (t *trial) payouts(ctx context.Context) {
	since := t.stage.Plan.Since
	raw := rawPages{}
	var all []payout.Payout
	ok := t.pages(ctx, "ListPayouts", "ListPayouts", func(call ports.Call, cursor string) (string, error) {
		page, err := t.connector.ListPayouts(ctx, ports.ListPayoutsRequest{
			Call: call, Cursor: cursor, Since: midnight(since),
		})
		all = append(all, page.Payouts...)
		raw.keep(page.Raw)
		return page.Next, err
	})
	if !ok {
		t.result.unread = append(t.result.unread, "payout ")
	}
	if ok && len(all) == 0 {
		t.result.done("no payouts since " + since.String())
	}
	for _, p := range all {
		where := "payout " + p.Reference
		t.result.facts[where] = fact{"net": p.Net.String() + " " + string(p.Net.Currency()), "date": p.Date.Format(time.RFC3339), "hold": p.HoldReason}
		t.pointer(where, p.Raw, raw)
		t.payout(ctx, p)
		if ctx.Err() != nil {
			return
		}
	}
}

// reading is one payout while its lines are read.
type reading struct {
	payout payout.Payout
	sums   map[payout.Kind]payout.KindSum
	tally  booking.Tally
	keys   map[string]bool
	raw    rawPages
	wrong  bool
}

func (t *trial) payout(ctx context.Context, p payout.Payout) {
	where := "payout " + p.Reference
	r := &reading{payout: p, sums: map[payout.Kind]payout.KindSum{}, keys: map[string]bool{}, raw: rawPages{}}
	before := len(t.result.Findings)
	ok := t.pages(ctx, "ListPayoutLines", where, func(call ports.Call, cursor string) (string, error) {
		page, err := t.connector.ListPayoutLines(ctx, ports.ListPayoutLinesRequest{Call: call, Reference: p.Reference, Cursor: cursor})
		r.raw.keep(page.Raw)
		for _, l := range page.Lines {
			t.line(r, l)
		}
		return page.Next, err
	})
	if !ok {
		t.result.unread = append(t.result.unread, where+", line ")
	}
	if ok && !r.wrong {
		t.prove(r)
	}
	if slices.Contains(t.stage.Plan.Unproven, p.Reference) {
		t.expectHeld(p, before)
	}
}

// expectHeld takes back the findings about a payout of which the plan says that it
// must be held.
func (t *trial) expectHeld(p payout.Payout, before int) {
	if len(t.result.Findings) == before && p.HoldReason == "" {
		t.result.wrong("payout "+p.Reference, "", errProven)
		return
	}
	if p.HoldReason == "" {
		t.result.done(fmt.Sprintf("payout %s: held, as the plan expects (%s)", p.Reference, fault.CodeOf(t.result.Findings[before].Err)))
	}
	t.result.Findings = t.result.Findings[:before]
}

var errProven = errors.New("the plan lists it as unproven, but it adds up")

// line checks one line and adds it up.
func (t *trial) line(r *reading, l payout.Line) {
	where := "payout " + r.payout.Reference + ", line " + l.Key
	t.result.facts[where] = factOf(l)
	fail := func(err error) {
		r.wrong = true
		t.result.wrong(where, t.show(r.raw.at(l.Raw)), err)
	}
	if r.keys[l.Key] {
		fail(fault.Invalid(payout.CodeLineInvalid, "key", "another line of the payout has the same key").
			WithRemedy("make the key of what tells the provider's rows apart, the same at every reading"))
		return
	}
	r.keys[l.Key] = true
	if err := l.Validate(); err != nil {
		fail(err)
		return
	}
	if l.Kind == payout.Unknown { // it can be added up all the same
		t.result.wrong(where, t.show(r.raw.at(l.Raw)), fault.Invalid(payout.CodeUnknownType, "raw_type", "the connector does not know what a row of type \""+l.RawType+"\" means").
			WithRemedy("give the type its kind; until then every payout with such a row is held"))
	}
	t.pointer(where, l.Raw, r.raw)
	sum, err := r.sums[l.Kind].Add(l)
	if err == nil {
		r.sums[l.Kind] = sum
		err = r.tally.Add(l, false)
	}
	if err != nil {
		fail(err)
	}
}

// pointer checks that what was read says where it was read.
func (t *trial) pointer(where string, at payout.Raw, pages rawPages) {
	if at == (payout.Raw{}) {
		t.result.wrong(where, "", fault.Invalid(payout.CodeLineInvalid, "raw", "it does not say from which bytes it was read").
			WithRemedy("point to the page, offset and length of the row; auditors follow it"))
		return
	}
	if pages.at(at) == nil {
		t.result.wrong(where, "", fault.Invalid(payout.CodeLineInvalid, "raw", fmt.Sprintf("it points to %d bytes at %d of a page that was not sent or is shorter", at.Length, at.Offset)).
			WithRemedy("send the page with the answer whose lines point to it"))
	}
}

// prove adds the lines up and plans the voucher.
func (t *trial) prove(r *reading) {
	p, where := r.payout, "payout "+r.payout.Reference
	if p.HoldReason != "" {
		t.result.done(fmt.Sprintf("%s: %d line(s), held by the connector: %s", where, len(r.keys), p.HoldReason))
		return
	}
	proof, err := payout.Prove(p, kindSums(r.sums))
	if err != nil {
		t.result.wrong(where, t.show(r.raw.at(p.Raw)), err)
		return
	}
	if !proof.Difference.IsZero() {
		t.result.wrong(where, "", notProven(p, proof))
		return
	}
	if r.sums[payout.Unknown].Lines > 0 {
		return // said of the lines
	}
	entry, err := booking.PayoutVoucher(p, civil.Of(p.Date), r.tally.Sums(), booking.Default())
	summary := fmt.Sprintf("%s: %d line(s) add up to %s %s", where, proof.Lines, p.Net, p.Net.Currency())
	switch {
	case err != nil:
		summary += "; the default settings do not book it: " + err.Error()
	default:
		summary += fmt.Sprintf("; voucher of %d row(s)", len(entry.Voucher.Rows()))
		for _, open := range entry.Open {
			summary += fmt.Sprintf(", %d line(s) %s stay on clearing (%s)", open.Lines, open.RawType, open.Fault.Code)
		}
	}
	t.result.done(summary)
}

func notProven(p payout.Payout, proof payout.Proof) error {
	sum, err := p.Net.Add(proof.Difference)
	if err != nil {
		return err
	}
	return fault.Invalid(payout.CodeProofFailed, "net", fmt.Sprintf("Σ net = %s, the provider says %s, difference %s %s (gross %s, refunds %s, fees %s, VAT on fees %s, reserves %s, other %s)",
		sum, p.Net, proof.Difference, p.Net.Currency(), proof.Gross, proof.Refunds, proof.Fees, proof.FeeVAT, proof.Reserves, proof.Other)).
		WithRemedy("look for a row that was not read, was read twice, or has the wrong sign; the difference is often one row's amount, or twice that")
}

func kindSums(by map[payout.Kind]payout.KindSum) []payout.KindSum {
	var list []payout.KindSum
	for _, kind := range payout.Kinds() {
		if sum, ok := by[kind]; ok {
			list = append(list, sum)
		}
	}
	return list
}

func factOf(l payout.Line) fact {
	f := fact{
		"kind": string(l.Kind), "raw type": l.RawType, "gross": l.Gross.String(), "fee": l.FeeExVAT.String(), "VAT on the fee": l.FeeVAT.String(),
		"VAT rate": l.FeeVATRate, "group": l.Group, "currency": string(l.Gross.Currency()), "synthesised": strconv.FormatBool(l.Synthesised),
	}
	if !l.OccurredAt.IsZero() {
		f["occurred at"] = l.OccurredAt.Format(time.RFC3339)
	}
	for name, value := range l.References {
		f[string(name)] = value
	}
	return f
}

// rawPages are pages as received, by their hash.
type rawPages map[string][]byte

func (r rawPages) keep(pages []ports.RawPage) {
	for _, page := range pages {
		r[page.SHA256] = page.Bytes
	}
}

// at gives the bytes that a pointer names, nil if there are none.
func (r rawPages) at(p payout.Raw) []byte {
	page, ok := r[p.Page]
	if !ok || p.Offset < 0 || p.Length <= 0 || p.Offset > int64(len(page)) || p.Length > int64(len(page))-p.Offset {
		return nil
	}
	return page[p.Offset : p.Offset+p.Length]
}
