// Package statementtest puts a small merchant with settled payouts into a store,
// for tests of whatever reads statements.
package statementtest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// The ids of what Store makes.
const (
	Merchant = "merchant-1"
	Source   = "connection-1"
	Target   = "connection-2"
	Flow     = "flow-1"
	Run      = "run-1"
	// Booked is a payout with three exceptions, Held one of which nothing is booked.
	Booked = "payout-1"
	Held   = "payout-2"
)

const page = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// At is when everything happened.
func At() time.Time { return time.Date(2026, time.April, 2, 7, 45, 0, 0, time.UTC) }

func kronor(ore int64) money.Amount { return money.New(ore, "SEK") }

// Store puts the merchant, its connections, flow, run and payouts into a store.
func Store(ctx context.Context, store ports.Store) error {
	return store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		for _, part := range []func(context.Context, ports.Tx) error{setUp, settle, hold} {
			if err := part(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
}

func setUp(ctx context.Context, tx ports.Tx) error {
	owner := merchant.Merchant{
		ID: Merchant, Name: "Blåbärsbutiken i Åre AB", OrganisationNumber: "556016-0680", Country: "SE",
		Zone: "Europe/Stockholm", Currency: "SEK", CreatedAt: At(),
	}
	if err := tx.Merchants().Create(ctx, owner); err != nil {
		return err
	}
	for id, connector := range map[string]string{Source: "klarna", Target: "fortnox"} {
		err := tx.Connections().Create(ctx, ports.ConnectionRecord{
			Connection: merchant.Connection{
				ID: id, MerchantID: Merchant, Connector: connector, Label: connector, Settings: json.RawMessage(`{}`),
				AccountID: connector + "-4711", AccountName: owner.Name, State: merchant.Verified, CreatedAt: At(), UpdatedAt: At(),
			},
			Credentials: []byte("sealed"),
			Checks:      []ports.Check{{Name: "access", State: ports.CheckOK, Detail: "the credentials are accepted"}},
			VerifiedAt:  At(),
		})
		if err != nil {
			return err
		}
	}
	settings, err := json.Marshal(booking.Default())
	if err != nil {
		return err
	}
	err = tx.Flows().Create(ctx, merchant.Flow{
		ID: Flow, MerchantID: Merchant, Kind: merchant.Payouts, Source: Source, Target: Target, Enabled: true,
		Settings: settings, SettingsVersion: 1, Since: At().AddDate(0, 0, -3), CreatedAt: At(),
	}, "test")
	if err != nil {
		return err
	}
	if err := tx.Flows().SetEnabled(ctx, Flow, true); err != nil {
		return err
	}
	err = tx.Runs().Create(ctx, ports.Run{
		ID: Run, FlowID: Flow, MerchantID: Merchant, Trigger: "api", State: ports.RunRunning, StartedAt: At(),
	})
	if err != nil {
		return err
	}
	err = tx.Runs().Add(ctx, Run, ports.RunReport{
		PayoutsSeen: 2, PayoutsNew: 2, Created: map[ports.StepKind]int64{ports.StepVoucher: 1, ports.StepPayment: 3},
		Calls: map[string]int64{"klarna": 4, "fortnox": 21},
	})
	if err != nil {
		return err
	}
	if err := tx.Runs().Finish(ctx, Run, ports.RunDone, At().Add(time.Minute), nil); err != nil {
		return err
	}
	return tx.Audit().Append(ctx, ports.AuditEntry{MerchantID: Merchant, At: At(), By: "test", Act: "flow.enabled", Subject: Flow})
}

// fate is what became of a line.
type fate struct {
	line     payout.Line
	document string
	why      *fault.Error
}

func line(n int, kind payout.Kind, rawType, reference string, gross, fee, vat int64) payout.Line {
	return payout.Line{
		Key: fmt.Sprintf("row/%d", n), Kind: kind, RawType: rawType, Gross: kronor(gross), FeeExVAT: kronor(fee), FeeVAT: kronor(vat),
		OccurredAt: At().AddDate(0, 0, -2), References: map[payout.Reference]string{payout.MerchantReference1: reference, payout.OrderID: "order-" + reference},
		Raw: payout.Raw{Page: page, Offset: int64(n) * 300, Length: 280},
	}
}

func fates() []fate {
	return []fate{
		{line: line(1, payout.Sale, "SALE", "10001", 499_00, 0, 0), document: "1001"},
		{line: line(2, payout.Sale, "SALE", "10002", 1249_00, 0, 0), document: "1002"},
		{line: line(3, payout.Sale, "SALE", "10003", 549_00, 0, 0), why: fault.New("match.amount_differs", fault.Conflict,
			"549.00 was captured on an invoice of 499.00").WithRemedy("correct the invoice in the accounting system, or choose another document")},
		{line: line(4, payout.Sale, "SALE", "10004", 299_00, 0, 0), why: fault.New("match.no_document", fault.NotFound,
			"no invoice carries the reference 10004").WithRemedy("make the invoice, or name the document that the line settles")},
		{line: line(5, payout.Sale, "SALE", "10005", 249_00, 0, 0), why: fault.New("erp.already_paid", fault.Conflict,
			"invoice 1005 was paid by hand on account 1930").WithRemedy("adopt the payment; a voucher then moves it to the clearing account")},
		{line: line(6, payout.Refund, "RETURN", "10006", -95_00, 0, 0), document: "2006"},
		{line: line(7, payout.Fee, "FEE/PURCHASE_FEE_FIXED", "10001", 0, 17_50, 4_38)},
		{line: line(8, payout.Fee, "FEE/PURCHASE_FEE_PERCENTAGE", "10002", 0, 79_81, 19_95)},
		{line: line(9, payout.Chargeback, "REVERSAL", "10009", -799_00, 0, 0)},
		{line: line(10, payout.Reserve, "HOLDBACK", "", -200_00, 0, 0)},
	}
}

func settle(ctx context.Context, tx ports.Tx) error {
	var lines []payout.Line
	var sums []booking.Sum
	net := kronor(0)
	for _, f := range fates() {
		l := f.line
		lines = append(lines, l)
		effect, err := l.Net()
		if err != nil {
			return err
		}
		if net, err = net.Add(effect); err != nil {
			return err
		}
		sums = append(sums, booking.Sum{Kind: l.Kind, RawType: l.RawType, Lines: 1, Gross: l.Gross, FeeExVAT: l.FeeExVAT, FeeVAT: l.FeeVAT})
	}
	record := ports.PayoutRecord{
		ID: Booked, FlowID: Flow, MerchantID: Merchant, ConnectionID: Source,
		Payout: payout.Payout{Reference: "K-2026-04-02", Date: At(), Net: net, Account: "K123456", Raw: payout.Raw{Page: page, Offset: 12, Length: 900}},
		State:  payout.Booked, ConnectorVersion: "1.0.0", SettingsVersion: 1, CreatedAt: At(), UpdatedAt: At(),
	}
	if err := tx.Payouts().Create(ctx, record); err != nil {
		return err
	}
	if _, _, err := tx.Lines().Append(ctx, Booked, lines); err != nil {
		return err
	}
	raw := ports.RawPage{SHA256: page, MediaType: "application/json", Bytes: []byte(`{"test":true}`)}
	if err := tx.RawPages().Put(ctx, Source, raw, At()); err != nil && fault.Of(err) == nil {
		return err
	}
	entry, err := booking.PayoutVoucher(record.Payout, civil.Of(At()), sums, booking.Default())
	if err != nil {
		return err
	}
	content, err := json.Marshal(map[string]any{
		"series": "K", "date": entry.Voucher.Date(), "text": "Klarna K-2026-04-02", "rows": entry.Voucher.Rows(),
	})
	if err != nil {
		return err
	}
	sum, err := entry.Voucher.Sum()
	if err != nil {
		return err
	}
	steps := []ports.Step{
		done(ports.StepVoucher, "kv:1:V1;", content, "", sum, "K-12-3"),
		done(ports.StepAttachment, "kv:1:A1;", json.RawMessage(`{}`), "", money.Amount{}, "file-77"),
	}
	if err := decide(ctx, tx, &steps); err != nil {
		return err
	}
	return book(ctx, tx, steps)
}

// book plans the steps and carries them out.
func book(ctx context.Context, tx ports.Tx, steps []ports.Step) error {
	if err := tx.Steps().Plan(ctx, steps); err != nil {
		return err
	}
	for _, want := range steps {
		stored, err := tx.Steps().ByKey(ctx, want.Key)
		if err != nil {
			return err
		}
		want.ID = stored.ID
		if err := tx.Steps().Save(ctx, want); err != nil {
			return err
		}
	}
	return nil
}

func decide(ctx context.Context, tx ports.Tx, steps *[]ports.Step) error {
	stored, err := tx.Lines().After(ctx, Booked, 0, 100)
	if err != nil {
		return err
	}
	var decisions []ports.LineDecision
	for i, f := range fates() {
		d := ports.LineDecision{LineID: stored[i].ID, State: ports.LineNoDocument, Document: f.document}
		switch {
		case f.why != nil:
			d.State = ports.LineException
			if err := tx.Exceptions().Raise(ctx, exception(i, stored[i], f.why)); err != nil {
				return err
			}
		case f.document != "":
			d.State = ports.LineMatched
			d.Decision = json.RawMessage(`{"rule":{"line":"merchant_reference1","document":"external_reference_1"}}`)
			payment, err := json.Marshal(ports.Payment{DocumentNumber: f.document, Amount: f.line.Gross, Account: "1686", Date: civil.Of(At())})
			if err != nil {
				return err
			}
			step := done(ports.StepPayment, fmt.Sprintf("kv:1:L%d;", i+1), payment, f.document, f.line.Gross, fmt.Sprint(700+i))
			step.LineID = stored[i].ID
			*steps = append(*steps, step)
		}
		decisions = append(decisions, d)
	}
	return tx.Lines().Decide(ctx, decisions)
}

func exception(n int, l ports.LineRecord, why *fault.Error) ports.Exception {
	return ports.Exception{
		ID: fmt.Sprintf("exception-%d", n), MerchantID: Merchant, PayoutID: Booked, LineID: l.ID, Code: why.Code,
		Reference: l.References[payout.MerchantReference1], Reason: why.Reason, Remedy: why.Remedy, Amount: l.Gross,
		State: ports.ExceptionOpen, RaisedAt: At(),
	}
}

func done(kind ports.StepKind, key string, content json.RawMessage, document string, amount money.Amount, number string) ports.Step {
	return ports.Step{
		PayoutID: Booked, Kind: kind, Key: key, State: ports.StepDone, Content: content, Document: document, Amount: amount,
		Attempt: 1, Number: number, Outcome: ports.Created, RunID: Run, ConnectorVersion: "1.0.0", SettingsVersion: 1, OpenedAt: At(), ClosedAt: At(),
	}
}

func hold(ctx context.Context, tx ports.Tx) error {
	why := ports.FaultRecord{
		Code: payout.CodeUnknownType, Class: fault.Validation, Field: "lines", Reason: "1 line(s) are of a type that the connector does not know",
		Remedy: "see the raw types of the lines of kind unknown; a newer connector may know them", At: At(),
	}
	err := tx.Payouts().Create(ctx, ports.PayoutRecord{
		ID: Held, FlowID: Flow, MerchantID: Merchant, ConnectionID: Source,
		Payout: payout.Payout{Reference: "K-2026-04-09", Date: At().AddDate(0, 0, 7), Net: kronor(88_00), Account: "K123456"},
		State:  payout.Held, Hold: &why, CreatedAt: At(), UpdatedAt: At(),
	})
	if err != nil {
		return err
	}
	_, _, err = tx.Lines().Append(ctx, Held, []payout.Line{
		line(1, payout.Sale, "SALE", "10101", 100_00, 0, 0), line(2, payout.Unknown, "MYSTERY", "", -12_00, 0, 0),
	})
	if err != nil {
		return err
	}
	return tx.Exceptions().Raise(ctx, ports.Exception{
		ID: "exception-held", MerchantID: Merchant, PayoutID: Held, Code: why.Code, Reference: "K-2026-04-09",
		Reason: why.Reason, Remedy: why.Remedy, State: ports.ExceptionOpen, RaisedAt: At(),
	})
}
