package sqlite

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/ports"
)

var (
	insertDocuments = newBulk(16, "INSERT INTO document (id, connection, number, kind, currency, total, balance, rate, date, due, booked, cancelled, partial, "+
		"names, refs, keys)",
		" ON CONFLICT (connection, number) DO UPDATE SET kind = excluded.kind, currency = excluded.currency, "+
			"total = excluded.total, balance = excluded.balance, rate = excluded.rate, date = excluded.date, due = excluded.due, booked = excluded.booked, "+
			"cancelled = excluded.cancelled, partial = excluded.partial, names = excluded.names, refs = excluded.refs, keys = excluded.keys") //nolint:gochecknoglobals // a constant in all but name
	insertDocumentKeys = newBulk(4, "INSERT INTO document_key (connection, value, reference, document)",
		" ON CONFLICT DO NOTHING") //nolint:gochecknoglobals // a constant in all but name
	insertSearches = newBulk(4, "INSERT INTO document_search (connection, value, reference, at)",
		" ON CONFLICT (connection, value, reference) DO UPDATE SET at = max(at, excluded.at)") //nolint:gochecknoglobals // a constant in all but name
)

// Upsert writes the documents that are new or changed and, where references
// changed, their keys. New documents get their ids here, so that their keys need
// not ask for them.
func (s documents) Upsert(ctx context.Context, connectionID string, docs []invoice.Document, normalise func(string) string) error {
	if !s.writable {
		return errReadOnly()
	}
	if len(docs) > ports.MaxBatch {
		return errBatch(len(docs))
	}
	conn, err := s.connection(ctx, connectionID)
	if err != nil {
		return err
	}
	latest := latestOf(docs)
	before, err := s.byNumber(ctx, conn, latest)
	if err != nil {
		return err
	}
	lastID, err := one(ctx, s.tx, scalar[int64], "SELECT coalesce(max(id), 0) FROM document")
	if err != nil {
		return err
	}
	var values []any
	changes := make([]keyChange, 0, len(latest))
	for _, d := range latest {
		old, known := before[d.Number]
		keys := normalised(d.References, normalise)
		if known && sameDocument(old.Document, d) && maps.Equal(old.keys, keys) {
			continue
		}
		if !known {
			lastID++
			old.id = lastID
		}
		if values, err = s.documentValues(ctx, values, old.id, conn, d, keys); err != nil {
			return err
		}
		changes = append(changes, keyChange{document: old.id, from: old.keys, to: keys})
	}
	if err := insertDocuments.run(ctx, s.tx, values); err != nil {
		return err
	}
	return s.replaceKeys(ctx, conn, changes)
}

// latestOf gives each document once, as it was shown last.
func latestOf(docs []invoice.Document) []invoice.Document {
	place := make(map[string]int, len(docs))
	latest := make([]invoice.Document, 0, len(docs))
	for _, d := range docs {
		if i, again := place[d.Number]; again {
			latest[i] = d
			continue
		}
		place[d.Number] = len(latest)
		latest = append(latest, d)
	}
	return latest
}

func (s documents) byNumber(ctx context.Context, conn int64, docs []invoice.Document) (map[string]storedDocument, error) {
	numbers := make([]string, len(docs))
	for i, d := range docs {
		numbers[i] = d.Number
	}
	found, err := all(ctx, s.tx, readDocument, documentSelect+`FROM json_each(?) j
		CROSS JOIN document d ON d.connection = ? AND d.number = j.value CROSS JOIN word w ON w.id = d.names`, jsonArray(numbers), conn)
	if err != nil {
		return nil, err
	}
	byNumber := make(map[string]storedDocument, len(found))
	for _, d := range found {
		byNumber[d.Number] = d
	}
	return byNumber, nil
}

func sameDocument(a, b invoice.Document) bool {
	return a.Kind == b.Kind && a.Total == b.Total && a.Balance == b.Balance && a.Rate.Equal(b.Rate) && a.Date == b.Date && a.DueDate == b.DueDate &&
		a.Booked == b.Booked && a.Cancelled == b.Cancelled && a.Partial == b.Partial && maps.Equal(a.References, b.References)
}

