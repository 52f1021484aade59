package statement

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// Document is something that was or will be written to the accounting system.
type Document struct {
	ports.Step
	// Voucher is what a voucher says, nil for other kinds.
	Voucher *posting.Voucher
	// ReversedBy is the key of the step that takes it back, or empty.
	ReversedBy string
}

// NewDocument gives a step as a document.
func NewDocument(s ports.Step) (Document, error) { return document(s) }

// Documents lists what was planned for a payout, in that order; after is an id.
func (r *Reader) Documents(ctx context.Context, payoutID string, after int64, limit int) ([]Document, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) ([]Document, error) {
		if _, err := tx.Payouts().Get(ctx, payoutID); err != nil {
			return nil, err
		}
		steps, err := tx.Steps().List(ctx, payoutID, after, limit)
		if err != nil {
			return nil, err
		}
		documents := make([]Document, 0, len(steps))
		for _, s := range steps {
			d, err := document(s)
			if err != nil {
				return nil, err
			}
			back, err := tx.Steps().Reversing(ctx, s.Key)
			if err != nil && fault.CodeOf(err) != ports.CodeNotFound {
				return nil, err
			}
			d.ReversedBy = back.Key
			documents = append(documents, d)
		}
		return documents, nil
	})
}

// Written sums up what was written for a payout of one kind.
type Written struct {
	Kind ports.StepKind
	// Done and Open count documents that exist and that do not, or not yet.
	Done, Open int64
	// Lowest and Highest are the numbers between which those of the written ones lie.
	// There may be others' numbers between them.
	Lowest, Highest string
}

// Books is everything that concerns a payout as a whole in the books: its
// vouchers, and how many documents of each kind there are.
type Books struct {
	Vouchers []Document
	Written  []Written
}

// Books gives what was written for a payout.
func (r *Reader) Books(ctx context.Context, payoutID string) (Books, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) (Books, error) {
		var b Books
		err := walk.Steps(ctx, tx, payoutID, func(s ports.Step) error {
			b.count(s)
			if s.Kind != ports.StepVoucher && s.Kind != ports.StepCorrection {
				return nil
			}
			d, err := document(s)
			b.Vouchers = append(b.Vouchers, d)
			return err
		})
		return b, err
	})
}

func (b *Books) count(s ports.Step) {
	at := 0
	for at < len(b.Written) && b.Written[at].Kind != s.Kind {
		at++
	}
	if at == len(b.Written) {
		b.Written = append(b.Written, Written{Kind: s.Kind})
	}
	w := &b.Written[at]
	if s.State != ports.StepDone {
		w.Open++
		return
	}
	w.Done++
	if s.Number == "" {
		return
	}
	if w.Lowest == "" || compareNumbers(s.Number, w.Lowest) < 0 {
		w.Lowest = s.Number
	}
	if compareNumbers(s.Number, w.Highest) > 0 {
		w.Highest = s.Number
	}
}

// compareNumbers puts numbers of documents in the order in which people count: "K-9"
// comes before "K-10".
func compareNumbers(a, b string) int {
	for a != "" && b != "" {
		headA, digitsA, restA := cutDigits(a)
		headB, digitsB, restB := cutDigits(b)
		if order := cmp.Or(strings.Compare(headA, headB), cmp.Compare(len(digitsA), len(digitsB)), strings.Compare(digitsA, digitsB)); order != 0 {
			return order
		}
		a, b = restA, restB
	}
	return cmp.Compare(len(a), len(b))
}

// cutDigits splits off a text up to and with its first run of digits, less leading zeros.
func cutDigits(text string) (head, digits, rest string) {
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	from := strings.IndexFunc(text, digit)
	if from < 0 {
		return text, "", ""
	}
	rest = strings.TrimLeftFunc(text[from:], digit)
	return text[:from], strings.TrimLeft(text[from:len(text)-len(rest)], "0"), rest
}

func document(s ports.Step) (Document, error) {
	d := Document{Step: s}
	if s.Kind != ports.StepVoucher && s.Kind != ports.StepCorrection {
		return d, nil
	}
	d.Voucher = &posting.Voucher{}
	if err := json.Unmarshal(s.Content, d.Voucher); err != nil {
		return Document{}, fmt.Errorf("reading the voucher of step %d: %w", s.ID, err)
	}
	return d, nil
}

// on gives what a document puts on an account, debit positive.
func (d Document) on(account ledger.Account) (money.Amount, error) {
	if d.Voucher != nil {
		var sum money.Amount
		for _, row := range d.Voucher.Rows {
			if row.Account != account {
				continue
			}
			var err error
			if sum, err = sum.Add(row.Amount); err != nil {
				return money.Amount{}, err
			}
		}
		return sum, nil
	}
	if d.Kind != ports.StepPayment && d.Kind != ports.StepRelease {
		return money.Amount{}, nil
	}
	var payment ports.Payment
	if err := json.Unmarshal(d.Content, &payment); err != nil {
		return money.Amount{}, fmt.Errorf("reading the payment of step %d: %w", d.ID, err)
	}
	if payment.Account != account {
		return money.Amount{}, nil
	}
	return payment.Amount, nil
}
