package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
)

// accrual is the accounting method under which invoices are booked when they are
// made (fakturametoden).
const accrual = "ACCRUAL"

// financialYear checks the year of today, and in its last month the next one too:
// years are made by hand each winter, and series and accounts belong to them.
func (e *examination) financialYear(ctx context.Context) error {
	year, ok, err := e.askYear(ctx, e.today)
	if e.reading("financial_year", err) != nil {
		return e.refused("financial_year", err)
	}
	if !ok {
		e.failed("financial_year", "no financial year holds "+e.today.String(), client.RemedyYear)
		return nil
	}
	e.year = &year
	detail := fmt.Sprintf("year %d from %s to %s", year.ID, year.FromDate, year.ToDate)
	switch year.AccountingMethod {
	case accrual:
		e.ok("financial_year", detail)
		e.ok("accounting_method", "invoices are booked when they are made")
	default:
		e.ok("financial_year", detail)
		e.failed("accounting_method", "the company books invoices when they are paid (kontantmetoden)",
			"kvitt marks invoices paid only under fakturametoden; change the method in Fortnox or book payouts by hand")
	}
	const ahead = 31
	if next := year.ToDate.AddDays(1); e.today.AddDays(ahead).Before(next) {
		return nil
	} else if _, ok, err := e.YearOf(ctx, next); err != nil {
		return e.refused("next_financial_year", err)
	} else if !ok {
		e.warn("next_financial_year", "no financial year holds "+next.String(), client.RemedyYear)
		return nil
	}
	e.ok("next_financial_year", "the next financial year is there")
	return nil
}

func (e *examination) lockedPeriod(ctx context.Context) error {
	locked, err := e.LockedUntil(ctx)
	switch {
	case err != nil:
		return e.refused("locked_period", err)
	case locked.IsZero():
		e.ok("locked_period", "nothing is locked")
	case locked.Before(e.today):
		e.ok("locked_period", "locked until "+locked.String())
	default:
		e.warn("locked_period", "locked until "+locked.String()+", so nothing can be booked today", "open the period in Fortnox")
	}
	return nil
}

// accounts checks that every account that the flows book on exists, is active and
// asks for nothing that kvitt does not give.
func (e *examination) accounts(ctx context.Context) error {
	expected := e.expect[expectAccount]
	if e.year == nil {
		return e.noYear("accounts")
	}
	found, err := all(client.MaxLimit, func(a client.Account) string { return string(a.Number) },
		func(w client.Window) (client.Page[client.Account], error) { return e.Accounts(ctx, int(e.year.ID), w) })
	if e.reading("accounts", err) != nil {
		return e.refused("accounts", err)
	}
	chart := map[string]client.Account{}
	for _, a := range found {
		chart[string(a.Number)] = a
	}
	var wrong []string
	for _, number := range expected {
		if reason := unusable(chart, number); reason != "" {
			wrong = append(wrong, number+" "+reason)
		}
	}
	if len(wrong) > 0 {
		e.failed("accounts", strings.Join(wrong, "; "), "correct these accounts in Fortnox, or choose others in the settings of the flow")
		return nil
	}
	e.ok("accounts", count(len(expected), "account")+" of the settings found among "+count(len(chart), "account"))
	return nil
}

func unusable(chart map[string]client.Account, number string) string {
	const mandatory = "MANDATORY"
	account, ok := chart[number]
	switch {
	case !ok:
		return "does not exist"
	case !bool(account.Active):
		return "is not active"
	case account.CostCenterSettings == mandatory:
		return "demands a cost center"
	case account.ProjectSettings == mandatory:
		return "demands a project"
	}
	return ""
}

func (e *examination) voucherSeries(ctx context.Context) error {
	if e.year == nil {
		return e.noYear("voucher_series")
	}
	found, err := all(client.MaxLimit, func(s client.Series) string { return string(s.Code) },
		func(w client.Window) (client.Page[client.Series], error) { return e.Series(ctx, int(e.year.ID), w) })
	if e.reading("voucher_series", err) != nil {
		return e.refused("voucher_series", err)
	}
	manual := map[string]bool{}
	for _, s := range found {
		manual[string(s.Code)] = bool(s.Manual)
	}
	var wrong []string
	for _, code := range e.expect[expectSeries] {
		if open, exists := manual[code]; !exists {
			wrong = append(wrong, code+" does not exist in the year")
		} else if !open {
			wrong = append(wrong, code+" does not take manual vouchers")
		}
	}
	if len(wrong) > 0 {
		e.failed("voucher_series", strings.Join(wrong, "; "),
			"make the series in Fortnox (Inställningar, Bokföring, Verifikationsserier) and allow manual vouchers, or choose another one")
		return nil
	}
	e.ok("voucher_series", count(len(e.expect[expectSeries]), "series")+" of the settings found")
	return nil
}