func normalised(references map[invoice.Reference]string, normalise func(string) string) map[invoice.Reference]string {
	keys := make(map[invoice.Reference]string, len(references))
	for reference, value := range references {
		keys[reference] = normalise(value)
	}
	return keys
}

func (s documents) documentValues(ctx context.Context, values []any, id, conn int64, d invoice.Document, keys map[invoice.Reference]string) ([]any, error) {
	if d.Balance.Currency() != d.Total.Currency() {
		return nil, errInvalid("balance", "a document's balance has the currency of its total")
	}
	names, refs := splitReferences(d.References)
	namesID, err := s.word(ctx, names)
	if err != nil {
		return nil, err
	}
	_, keyValues := splitReferences(keys)
	if keyValues == refs {
		keyValues = ""
	}
	return append(values, id, conn, d.Number, d.Kind, d.Total.Currency(), d.Total.Minor(), d.Balance.Minor(), numeral(d.Rate), orNull(d.Date.String()), orNull(d.DueDate.String()),
		d.Booked, d.Cancelled, d.Partial, namesID, refs, orNull(keyValues)), nil
}

// keyChange is what a document's keys were and shall be.
type keyChange struct {
	document int64
	from, to map[invoice.Reference]string
}

// replaceKeys changes the keys of documents. New ones are inserted in the order of
// the table, so that neighbours land on one page.
func (s documents) replaceKeys(ctx context.Context, conn int64, changes []keyChange) error {
	var rows []keyRow
	for _, c := range changes {
		for reference, value := range c.from {
			if c.to[reference] == value {
				continue
			}
			if err := s.dropKey(ctx, conn, c.document, reference, value); err != nil {
				return err
			}
		}
		for reference, value := range c.to {
			if value == "" || c.from[reference] == value {
				continue
			}
			word, err := s.word(ctx, string(reference))
			if err != nil {
				return err
			}
			rows = append(rows, keyRow{value, word, c.document})
		}
	}
	slices.SortFunc(rows, func(a, b keyRow) int {
		return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.reference, b.reference), cmp.Compare(a.document, b.document))
	})
	values := make([]any, 0, len(rows)*insertDocumentKeys.columns)
	for _, row := range rows {
		values = append(values, conn, row.value, row.reference, row.document)
	}
	return insertDocumentKeys.run(ctx, s.tx, values)
}

type keyRow struct {
	value     string
	reference int64
	document  int64
}

func (s documents) dropKey(ctx context.Context, conn, document int64, reference invoice.Reference, value string) error {
	word, err := s.word(ctx, string(reference))
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, "DELETE FROM document_key WHERE connection = ? AND value = ? AND reference = ? AND document = ?",
		conn, value, word, document)
	return err
}

func (s documents) Searched(ctx context.Context, connectionID string, keys []ports.DocumentKey, since time.Time) (map[ports.DocumentKey]bool, error) {
	conn, err := s.connection(ctx, connectionID)
	if err != nil {
		return nil, err
	}
	searched := map[ports.DocumentKey]bool{}
	for reference, values := range byReference(keys) {
		id, known, err := s.knownWord(ctx, string(reference))
		if err != nil {
			return nil, err
		}
		if !known {
			continue
		}
		found, err := all(ctx, s.tx, scalar[string], `SELECT s.value FROM json_each(?) j CROSS JOIN document_search s
			ON s.connection = ? AND s.value = j.value AND s.reference = ? WHERE s.at >= ?`, jsonArray(values), conn, id, sortable(since))
		if err != nil {
			return nil, err
		}
		for _, value := range found {
			searched[ports.DocumentKey{Reference: reference, Value: value}] = true
		}
	}
	return searched, nil
}

func (s documents) MarkSearched(ctx context.Context, connectionID string, keys []ports.DocumentKey, at time.Time) error {
	if !s.writable {
		return errReadOnly()
	}
	conn, err := s.connection(ctx, connectionID)
	if err != nil {
		return err
	}
	values := make([]any, 0, len(keys)*insertSearches.columns)
	for _, k := range keys {
		word, err := s.word(ctx, string(k.Reference))
		if err != nil {
			return err
		}
		values = append(values, conn, k.Value, word, sortable(at))
	}
	return insertSearches.run(ctx, s.tx, values)
}
