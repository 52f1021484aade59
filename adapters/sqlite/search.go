package sqlite

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/ports"
)

type search struct{ *tx }

// lookUps are the ways to find things of a kind: which of its texts, and the query.
// A query takes the spellings as a JSON array, the merchant and the limit, and gives
// merchant, id, payout, flow, connection and text.
func lookUps(kind ports.HitKind) []lookUpBy {
	switch kind {
	case ports.HitPayout:
		return []lookUpBy{
			{"id", "p.merchant, p.id, '', p.flow, p.connection, p.id FROM payout p WHERE " + is("p.id"), "p.merchant", "p.num"},
			{"reference", "p.merchant, p.id, '', p.flow, p.connection, p.reference FROM payout p WHERE " + is(normal("p.reference")), "p.merchant", "p.num"},
		}
	case ports.HitDocument:
		const of = "c.merchant, d.number, '', '', c.id, "
		return []lookUpBy{
			{"number", of + "d.number FROM document d CROSS JOIN connection c ON c.num = d.connection WHERE " + is(normal("d.number")), "c.merchant", "d.id"},
			// A document has its keys under names, which is of no use here: the text is the same.
			{"reference", of + "k.value FROM connection c CROSS JOIN document_key k ON k.connection = c.num CROSS JOIN document d ON d.id = k.document WHERE " + is("k.value"), "c.merchant", "d.id"},
		}
	case ports.HitStep:
		const of = "coalesce(p.merchant, f.merchant), s.id, p.id, coalesce(p.flow, s.flow), '', "
		const from = " FROM step s LEFT JOIN payout p ON p.num = s.payout LEFT JOIN flow f ON f.id = s.flow WHERE "
		const owner = "coalesce(p.merchant, f.merchant)"
		return []lookUpBy{
			{"number", of + "s.number" + from + "s.number <> '' AND " + is(normal("s.number")), owner, "s.id"},
			{"document", of + "s.document" + from + "s.document <> '' AND " + is("s.document"), owner, "s.id"},
			{"key", of + "s.key" + from + is("s.key"), owner, "s.id"},
		}
	case ports.HitOrder:
		return []lookUpBy{
			{"number", "o.merchant, o.number, '', '', '', o.number FROM customer_order o WHERE " + is(normal("o.number")), "o.merchant", "o.number"},
			{"number", "c.merchant, o.number, '', '', c.id, o.number FROM shop_order o CROSS JOIN connection c ON c.id = o.connection WHERE " + is(normal("o.number")), "c.merchant", "o.num"},
			{"purchase", "c.merchant, p.id, '', '', c.id, n.name FROM connection c CROSS JOIN purchase_name n ON n.connection = c.id CROSS JOIN purchase p ON p.num = n.purchase WHERE " + is("n.name"), "c.merchant", "p.num"},
		}
	case ports.HitEvent:
		const of = "e.merchant, e.id, '', '', '', "
		return []lookUpBy{
			{"id", of + "e.id FROM event e WHERE " + is("e.id"), "e.merchant", "e.num"},
			{"key", of + "e.key FROM event e WHERE " + is(normal("e.key")), "e.merchant", "e.num"},
			{"transaction", of + "e.trade FROM event e WHERE " + is(normal("e.trade")), "e.merchant", "e.num"},
			{"order", of + "e.customer_order FROM event e WHERE e.customer_order <> '' AND " + is(normal("e.customer_order")), "e.merchant", "e.num"},
			{"reference", of + "e.reference FROM event e WHERE e.reference <> '' AND " + is(normal("e.reference")), "e.merchant", "e.num"},
		}
	case ports.HitException:
		const of = "x.merchant, x.id, p.id, '', '', "
		const from = " FROM exception x LEFT JOIN payout p ON p.num = x.payout WHERE "
		return []lookUpBy{
			{"id", of + "x.id" + from + is("x.id"), "x.merchant", "x.num"},
			{"reference", of + "x.reference" + from + "x.reference <> '' AND " + is(normal("x.reference")), "x.merchant", "x.num"},
			{"document", of + "x.document" + from + "x.document <> '' AND " + is(normal("x.document")), "x.merchant", "x.num"},
			{"order", of + "x.customer_order" + from + "x.customer_order <> '' AND " + is(normal("x.customer_order")), "x.merchant", "x.num"},
		}
	case ports.HitRun:
		return []lookUpBy{{"id", "r.merchant, r.id, '', r.flow, '', r.id FROM run r WHERE " + is("r.id"), "r.merchant", "r.num"}}
	case ports.HitLine: // their references are looked up by hash
		return []lookUpBy{{"correction", "p.merchant, c.line, p.id, '', '', c.value FROM line_correction c CROSS JOIN payout p ON p.num = c.line >> 28 WHERE " +
			is(normal("c.value")), "p.merchant", "c.line"}}
	}
	return nil
}

