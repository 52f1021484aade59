package porttest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

func same(s string) string { return s }

func docs(d ...invoice.Document) []invoice.Document { return d }

func aDocument(number string, balance int64, reference string) invoice.Document {
	return invoice.Document{
		Number: number, Kind: invoice.Invoice, Total: sek(1000), Balance: sek(balance),
		Date: civil.Date{Year: 2026, Month: 3, Day: 30}, Booked: true,
		References: map[invoice.Reference]string{invoice.ExternalReference1: reference, invoice.OCR: "ocr" + number},
	}
}

func external(value string) ports.DocumentKey {
	return ports.DocumentKey{Reference: invoice.ExternalReference1, Value: value}
}

func numbersOf(records []ports.DocumentRecord) []string {
	numbers := []string{}
	for _, r := range records {
		numbers = append(numbers, r.Number)
	}
	return numbers
}

func aRawPage(text string) ports.RawPage {
	sum := sha256.Sum256([]byte(text))
	return ports.RawPage{SHA256: hex.EncodeToString(sum[:]), MediaType: "application/json", Bytes: []byte(text)}
}

func rawPages(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"a page comes back byte by byte, also an empty and a long one": func(w *world) {
			for _, text := range []string{`{"a":1}`, "", strings.Repeat("0123456789abcdef", 1<<16)} {
				page := aRawPage(text)
				w.update(func(ctx context.Context, tx ports.Tx) { w.ok(tx.RawPages().Put(ctx, thePSP, page, start())) })
				w.view(func(ctx context.Context, tx ports.Tx) {
					got, err := tx.RawPages().Get(ctx, thePSP, page.SHA256)
					w.ok(err)
					require.Equal(w, page.SHA256, got.SHA256)
					require.Equal(w, page.MediaType, got.MediaType)
					require.Equal(w, text, string(got.Bytes))
				})
			}
		},
		"the same bytes again are no error; each connection has its own": func(w *world) {
			page := aRawPage("x")
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.RawPages().Put(ctx, thePSP, page, start()))
				w.ok(tx.RawPages().Put(ctx, thePSP, page, day(1)))
				_, err := tx.RawPages().Get(ctx, theERP, page.SHA256)
				w.missing(err)
				w.missing(tx.RawPages().Put(ctx, "nobody", page, start()))
			})
		},
		"bytes that do not have the stated hash are refused": func(w *world) {
			page := aRawPage("x")
			page.Bytes = []byte("y")
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.fails(ports.CodeInvalid, tx.RawPages().Put(ctx, thePSP, page, start()))
			})
		},
	})
}