func (e *examination) modeOfPayment(ctx context.Context) error {
	wanted := slices.Clone(e.expect[expectMode])
	if e.settings.ModeOfPayment != "" {
		wanted = append(wanted, e.settings.ModeOfPayment)
	}
	known, err := all(client.MaxLimit, func(m client.Mode) string { return string(m.Code) },
		func(w client.Window) (client.Page[client.Mode], error) { return e.Modes(ctx, w) })
	if e.reading("mode_of_payment", err) != nil {
		return e.refused("mode_of_payment", err)
	}
	missing := slices.DeleteFunc(wanted, func(code string) bool {
		return slices.ContainsFunc(known, func(m client.Mode) bool { return string(m.Code) == code })
	})
	switch {
	case len(missing) > 0:
		e.failed("mode_of_payment", strings.Join(missing, ", ")+" does not exist",
			"make the mode of payment in Fortnox (Inställningar, Fakturering, Betalningssätt), or leave the setting out")
	case e.settings.ModeOfPayment == "":
		e.ok("mode_of_payment", "none is chosen; payments name their account alone")
	default:
		e.ok("mode_of_payment", "payments are shown as "+e.settings.ModeOfPayment)
	}
	return nil
}

// termsOfPayment checks those of the settings, for flows that make documents.
func (e *examination) termsOfPayment(ctx context.Context) error {
	code := e.settings.TermsOfPayment
	if code == "" || !e.sells() {
		return nil
	}
	err := e.Terms(ctx, code)
	if fault.ClassOf(err) == fault.NotFound {
		e.failed("terms_of_payment", code+" does not exist",
			"add the terms of payment in Fortnox (Inställningar, Fakturering, Betalningsvillkor), or leave the setting out")
		return nil
	}
	if err != nil {
		return e.refused("terms_of_payment", err)
	}
	e.ok("terms_of_payment", "documents are due by "+code)
	return nil
}

// predefinedAccounts are those that Fortnox itself posts payments to, and the rounding of
// invoices. Where kvitt makes invoices, they fail without receivables and rounding.
func (e *examination) predefinedAccounts(ctx context.Context) error {
	page, err := e.Predefined(ctx)
	if err != nil {
		return e.refused("predefined_accounts", err)
	}
	set := map[string]bool{}
	for _, p := range page.Items {
		set[string(p.Name)] = p.Account != "" && p.Account != "0"
	}
	missing := slices.DeleteFunc([]string{"CUSTCLAIM", "ROUNDOFF", "CURRENCYWIN", "CURRENCYLOSS"}, func(name string) bool { return set[name] })
	if len(missing) > 0 {
		say := e.warn
		if e.needs(ports.CapabilityInvoices) && (slices.Contains(missing, "CUSTCLAIM") || slices.Contains(missing, "ROUNDOFF")) {
			say = e.failed
		}
		say("predefined_accounts", "no account is set for "+strings.Join(missing, ", "),
			"set them in Fortnox (Inställningar, Bokföring, Förvalda konton)")
		return nil
	}
	e.ok("predefined_accounts", "receivables, rounding and currency differences have accounts")
	return nil
}

// currencies asks Fortnox only if something else than kronor is in use: the
// currency of the books cannot be missing.
func (e *examination) currencies(ctx context.Context) error {
	foreign := slices.DeleteFunc(slices.Clone(e.expect[expectCurrency]), func(code string) bool { return code == string(booksCurrency) })
	if len(foreign) == 0 {
		e.ok("currencies", "only "+string(booksCurrency)+" is in use")
		return nil
	}
	page, err := e.Currencies(ctx)
	if err != nil {
		return e.refused("currencies", err)
	}
	missing := slices.DeleteFunc(foreign, func(code string) bool {
		return slices.ContainsFunc(page.Items, func(c client.Currency) bool { return string(c.Code) == code })
	})
	if len(missing) > 0 {
		e.failed("currencies", strings.Join(missing, ", ")+" is not added in Fortnox", "add the currency in Fortnox (Register, Valutor)")
		return nil
	}
	e.ok("currencies", "all currencies in use are added")
	return nil
}

func (e *examination) noYear(name string) error {
	e.failed(name, "there is no financial year to look in", client.RemedyYear)
	return nil
}

func count(n int, noun string) string {
	if n != 1 && noun != "series" {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
