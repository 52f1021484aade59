package main

import (
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
)

// rights are the items of a verification that must be readable for a capability:
// Fortnox gives no list of scopes and licences, it refuses each resource by itself
// (2000663 without the scope, 2001101 and 2001103 without the licence).
func rights() []struct {
	capability ports.Capability
	items      []string
} {
	return []struct {
		capability ports.Capability
		items      []string
	}{
		{ports.CapabilityDocuments, []string{"invoices"}},
		{ports.CapabilityPayments, []string{"invoice_payments"}},
		{ports.CapabilityReleases, []string{"invoice_payments"}},
		{ports.CapabilityVouchers, []string{"financial_year", "vouchers"}},
		{ports.CapabilityAttachments, []string{"inbox", "voucher_files"}},
		{ports.CapabilityChoices, []string{"financial_year", "accounts", "voucher_series", "mode_of_payment"}},
		{ports.CapabilityBooks, []string{"financial_year"}},
		{ports.CapabilityInvoices, []string{"invoices", "customers"}},
		{ports.CapabilityOrderBook, []string{"orders", "customers"}},
	}
}

// capabilities says what the company may use: what Fortnox has refused for want of a
// right, and what it has let be read. What could not be asked is left out.
func (e *examination) capabilities() {
	for _, right := range rights() {
		said := ports.CapabilityCheck{Capability: right.capability, State: ports.CapabilityVerified, Detail: "may be used"}
		for _, item := range right.items {
			if f := e.barred[item]; f != nil {
				said.State, said.Detail, said.Remedy = ports.CapabilityRefused, e.hidden.In(string(f.Code)+": "+f.Reason), e.hidden.In(f.Remedy)
				break
			}
			if !e.opened[item] {
				said.State = ports.CapabilityUnknown
			}
		}
		if said.State != ports.CapabilityUnknown {
			e.report.Capabilities = append(e.report.Capabilities, said)
		}
	}
}

// reading notes whether Fortnox lets an item be read. It returns the error.
func (e *examination) reading(item string, err error) error {
	switch f := fault.Of(err); {
	case err == nil:
		e.opened[item] = true
	case f != nil && f.Class == fault.Auth:
		e.barred[item] = f
	}
	return err
}

// permissions reads a little of everything that the connector works with, since a
// missing scope or licence shows up nowhere else. What no flow uses fails no check: it
// is told as a capability that is refused.
func (e *examination) permissions(ctx context.Context) error {
	one := client.Window{Limit: 1}
	documents := e.needs(ports.CapabilityDocuments) || e.needs(ports.CapabilityInvoices)
	for _, r := range []struct {
		name string
		// used says that flows need it, silent that it is no item where they do not.
		used, silent bool
		read         func() error
	}{
		{"invoices", documents, false, func() error { _, err := e.Invoices(ctx, client.InvoiceQuery{Window: one}); return err }},
		{"invoice_payments", e.needs(ports.CapabilityPayments), false, func() error { _, err := e.Payments(ctx, "", one); return err }},
		{"vouchers", true, false, func() error {
			if e.year == nil {
				return fault.New(client.CodeYearMissing, fault.Validation, "there is no financial year to look in").WithRemedy(client.RemedyYear)
			}
			return e.AnyVoucher(ctx, int(e.year.ID))
		}},
		// Proofs are attached wherever vouchers are made.
		{"inbox", true, false, func() error { _, err := e.Inbox(ctx); return err }},
		{"voucher_files", true, false, func() error { _, err := e.Connections(ctx, "", "", one); return err }},
		{"customers", e.sells(), true, func() error { _, err := e.Customers(ctx, "", one); return err }},
		{"orders", e.needs(ports.CapabilityOrderBook), true, func() error { _, err := e.Orders(ctx, "", one); return err }},
	} {
		err := e.reading(r.name, r.read())
		before := len(e.report.Checks)
		if err == nil {
			e.ok(r.name, "may be used")
		} else if err := e.refused(r.name, err); err != nil {
			return err
		}
		switch item := &e.report.Checks[before]; {
		case r.used:
		case r.silent:
			e.report.Checks = e.report.Checks[:before]
		case item.State == ports.CheckFailed:
			item.State = ports.CheckWarning
		}
	}
	return nil
}