func documents(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"a document comes back as the system shows it": func(w *world) {
			credit := aDocument("1002", -500, "B")
			credit.Kind, credit.Total, credit.DueDate = invoice.Credit, sek(-500), civil.Date{Year: 2026, Month: 4, Day: 30}
			credit.Booked, credit.Cancelled, credit.Partial = false, true, true
			bare := invoice.Document{Number: "1003", Kind: invoice.Invoice, Total: sek(5), Balance: sek(5)}
			foreign := aDocument("1004", 1000, "C")
			foreign.Total, foreign.Balance, foreign.Rate = money.New(100, "EUR"), money.New(40, "EUR"), decimal.RequireFromString("11.2034")
			want := docs(aDocument("1001", 1000, "A"), credit, bare, foreign)
			w.update(func(ctx context.Context, tx ports.Tx) { w.ok(tx.Documents().Upsert(ctx, theERP, want, same)) })
			w.view(func(ctx context.Context, tx ports.Tx) {
				for _, d := range want {
					got, err := tx.Documents().Get(ctx, theERP, d.Number)
					w.ok(err)
					require.Equal(w, ports.DocumentRecord{Document: d, Claimed: money.Zero(d.Total.Currency()), Paid: money.Zero(d.Total.Currency())}, got)
				}
				_, err := tx.Documents().Get(ctx, theERP, "nobody")
				w.missing(err)
				_, err = tx.Documents().Get(ctx, thePSP, "1001")
				w.missing(err)
			})
			foreign.Rate = decimal.RequireFromString("11.5")
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Documents().Upsert(ctx, theERP, docs(foreign), same))
				got, err := tx.Documents().Get(ctx, theERP, "1004")
				w.ok(err)
				require.Equal(w, foreign, got.Document, "another rate is a change")
			})
		},
		"a payment that is taken back leaves the document as it was": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Documents().Upsert(ctx, theERP, docs(aDocument("1001", 1000, "A")), same))
				before, err := tx.Documents().Get(ctx, theERP, "1001")
				w.ok(err)
				paid := ports.Claim{Number: "1001", Amount: sek(600)}
				w.ok(tx.Documents().Claim(ctx, theERP, []ports.Claim{paid}))
				w.ok(tx.Documents().Settle(ctx, theERP, paid))
				w.ok(tx.Documents().Release(ctx, theERP, paid))
				got, err := tx.Documents().Get(ctx, theERP, "1001")
				w.ok(err)
				require.Equal(w, before, got)
				w.missing(tx.Documents().Release(ctx, theERP, ports.Claim{Number: "nobody", Amount: sek(1)}))
			})
		},
		"documents are found by normalised keys, each once, by number": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Documents().Upsert(ctx, theERP, docs(
					aDocument("1003", 1000, "Order 7"), aDocument("1001", 1000, "order 7 "), aDocument("1002", 1000, "other"), aDocument("1004", 1000, ""),
				), func(s string) string { return strings.ToUpper(strings.TrimSpace(s)) }))
				w.ok(tx.Documents().Upsert(ctx, thePSP, docs(aDocument("9", 1000, "ORDER 7")), same))
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				got, err := tx.Documents().ByKeys(ctx, theERP, []ports.DocumentKey{
					external("ORDER 7"), {Reference: invoice.OCR, Value: "OCR1003"}, external("nothing"), {Reference: "unheard_of", Value: "x"},
				})
				w.ok(err)
				require.Equal(w, []string{"1001", "1003"}, numbersOf(got))
				require.Equal(w, "order 7 ", got[0].References[invoice.ExternalReference1])
				for _, key := range []ports.DocumentKey{external("order 7"), {Reference: invoice.OCR, Value: "ORDER 7"}, external("")} {
					got, err = tx.Documents().ByKeys(ctx, theERP, []ports.DocumentKey{key})
					w.ok(err)
					require.Empty(w, got, key)
				}
				got, err = tx.Documents().ByKeys(ctx, theERP, nil)
				w.ok(err)
				require.Empty(w, got)
			})
		},
		"a document shown again replaces itself, with its keys": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Documents().Upsert(ctx, theERP, docs(aDocument("1001", 1000, "A")), strings.ToLower))
				changed := aDocument("1001", 400, "B")
				changed.Cancelled = true
				delete(changed.References, invoice.OCR)
				w.ok(tx.Documents().Upsert(ctx, theERP, docs(aDocument("1001", 700, "C"), changed), strings.ToLower))
				got, err := tx.Documents().Get(ctx, theERP, "1001")
				w.ok(err)
				require.Equal(w, changed, got.Document)
				for value, want := range map[string][]string{"a": {}, "b": {"1001"}, "c": {}} {
					found, err := tx.Documents().ByKeys(ctx, theERP, []ports.DocumentKey{external(value)})
					w.ok(err)
					require.Equal(w, want, numbersOf(found), value)
				}
				found, err := tx.Documents().ByKeys(ctx, theERP, []ports.DocumentKey{{Reference: invoice.OCR, Value: "ocr1001"}})
				w.ok(err)
				require.Empty(w, found)
			})
		},
		"keys follow a change of the rules": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Documents().Upsert(ctx, theERP, docs(aDocument("1001", 1000, "Ab")), strings.ToLower))
				w.ok(tx.Documents().Upsert(ctx, theERP, docs(aDocument("1001", 1000, "Ab")), strings.ToUpper))
				for value, want := range map[string][]string{"ab": {}, "AB": {"1001"}} {
					found, err := tx.Documents().ByKeys(ctx, theERP, []ports.DocumentKey{external(value)})
					w.ok(err)
					require.Equal(w, want, numbersOf(found), value)
				}
			})
		},
		"a whole batch fits and a larger one is refused": func(w *world) {
			batch := make([]invoice.Document, ports.MaxBatch)
			for i := range batch {
				batch[i] = aDocument(strconv.Itoa(10000+i), 1000, "R"+strconv.Itoa(i))
			}
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Documents().Upsert(ctx, theERP, batch, same))
				found, err := tx.Documents().ByKeys(ctx, theERP, []ports.DocumentKey{external("R0"), external("R4999")})
				w.ok(err)
				require.Equal(w, []string{"10000", "14999"}, numbersOf(found))
				w.fails(ports.CodeInvalid, tx.Documents().Upsert(ctx, theERP, append(batch, batch[0]), same))
				w.missing(tx.Documents().Upsert(ctx, "nobody", batch[:1], same))
			})
		},
	})
}

