package suite

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func documents() capability {
	return capability{
		name:    ports.CapabilityDocuments,
		reads:   []string{"ListDocuments", "FindDocuments"},
		learn:   learnDocuments,
		opening: func(*Session) []question { return []question{listDocuments("")} },
		questions: func(_ *Session, f *facts) []question {
			all := []question{listDocuments(""), findDocuments(f.documents[0].Number)}
			if f.watermark != "" {
				all = append(all, listDocuments(f.watermark))
			}
			return all
		},
		traces: traceDocuments,
		cases:  documentCases(),
	}
}

func listDocuments(since string) question {
	about := ""
	if since != "" {
		about = "since a watermark"
	}
	return question{method: "ListDocuments", about: about, paged: true, kept: true, ask: asking(
		func(ctx context.Context, c ports.Connector, call ports.Call, cursor string) (ports.DocumentPage, error) {
			source, err := as[ports.DocumentSource](c)
			if err != nil {
				return ports.DocumentPage{}, err
			}
			return source.ListDocuments(ctx, ports.ListDocumentsRequest{Call: call, Since: since, Cursor: cursor})
		}, tellDocuments)}
}

func findDocuments(number string) question {
	return question{method: "FindDocuments", about: "by the number " + number, finds: true, kept: true, ask: asking(
		func(ctx context.Context, c ports.Connector, call ports.Call, _ string) (ports.DocumentPage, error) {
			return find(ctx, c, call, invoice.Number, number)
		}, tellDocuments)}
}

func find(ctx context.Context, c ports.Connector, call ports.Call, by invoice.Reference, value string) (ports.DocumentPage, error) {
	source, err := as[ports.DocumentSource](c)
	if err != nil {
		return ports.DocumentPage{}, err
	}
	return source.FindDocuments(ctx, ports.FindDocumentsRequest{Call: call, Reference: by, Value: value})
}

func tellDocuments(page ports.DocumentPage) answer {
	a := answer{raw: page.Raw, next: page.Next, usage: page.Usage}
	for _, d := range page.Documents {
		a.amount("the total of document "+d.Number, d.Total)
		a.entry(d.Number, payout.Raw{}, d)
	}
	return a
}

// readDocuments reads a list of documents to its end; the last of a number counts.
func (st *stage) readDocuments(ctx context.Context, since string) (found []invoice.Document, watermark string, err error) {
	source, err := as[ports.DocumentSource](st.c.Connector)
	if err != nil {
		return nil, "", err
	}
	at := map[string]int{}
	for cursor, pages := "", 0; pages < mostPages; pages++ {
		inner, cancel := st.within(ctx)
		page, err := source.ListDocuments(inner, ports.ListDocumentsRequest{Call: st.granted("ListDocuments", 1), Since: since, Cursor: cursor})
		cancel()
		st.listen("ListDocuments", err)
		if err != nil {
			return nil, "", wrong("ListDocuments", err, "the documents of the world")
		}
		for _, d := range page.Documents {
			if i, known := at[d.Number]; known {
				found[i] = d
				continue
			}
			at[d.Number] = len(found)
			found = append(found, d)
		}
		if page.Next == "" {
			return found, page.Watermark, nil
		}
		cursor = page.Next
	}
	return nil, "", wrong("ListDocuments", "no end", "a list that ends")
}

func learnDocuments(ctx context.Context, st *stage, f *facts) error {
	var err error
	if f.documents, f.watermark, err = st.readDocuments(ctx, ""); err != nil {
		return err
	}
	if len(f.documents) == 0 {
		return wrong("ListDocuments", "no unpaid document", "at least one: the plan's world must have some")
	}
	for i, d := range f.documents {
		payable := d.Booked && !d.Cancelled && !d.Balance.IsZero() && (st.setup.Plan.Writing == nil ||
			string(d.Balance.Currency()) == st.setup.Plan.Writing.Currency)
		if payable && d.Kind == invoice.Invoice && f.open == nil {
			f.open = &f.documents[i]
		}
		if payable && d.Kind == invoice.Credit && f.credit == nil {
			f.credit = &f.documents[i]
		}
	}
	return nil
}

func traceDocuments(ctx context.Context, st *stage) ([]string, error) {
	found, _, err := st.readDocuments(ctx, "")
	var lines []string
	for _, d := range found {
		lines = append(lines, fmt.Sprintf("document %s has the balance %s", d.Number, d.Balance))
	}
	slices.Sort(lines)
	return lines, err
}

