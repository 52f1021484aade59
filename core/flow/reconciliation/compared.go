package reconciliation

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// Likeness is what two documents beside each other are.
type Likeness string

// The likenesses.
const (
	Same      Likeness = "same"
	Different Likeness = "different"
	OnlyOurs  Likeness = "only_ours"
	// OnlyTheirs: kvitt neither writes the document nor has written it.
	OnlyTheirs Likeness = "only_theirs"
)

// Compared is a document of kvitt's beside one that stands in the accounting system.
type Compared struct {
	Status Likeness
	Kind   ports.StepKind
	// Key is that of ours, or empty.
	Key string
	// Ours and Theirs are vouchers, nil where there is none and for payments.
	Ours, Theirs *books.Voucher
	// Document is the invoice or credit invoice of payments.
	Document                 string
	OurPayment, TheirPayment *ports.RegisteredPayment
	// Fields are those that differ.
	Fields []FieldDifference
}

// FieldDifference is what both sides say of one thing: "date", "amount", "account", or
// the sum on one account of a voucher, debit positive, as "account 1930".
type FieldDifference struct{ Field, Ours, Theirs string }

// compareVouchers puts two vouchers beside each other. Their texts and numbers are each
// side's own.
func compareVouchers(key string, ours, theirs *books.Voucher) (Compared, error) {
	c := Compared{Kind: ports.StepVoucher, Key: key, Ours: ours, Theirs: theirs}
	if c.Status = oneSided(ours == nil, theirs == nil); c.Status != "" {
		return c, nil
	}
	c.differ("date", ours.Date.String(), theirs.Date.String())
	left, err := sumsOf(ours.Rows)
	if err != nil {
		return c, err
	}
	right, err := sumsOf(theirs.Rows)
	if err != nil {
		return c, err
	}
	accounts := maps.Clone(left)
	maps.Copy(accounts, right)
	for _, account := range slices.Sorted(maps.Keys(accounts)) {
		c.differ("account "+string(account), shown(left, account), shown(right, account))
	}
	c.judge()
	return c, nil
}

// comparePayments puts two payments of a document beside each other.
func comparePayments(key, document string, ours, theirs *ports.RegisteredPayment) Compared {
	c := Compared{Kind: ports.StepPayment, Key: key, Document: document, OurPayment: ours, TheirPayment: theirs}
	if c.Status = oneSided(ours == nil, theirs == nil); c.Status != "" {
		return c
	}
	c.differ("amount", ours.Amount.String(), theirs.Amount.String())
	c.differ("account", string(ours.Account), string(theirs.Account))
	c.differ("date", ours.Date.String(), theirs.Date.String())
	c.judge()
	return c
}

func oneSided(noOurs, noTheirs bool) Likeness {
	switch {
	case noTheirs:
		return OnlyOurs
	case noOurs:
		return OnlyTheirs
	}
	return ""
}

func (c *Compared) differ(field, ours, theirs string) {
	if ours != theirs {
		c.Fields = append(c.Fields, FieldDifference{field, ours, theirs})
	}
}

func (c *Compared) judge() {
	if c.Status = Same; len(c.Fields) > 0 {
		c.Status = Different
	}
}

// sumsOf adds up rows by account; what comes to nothing is left out.
func sumsOf(rows []ledger.Row) (map[ledger.Account]money.Amount, error) {
	sums := map[ledger.Account]money.Amount{}
	for _, r := range rows {
		sum, err := sums[r.Account].Add(r.Amount)
		if err != nil {
			return nil, err
		}
		sums[r.Account] = sum
	}
	maps.DeleteFunc(sums, func(_ ledger.Account, sum money.Amount) bool { return sum.IsZero() })
	return sums, nil
}

func shown(sums map[ledger.Account]money.Amount, account ledger.Account) string {
	if sum, there := sums[account]; there {
		return sum.String()
	}
	return ""
}

// besidePayments puts the payments of steps beside those that the accounting system
// shows on their documents, document by document. Payments that kvitt made for
// anything else are left out.
func (s *Service) besidePayments(ctx context.Context, connectionID string, steps []ports.Step) ([]Compared, error) {
	ours := map[string][]ports.Step{}
	for _, step := range steps {
		if step.Kind == ports.StepPayment {
			ours[step.Document] = append(ours[step.Document], step)
		}
	}
	var all []Compared
	for _, document := range slices.Sorted(maps.Keys(ours)) {
		theirs, err := s.parts.Payments.PaymentsOf(ctx, connectionID, document)
		if err != nil {
			return nil, err
		}
		if theirs, err = s.without(ctx, connectionID, document, ours[document], theirs); err != nil {
			return nil, err
		}
		compared, err := pairPayments(document, ours[document], theirs)
		if err != nil {
			return nil, err
		}
		all = append(all, compared...)
	}
	return all, nil
}

// without leaves out the payments of a document that kvitt made by other steps.
func (s *Service) without(ctx context.Context, connectionID, document string, ours []ports.Step, theirs []ports.RegisteredPayment) ([]ports.RegisteredPayment, error) {
	var others []ports.Step
	err := s.parts.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		others, err = tx.Steps().OfDocument(ctx, connectionID, document)
		return err
	})
	return slices.DeleteFunc(theirs, func(p ports.RegisteredPayment) bool {
		return slices.ContainsFunc(others, func(step ports.Step) bool {
			mine := slices.ContainsFunc(ours, func(o ports.Step) bool { return o.Key == step.Key })
			return !mine && step.State == ports.StepDone && step.Number == p.Number
		})
	}), err
}

// pairPayments pairs payments of one document: by number, then those of equal amount,
// then whatever is left, in order.
func pairPayments(document string, steps []ports.Step, theirs []ports.RegisteredPayment) ([]Compared, error) {
	ours := make([]ports.RegisteredPayment, len(steps))
	for i, step := range steps {
		var stored ports.Payment
		if err := json.Unmarshal(step.Content, &stored); err != nil {
			return nil, err
		}
		ours[i] = ports.RegisteredPayment{Number: step.Number, Amount: stored.Amount, Account: stored.Account, Date: stored.Date}
	}
	pairs, left := make([]*ports.RegisteredPayment, len(ours)), slices.Clone(theirs)
	for _, fits := range []func(a, b ports.RegisteredPayment) bool{
		func(a, b ports.RegisteredPayment) bool { return a.Number != "" && a.Number == b.Number },
		func(a, b ports.RegisteredPayment) bool { return a.Number == "" && a.Amount == b.Amount },
		func(a, _ ports.RegisteredPayment) bool { return a.Number == "" },
	} {
		for i := range ours {
			at := slices.IndexFunc(left, func(b ports.RegisteredPayment) bool { return fits(ours[i], b) })
			if pairs[i] != nil || at < 0 {
				continue
			}
			found := left[at]
			pairs[i], left = &found, slices.Delete(left, at, at+1)
		}
	}
	var all []Compared
	for i := range ours {
		all = append(all, comparePayments(steps[i].Key, document, &ours[i], pairs[i]))
	}
	slices.SortStableFunc(left, func(a, b ports.RegisteredPayment) int { return cmp.Compare(a.Number, b.Number) })
	for i := range left {
		all = append(all, comparePayments("", document, nil, &left[i]))
	}
	return all, nil
}