// lookUpBy is one of them. Owner and order are the columns of the merchant and of the
// order in which things are listed.
type lookUpBy struct{ field, query, owner, order string }

func (l lookUpBy) sql() string {
	return "SELECT " + l.query + " AND (?2 = '' OR " + l.owner + " = ?2) ORDER BY " + l.order + " LIMIT ?3"
}

// normal is the form in which the indexes of the search hold a text.
func normal(column string) string { return "upper(ltrim(rtrim(" + column + "), '0# '))" }

func is(expression string) string { return expression + " IN (SELECT value FROM json_each(?1))" }

// spellings gives the ways in which an index may hold a text of which the normalised
// one is given: as it is written, and with letters outside ASCII in either case.
func spellings(text, key string) []string {
	ascii := func(r rune) rune {
		if r <= unicode.MaxASCII {
			return unicode.ToUpper(r)
		}
		return r
	}
	lower := func(r rune) rune {
		if r > unicode.MaxASCII {
			return unicode.ToLower(r)
		}
		return r
	}
	text = strings.TrimSpace(text)
	written := strings.Map(ascii, strings.TrimLeft(text, "0# "))
	all := []string{text, key, strings.Map(lower, key), written}
	slices.Sort(all)
	return slices.Compact(all)
}

func (s search) Find(ctx context.Context, wanted ports.Search, limit int) ([]ports.Hit, error) {
	if err := limitOf(limit, maxPage); err != nil {
		return nil, err
	}
	key := matching.Normalise(wanted.Text)
	if key == "" {
		return nil, nil
	}
	found := finds{key: key, limit: limit, seen: map[string]bool{}}
	if wanted.Kind == ports.HitLine {
		if err := s.lines(ctx, wanted.MerchantID, &found); err != nil {
			return nil, err
		}
	}
	texts := jsonArray(spellings(wanted.Text, key))
	for _, by := range lookUps(wanted.Kind) {
		rows, err := all(ctx, s.tx, readFound, by.sql(), texts, wanted.MerchantID, limit)
		if err != nil {
			return nil, err
		}
		for _, f := range rows {
			f.Kind, f.Field = wanted.Kind, by.field
			if f.Kind == ports.HitLine {
				id, _ := strconv.ParseInt(f.ID, 10, 64) // it was a number in the database
				f.Ordinal = ordinalOf(id)
			}
			found.add(f)
		}
	}
	return found.list, nil
}

func readFound(row scanner) (f ports.Hit, err error) {
	err = row.Scan(&f.MerchantID, &f.ID, text(&f.PayoutID), text(&f.FlowID), &f.ConnectionID, &f.Value)
	return f, err
}

// lines finds lines by their references, newest payouts first. A hash may stand for
// another text too, so the line itself is asked.
func (s search) lines(ctx context.Context, merchantID string, found *finds) error {
	before := block{payout: math.MaxInt64}
	for done := false; !done && !found.full(); {
		var ids []int64
		var err error
		if ids, done, err = s.withHash(ctx, hashed(found.key), merchantID, &before); err != nil {
			return err
		}
		for part := range slices.Chunk(ids, found.limit) {
			if found.full() {
				return nil
			}
			records, err := s.lineRecords(ctx, lineSelect+"WHERE l.id IN (SELECT value FROM json_each(?)) ORDER BY l.id DESC", jsonNumbers(part))
			if err != nil {
				return err
			}
			for _, r := range records {
				if err := s.addLine(ctx, r, found); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s search) addLine(ctx context.Context, r ports.LineRecord, found *finds) error {
	owner, err := one(ctx, s.tx, scalar[string], "SELECT merchant FROM payout WHERE id = ?", r.PayoutID)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(r.References)) {
		found.add(ports.Hit{
			Kind: ports.HitLine, MerchantID: owner, ID: strconv.FormatInt(r.ID, 10), Field: string(name), Value: r.References[name],
			PayoutID: r.PayoutID, Ordinal: r.Ordinal,
		})
	}
	return nil
}

// finds gathers what carries a key, each thing once.
type finds struct {
	key   string
	limit int
	seen  map[string]bool
	list  []ports.Hit
}

func (f *finds) full() bool { return len(f.list) >= f.limit }

func (f *finds) add(found ports.Hit) {
	id := found.MerchantID + "\x00" + found.ID
	if found.Kind == ports.HitDocument { // another system may have the same number
		id += "\x00" + found.ConnectionID
	}
	if f.full() || f.seen[id] || matching.Normalise(found.Value) != f.key {
		return
	}
	f.seen[id] = true
	f.list = append(f.list, found)
}