func documentCases() []Case {
	without := lacks(ports.CapabilityDocuments)
	return []Case{
		{
			ID: "documents.valid", Level: 2, After: []string{"read.answers"}, unfit: without, run: checkDocuments,
			Title: "Documents have a number, a known kind, totals and balances of the right sign and one currency, and references that there are.",
			Why:   "A credit invoice with a positive total would be paid the wrong way round.",
		},
		{
			ID: "documents.find", Level: 2, After: []string{"read.answers"}, unfit: without, run: checkFind,
			Title: "FindDocuments finds listed documents, those with the shortest references among them, by their number and by each reference that the list shows, and finds nothing for a text that no document carries.",
			Why:   "A line whose document is not found waits for days and then needs a person, though the document is there.",
		},
		{
			ID: "documents.watermark", Level: 2, After: []string{"read.answers"}, unfit: without, run: checkWatermark,
			Title: "The last page of a list has a watermark that may be passed as Since, and any other text is refused with class validation.",
			Why:   "Without a watermark the mirror would read everything anew each time; with a wrong one it would miss changes.",
		},
	}
}

func checkDocuments(_ context.Context, st *stage) error {
	for _, d := range st.known.documents {
		call := "document " + d.Number
		switch {
		case d.Number == "":
			return wrong("ListDocuments", "a document without a number", "a number")
		case d.Kind != invoice.Invoice && d.Kind != invoice.Credit:
			return wrong(call, "the kind "+string(d.Kind), "invoice or credit_invoice")
		case d.Kind == invoice.Invoice && d.Total.Sign() < 0:
			return wrong(call, "an invoice over "+d.Total.String(), "a positive total")
		case d.Kind == invoice.Credit && d.Total.Sign() > 0:
			return wrong(call, "a credit invoice over "+d.Total.String(), "a negative total")
		case d.Balance.Sign()*d.Total.Sign() < 0:
			return wrong(call, "the balance "+d.Balance.String(), "a balance with the sign of the total")
		case d.Balance.Currency() != d.Total.Currency():
			return wrong(call, "a balance in "+string(d.Balance.Currency()), "the currency of the total")
		case d.Date.IsZero():
			return wrong(call, "no date", "the date of the document")
		}
		for name := range d.References {
			if !slices.Contains(invoice.References(), name) {
				return wrong(call, "the reference "+string(name), "one of invoice.References")
			}
		}
	}
	return nil
}

func checkFind(ctx context.Context, st *stage) error {
	for _, d := range sampled(st.known.documents) {
		if err := st.mustFind(ctx, d, invoice.Number, d.Number); err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(d.References)) {
			if err := st.mustFind(ctx, d, name, asked(d.References[name])); err != nil {
				return err
			}
		}
	}
	inner, cancel := st.within(ctx)
	defer cancel()
	const none = "CONFORMANCE-NONE"
	page, err := find(inner, st.c.Connector, st.granted("FindDocuments", 1), invoice.OCR, none)
	if err != nil {
		return wrong("FindDocuments of "+none, err, "an empty answer")
	}
	for _, d := range page.Documents {
		if d.References[invoice.OCR] == none {
			return wrong("FindDocuments of "+none, "document "+d.Number, "an empty answer")
		}
	}
	return nil
}

// sampled takes the first and the last documents, and those with the shortest
// references, for a search finds many others by them.
func sampled(documents []invoice.Document) []invoice.Document {
	const each = 3
	shortest := slices.Clone(documents)
	slices.SortStableFunc(shortest, func(a, b invoice.Document) int { return shortestReference(a) - shortestReference(b) })
	n := min(each, len(documents))
	var some []invoice.Document
	for _, d := range slices.Concat(documents[:n], documents[len(documents)-n:], shortest[:n]) {
		if !slices.ContainsFunc(some, func(known invoice.Document) bool { return known.Number == d.Number }) {
			some = append(some, d)
		}
	}
	return some
}

func shortestReference(d invoice.Document) int {
	shortest := math.MaxInt
	for _, value := range d.References {
		shortest = min(shortest, len(value))
	}
	return shortest
}

// asked writes a reference as the hub asks for it.
func asked(reference string) string { return strings.TrimLeft(strings.ToUpper(reference), "#0") }

func (st *stage) mustFind(ctx context.Context, d invoice.Document, by invoice.Reference, value string) error {
	call := fmt.Sprintf("FindDocuments by %s of document %s", by, d.Number)
	inner, cancel := st.within(ctx)
	defer cancel()
	page, err := find(inner, st.c.Connector, st.granted("FindDocuments", 1), by, value)
	if err != nil {
		return wrong(call, err, "the document")
	}
	for _, found := range page.Documents {
		if found.Number == d.Number {
			return nil
		}
	}
	return wrong(call, fmt.Sprintf("%d other documents", len(page.Documents)), "the document")
}

func checkWatermark(ctx context.Context, st *stage) error {
	if st.known.watermark == "" {
		return wrong("ListDocuments", "no watermark on the last page", "what to pass as Since the next time")
	}
	const garbled = "conformance: not a watermark"
	a, err := st.ask(ctx, listDocuments(garbled), "")
	switch {
	case err == nil:
		return wrong("ListDocuments since a garbled watermark", fmt.Sprintf("%d documents", len(a.items)), "class validation")
	case fault.ClassOf(err) != fault.Validation:
		return wrong("ListDocuments since a garbled watermark", err, "class validation")
	}
	return nil
}
