package settlement

import (
	"context"
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// recordProven keeps the events that lines prove: payment and deposit of a sale, refund
// and credit of a refund. They book nothing, because the payout does; they let the
// merchant see what the provider has still to account for. Only lines that are
// planned for the first time, or that events of the shop settle now, are looked at,
// and only of a merchant who has linked a payment method to the connection.
func (w *work) recordProven(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, lines []ports.LineRecord, by *sold) error {
	if len(by.methods) == 0 {
		return nil
	}
	var proven []ports.EventRecord
	for _, l := range lines {
		if l.State != ports.LinePending && !by.lines[l.ID] {
			continue
		}
		events, err := w.provenBy(ctx, tx, p, l, by.methods)
		if err != nil {
			return err
		}
		proven = append(proven, events...)
	}
	if len(proven) == 0 {
		return nil
	}
	for at := 0; at < len(proven); at += ports.MaxBatch {
		if err := tx.Events().Create(ctx, proven[at:min(at+ports.MaxBatch, len(proven))]); err != nil {
			return err
		}
	}
	return w.wakeEvents(ctx, tx)
}

// linkedMethods gives the payment methods whose money the flow's source pays out.
func (w *work) linkedMethods(ctx context.Context, tx ports.Tx) ([]payment.Method, error) {
	all, err := tx.Methods().List(ctx, w.flow.MerchantID, ports.Page{Limit: 1000})
	var linked []payment.Method
	for _, m := range all {
		if m.Connection == w.flow.Source {
			linked = append(linked, m.Method)
		}
	}
	return linked, err
}

// provenBy gives the events that a line proves. A line that names no transaction,
// and one whose events are recorded already, proves none.
func (w *work) provenBy(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, l ports.LineRecord, methods []payment.Method) ([]ports.EventRecord, error) {
	events, err := payment.Proven(l.Line, methods[0].ID)
	if err != nil || len(events) == 0 || events[0].Transaction == "" {
		return nil, err
	}
	method, err := methodOf(ctx, tx, w.flow.MerchantID, events[0].Transaction, methods)
	if err != nil || method == "" {
		return nil, err
	}
	var records []ports.EventRecord
	for n, e := range events {
		e.Method, e.Key = method, provenPrefix(p.ID, l.Ordinal)+strconv.Itoa(n+1)
		if e.At.IsZero() || e.Kind == payment.Deposit || e.Kind == payment.Credit {
			e.At = p.Date
		}
		if e.Kind == payment.Deposit || e.Kind == payment.Credit {
			e.Reference = p.Reference // money moved with the payout
		}
		_, err := tx.Events().ByKey(ctx, w.flow.MerchantID, e.Key)
		if err == nil {
			return nil, nil
		}
		if fault.CodeOf(err) != ports.CodeNotFound {
			return nil, err
		}
		records = append(records, ports.EventRecord{
			ID: identify("ev-", w.flow.MerchantID, e.Key), MerchantID: w.flow.MerchantID, Event: e,
			State: ports.EventRecorded, RegisteredAt: w.clock.Now().UTC(),
		})
	}
	return records, nil
}

// methodOf gives the method of a transaction: the one that the shop told, or else the
// first that is linked. It is empty if the shop told one that is not linked.
func methodOf(ctx context.Context, tx ports.Tx, merchantID, transaction string, methods []payment.Method) (string, error) {
	told, err := tx.Events().List(ctx, merchantID, ports.EventFilter{Transaction: transaction}, 0, 1)
	if err != nil {
		return "", err
	}
	if len(told) == 0 {
		return methods[0].ID, nil
	}
	for _, m := range methods {
		if m.ID == told[0].Method {
			return m.ID, nil
		}
	}
	return "", nil
}

// wakeEvents lets the merchant's flow of events go on: a summary of the sales of a
// payout may be due.
func (w *work) wakeEvents(ctx context.Context, tx ports.Tx) error {
	flows, err := tx.Flows().List(ctx, w.flow.MerchantID, ports.Page{Limit: 1000})
	if err != nil {
		return err
	}
	for _, f := range flows {
		if f.Kind == merchant.Events {
			return tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.AdvanceFlow, Subject: f.ID})
		}
	}
	return nil
}