func claims(t *testing.T, open func(t *testing.T) Opened) {
	standing := func(ctx context.Context, w *world, tx ports.Tx, number string) [3]int64 {
		d, err := tx.Documents().Get(ctx, theERP, number)
		w.ok(err)
		return [3]int64{d.Balance.Minor(), d.Claimed.Minor(), d.Paid.Minor()}
	}
	claim := func(number string, minor int64) ports.Claim { return ports.Claim{Number: number, Amount: sek(minor)} }
	cases(t, open, map[string]func(w *world){
		"claims add up, may be given back, and move to paid when settled": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				credit := aDocument("1002", -500, "B")
				credit.Kind, credit.Total = invoice.Credit, sek(-500)
				w.ok(tx.Documents().Upsert(ctx, theERP, docs(aDocument("1001", 1000, "A"), credit), same))
				w.ok(tx.Documents().Claim(ctx, theERP, []ports.Claim{claim("1001", 300), claim("1002", -500), claim("1001", 200)}))
				require.Equal(w, [3]int64{1000, 500, 0}, standing(ctx, w, tx, "1001"))
				require.Equal(w, [3]int64{-500, -500, 0}, standing(ctx, w, tx, "1002"))
				w.ok(tx.Documents().Claim(ctx, theERP, []ports.Claim{claim("1001", -200)}))
				require.Equal(w, [3]int64{1000, 300, 0}, standing(ctx, w, tx, "1001"))
				w.ok(tx.Documents().Settle(ctx, theERP, claim("1001", 300)))
				require.Equal(w, [3]int64{700, 0, 300}, standing(ctx, w, tx, "1001"))
				w.ok(tx.Documents().Settle(ctx, theERP, claim("1002", -500)))
				require.Equal(w, [3]int64{0, 0, -500}, standing(ctx, w, tx, "1002"))
			})
		},
		"no more can be planned than is open, and giving back always works": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				credit := aDocument("1002", -500, "B")
				credit.Kind, credit.Total = invoice.Credit, sek(-500)
				w.ok(tx.Documents().Upsert(ctx, theERP, docs(aDocument("1001", 700, "A"), credit), same))
				w.ok(tx.Documents().Claim(ctx, theERP, []ports.Claim{claim("1001", 700), claim("1002", -300)}))
			})
			for _, c := range [][]ports.Claim{
				{claim("1001", 1)}, {claim("1002", -201)}, {claim("1002", -100), claim("1002", -101)}, {claim("1002", -200), claim("1001", 1)},
			} {
				err := w.store.Update(w.Context(), func(ctx context.Context, tx ports.Tx) error { return tx.Documents().Claim(ctx, theERP, c) })
				w.fails(ports.CodeClaimed, err)
				require.Equal(w, fault.Temporary, fault.ClassOf(err))
			}
			w.update(func(ctx context.Context, tx ports.Tx) {
				require.Equal(w, [3]int64{700, 700, 0}, standing(ctx, w, tx, "1001"))
				require.Equal(w, [3]int64{-500, -300, 0}, standing(ctx, w, tx, "1002"))
				w.ok(tx.Documents().Claim(ctx, theERP, []ports.Claim{claim("1002", -200), claim("1001", 0)}))
				w.ok(tx.Documents().Upsert(ctx, theERP, docs(aDocument("1001", 100, "A")), same)) // somebody has paid
				w.fails(ports.CodeClaimed, tx.Documents().Claim(ctx, theERP, []ports.Claim{claim("1001", 1)}))
				w.ok(tx.Documents().Claim(ctx, theERP, []ports.Claim{claim("1001", -300), claim("1002", 500)}))
				require.Equal(w, [3]int64{100, 400, 0}, standing(ctx, w, tx, "1001"))
				require.Equal(w, [3]int64{-500, 0, 0}, standing(ctx, w, tx, "1002"))
			})
		},
		"claims and payments are kept when the document is shown again": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Documents().Upsert(ctx, theERP, docs(aDocument("1001", 1000, "A")), same))
				w.ok(tx.Documents().Claim(ctx, theERP, []ports.Claim{claim("1001", 900)}))
				w.ok(tx.Documents().Settle(ctx, theERP, claim("1001", 400)))
				w.ok(tx.Documents().Upsert(ctx, theERP, docs(aDocument("1001", 550, "A2")), same))
				require.Equal(w, [3]int64{550, 500, 400}, standing(ctx, w, tx, "1001"))
			})
		},
		"a claim on an unknown document or in another currency is refused": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Documents().Upsert(ctx, theERP, docs(aDocument("1001", 1000, "A")), same))
				w.missing(tx.Documents().Claim(ctx, theERP, []ports.Claim{claim("nobody", 1)}))
				w.missing(tx.Documents().Settle(ctx, theERP, claim("nobody", 1)))
				foreign := ports.Claim{Number: "1001", Amount: money.New(1, "NOK")}
				w.fails(money.CodeMixed, tx.Documents().Claim(ctx, theERP, []ports.Claim{foreign}))
				w.fails(money.CodeMixed, tx.Documents().Settle(ctx, theERP, foreign))
				require.Equal(w, [3]int64{1000, 0, 0}, standing(ctx, w, tx, "1001"))
			})
		},
	})
}

