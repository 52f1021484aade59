package dev

import (
	"context"
	"fmt"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// CodeNotFoundAgain: a second attempt does not find what the first one made.
const CodeNotFoundAgain fault.Code = "dev.not_found_again"

// documents lists what is unpaid.
func (t *trial) documents(ctx context.Context) {
	count := 0
	ok := t.pages(ctx, "ListDocuments", "ListDocuments", func(call ports.Call, cursor string) (string, error) {
		page, err := t.connector.ListDocuments(ctx, ports.ListDocumentsRequest{Call: call, Cursor: cursor})
		count += len(page.Documents)
		for _, d := range page.Documents {
			t.result.facts["document "+d.Number] = fact{
				"kind": string(d.Kind), "total": d.Total.String(), "balance": d.Balance.String(), "date": d.Date.String(),
			}
		}
		return page.Next, err
	})
	if !ok {
		t.result.unread = append(t.result.unread, "document ")
		return
	}
	t.result.done(fmt.Sprintf("%d document(s) listed", count))
}

// voucher books one voucher and asks for it once more, as the hub does when it has
// not heard what became of the first attempt.
func (t *trial) voucher(ctx context.Context) {
	writing := t.stage.Plan.Writing
	if writing == nil || writing.CounterAccount == "" || writing.Series == "" {
		t.result.done("no voucher booked: the plan names no account, counter_account and series under \"writing\"")
		return
	}
	const amount = 1_00
	currency := money.Currency(writing.Currency)
	voucher, err := ledger.New(writing.Date, "kvitt dev", []ledger.Row{
		{Account: ledger.Account(writing.Account), Amount: money.New(amount, currency)},
		{Account: ledger.Account(writing.CounterAccount), Amount: money.New(-amount, currency)},
	})
	if err != nil {
		t.result.wrong("the plan", "", err)
		return
	}
	var numbers [2]ports.VoucherNumber
	for i, want := range []ports.Outcome{ports.Created, ports.Found} {
		var booked ports.VoucherResult
		where := fmt.Sprintf("voucher, attempt %d", i+1)
		ok := t.do(ctx, "EnsureVoucher", where, func(call ports.Call) (err error) {
			booked, err = t.connector.EnsureVoucher(ctx, ports.VoucherRequest{
				Write:  ports.Write{Call: t.recovery(call, "EnsureVoucher", i+1), Key: fmt.Sprintf("kv:dev%d:V1;", t.number), Attempt: i + 1},
				Series: writing.Series, Voucher: voucher,
			})
			return err
		})
		if !ok {
			return
		}
		numbers[i] = booked.Number
		if booked.Outcome != want || numbers[0] != numbers[i] {
			t.result.wrong(where, "", fault.New(CodeNotFoundAgain, fault.Validation,
				fmt.Sprintf("it gives voucher %s as %s where voucher %s is to be %s", booked.Number, booked.Outcome, numbers[0], want)).
				WithRemedy("from attempt 2 on, look for the key before anything is made; otherwise a lost answer becomes a second voucher"))
			return
		}
	}
	t.result.done(fmt.Sprintf("voucher %s booked, and found again by its key", numbers[0]))
}

// recovery gives the call the grant of a later attempt.
func (t *trial) recovery(call ports.Call, operation string, attempt int) ports.Call {
	if declared, ok := t.about.Operation(operation); ok && attempt > 1 && declared.RecoveryCalls > 0 {
		call.Grant = declared.RecoveryCalls
	}
	return call
}
