package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

type documents struct{ *tx }

const documentSelect = `SELECT d.id, d.number, d.kind, d.currency, d.total, d.balance, d.rate, d.date, d.due, d.booked, d.cancelled, d.partial,
	w.text, d.refs, d.keys, d.claimed, d.paid `

// storedDocument is a document with the texts by which it is looked up.
type storedDocument struct {
	ports.DocumentRecord
	id   int64
	keys map[invoice.Reference]string
}

func readDocument(row scanner) (d storedDocument, err error) {
	var names, keys string
	if names, keys, err = d.read(row); err != nil {
		return d, err
	}
	d.keys = d.References
	if keys != "" {
		d.keys, err = joinReferences[invoice.Reference](names, keys)
	}
	return d, err
}

func readDocumentRecord(row scanner) (ports.DocumentRecord, error) {
	var d storedDocument
	_, _, err := d.read(row)
	return d.DocumentRecord, err
}

// read gives also the names and the values of the keys, if these differ from the
// references.
func (d *storedDocument) read(row scanner) (names, keys string, err error) {
	var currency, refs, rate string
	var total, balance, claimed, paid int64
	err = row.Scan(&d.id, &d.Number, &d.Kind, &currency, &total, &balance, text(&rate), date(&d.Date), date(&d.DueDate), &d.Booked, &d.Cancelled, &d.Partial,
		&names, &refs, text(&keys), &claimed, &paid)
	if err != nil {
		return "", "", err
	}
	in := money.Currency(currency)
	d.Total, d.Balance, d.Claimed, d.Paid = money.New(total, in), money.New(balance, in), money.New(claimed, in), money.New(paid, in)
	if d.Rate, err = number(rate); err != nil {
		return "", "", err
	}
	d.References, err = joinReferences[invoice.Reference](names, refs)
	return names, keys, err
}

func (s documents) Get(ctx context.Context, connectionID, number string) (ports.DocumentRecord, error) {
	conn, err := s.connection(ctx, connectionID)
	if err != nil {
		return ports.DocumentRecord{}, err
	}
	d, err := one(ctx, s.tx, readDocumentRecord, documentSelect+
		"FROM document d JOIN word w ON w.id = d.names WHERE d.connection = ? AND d.number = ?", conn, number)
	return d, named(err, "document")
}

func (s documents) ByKeys(ctx context.Context, connectionID string, keys []ports.DocumentKey) ([]ports.DocumentRecord, error) {
	conn, err := s.connection(ctx, connectionID)
	if err != nil {
		return nil, err
	}
	var found []ports.DocumentRecord
	seen := map[string]bool{}
	for reference, values := range byReference(keys) {
		id, known, err := s.knownWord(ctx, string(reference))
		if err != nil {
			return nil, err
		}
		if !known {
			continue
		}
		records, err := all(ctx, s.tx, readDocumentRecord, documentSelect+`FROM json_each(?) j
			CROSS JOIN document_key k ON k.connection = ? AND k.value = j.value AND k.reference = ?
			CROSS JOIN document d ON d.id = k.document CROSS JOIN word w ON w.id = d.names`, jsonArray(values), conn, id)
		if err != nil {
			return nil, err
		}
		for _, d := range records {
			if !seen[d.Number] {
				seen[d.Number] = true
				found = append(found, d)
			}
		}
	}
	slices.SortFunc(found, func(a, b ports.DocumentRecord) int { return strings.Compare(a.Number, b.Number) })
	return found, nil
}

// byReference brings together the values that are looked up under one reference.
func byReference(keys []ports.DocumentKey) map[invoice.Reference][]string {
	values := map[invoice.Reference][]string{}
	for _, k := range keys {
		values[k.Reference] = append(values[k.Reference], k.Value)
	}
	for reference, texts := range values {
		slices.Sort(texts)
		values[reference] = slices.Compact(texts)
	}
	return values
}

// knownWord gives the number of a shared text without storing it.
func (t *tx) knownWord(ctx context.Context, text string) (int64, bool, error) {
	id, err := one(ctx, t, scalar[int64], "SELECT id FROM word WHERE text = ?", text)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return id, err == nil, err
}

// Claim changes one document after the other, in the order of their index: measured
// with this driver, one statement for all of them takes a quarter longer.
func (s documents) Claim(ctx context.Context, connectionID string, claims []ports.Claim) error {
	if !s.writable {
		return errReadOnly()
	}
	conn, err := s.connection(ctx, connectionID)
	if err != nil {
		return err
	}
	for _, c := range slices.SortedStableFunc(slices.Values(claims), func(a, b ports.Claim) int { return cmp.Compare(a.Number, b.Number) }) {
		changed, err := s.exec(ctx, `UPDATE document SET claimed = claimed + ?1
			WHERE connection = ?2 AND number = ?3 AND currency = ?4
			AND CASE WHEN total < 0 THEN ?1 >= 0 OR claimed + ?1 >= balance ELSE ?1 <= 0 OR claimed + ?1 <= balance END`,
			c.Amount.Minor(), conn, c.Number, string(c.Amount.Currency()))
		if err != nil {
			return err
		}
		if changed == 0 {
			return s.refuse(ctx, conn, c)
		}
	}
	return nil
}

func (s documents) Settle(ctx context.Context, connectionID string, claim ports.Claim) error {
	if !s.writable {
		return errReadOnly()
	}
	conn, err := s.connection(ctx, connectionID)
	if err != nil {
		return err
	}
	changed, err := s.exec(ctx, `UPDATE document SET claimed = claimed - ?1, paid = paid + ?1, balance = balance - ?1
		WHERE connection = ?2 AND number = ?3 AND currency = ?4`, claim.Amount.Minor(), conn, claim.Number, claim.Amount.Currency())
	if err != nil || changed == 1 {
		return err
	}
	return s.refuse(ctx, conn, claim)
}

func (s documents) Release(ctx context.Context, connectionID string, claim ports.Claim) error {
	if !s.writable {
		return errReadOnly()
	}
	conn, err := s.connection(ctx, connectionID)
	if err != nil {
		return err
	}
	changed, err := s.exec(ctx, `UPDATE document SET paid = paid - ?1, balance = balance + ?1
		WHERE connection = ?2 AND number = ?3 AND currency = ?4`, claim.Amount.Minor(), conn, claim.Number, claim.Amount.Currency())
	if err != nil || changed == 1 {
		return err
	}
	return s.refuse(ctx, conn, claim)
}

// refuse says why no document could take a claim.
func (s documents) refuse(ctx context.Context, conn int64, claim ports.Claim) error {
	currency, err := one(ctx, s.tx, scalar[string], "SELECT currency FROM document WHERE connection = ? AND number = ?", conn, claim.Number)
	if err != nil {
		return named(err, "document")
	}
	if currency == string(claim.Amount.Currency()) {
		return fault.New(ports.CodeClaimed, fault.Temporary, "less than "+claim.Amount.String()+" is open on document "+claim.Number).
			WithRemedy("nothing: the document is read again and its lines are matched anew")
	}
	return fault.Invalid(money.CodeMixed, "currency",
		"a claim in "+string(claim.Amount.Currency())+" cannot stand against a document in "+currency)
}