func searches(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"a search is remembered by reference and value, with its moment": func(w *world) {
			ocr := ports.DocumentKey{Reference: invoice.OCR, Value: "A"}
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Documents().MarkSearched(ctx, theERP, []ports.DocumentKey{external("A"), external("B")}, day(1)))
				w.ok(tx.Documents().MarkSearched(ctx, theERP, []ports.DocumentKey{external("B")}, day(3)))
				w.missing(tx.Documents().MarkSearched(ctx, "nobody", []ports.DocumentKey{external("B")}, day(3)))
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				keys := []ports.DocumentKey{external("A"), external("B"), external("C"), ocr, {Reference: "unheard_of", Value: "A"}}
				for days, want := range map[int]map[ports.DocumentKey]bool{
					0: {external("A"): true, external("B"): true},
					1: {external("A"): true, external("B"): true},
					2: {external("B"): true},
					4: {},
				} {
					got, err := tx.Documents().Searched(ctx, theERP, keys, day(days))
					w.ok(err)
					require.Equal(w, want, got)
				}
				got, err := tx.Documents().Searched(ctx, thePSP, keys, day(0))
				w.ok(err)
				require.Empty(w, got)
			})
		},
	})
}

func near(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"documents are found by balance and date": func(w *world) {
			on := func(d invoice.Document, day int) invoice.Document { d.Date.Day = day; return d }
			credit, euro := aDocument("5", -700, "E"), aDocument("6", 700, "F")
			credit.Kind, credit.Total = invoice.Credit, sek(-700)
			euro.Total, euro.Balance = money.New(700, "EUR"), money.New(700, "EUR")
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Documents().Upsert(ctx, theERP, docs(
					on(aDocument("1", 700, "A"), 9), on(aDocument("2", 700, "B"), 10), on(aDocument("3", 700, "C"), 20), on(aDocument("4", 700, "D"), 21),
					on(credit, 12), on(euro, 12), on(aDocument("7", 701, "G"), 12),
				), same))
				query := ports.NearQuery{Balances: []money.Amount{sek(700), sek(-700)}, From: civil.Date{Year: 2026, Month: 3, Day: 10}, To: civil.Date{Year: 2026, Month: 3, Day: 20}}
				found, err := tx.Documents().Near(ctx, theERP, query, 10)
				w.ok(err)
				require.Equal(w, []string{"2", "3", "5"}, numbersOf(found))
				found, err = tx.Documents().Near(ctx, theERP, query, 1)
				w.ok(err)
				require.Equal(w, []string{"2"}, numbersOf(found))
				_, err = tx.Documents().Near(ctx, theERP, query, 0)
				w.fails(ports.CodeInvalid, err)
			})
		},
	})
}
