package suite

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func books() capability {
	return capability{
		name:    ports.CapabilityBooks,
		reads:   []string{"Period", "ExportBooks"},
		opening: func(s *Session) []question { return []question{s.askPeriod()} },
		questions: func(s *Session, _ *facts) []question {
			return []question{s.askPeriod(), s.exportBooks()}
		},
		traces: traceBooks,
		cases: []Case{
			{
				ID: "books.period", Level: 2, After: []string{"read.answers"}, unfit: lacks(ports.CapabilityBooks), run: checkPeriod,
				Title: "Period gives the financial year in which today lies, and an empty year for a day that lies in none.",
				Why:   "A voucher of a day without a year cannot be booked; the hub must know before it tries.",
			},
			{
				ID: "books.export", Level: 2, After: []string{"read.answers"}, unfit: lacks(ports.CapabilityBooks), run: checkExport,
				Title: "ExportBooks gives a SIE 4 file, in pieces of at most 1 MiB, none of them empty.",
				Why:   "The hub holds what it booked against the accounting system's own books, month by month.",
			},
		},
	}
}

func (s *Session) askPeriod() question {
	return question{method: "Period", ask: asking(
		func(ctx context.Context, c ports.Connector, call ports.Call, _ string) (ports.Period, error) {
			source, err := as[ports.Books](c)
			if err != nil {
				return ports.Period{}, err
			}
			return source.Period(ctx, ports.PeriodRequest{Call: call, On: s.setup.Plan.Today})
		}, func(p ports.Period) answer {
			a := answer{usage: p.Usage}
			p.Usage = ports.Usage{}
			a.entry(p.Year, payout.Raw{}, p)
			return a
		})}
}

func (s *Session) exportBooks() question {
	return question{method: "ExportBooks", paged: true, ask: asking(
		func(ctx context.Context, c ports.Connector, call ports.Call, cursor string) (ports.BooksPiece, error) {
			source, err := as[ports.Books](c)
			if err != nil {
				return ports.BooksPiece{}, err
			}
			return source.ExportBooks(ctx, ports.ExportBooksRequest{Call: call, On: s.setup.Plan.Today, Cursor: cursor})
		}, func(p ports.BooksPiece) answer {
			a := answer{next: p.Next, usage: p.Usage}
			a.entry("piece", payout.Raw{}, p.Bytes)
			return a
		})}
}

// export gives the pieces of the books.
func (st *stage) export(ctx context.Context) ([][]byte, error) {
	source, err := as[ports.Books](st.c.Connector)
	if err != nil {
		return nil, err
	}
	var pieces [][]byte
	for cursor := ""; len(pieces) < mostPages; {
		inner, cancel := st.within(ctx)
		p, err := source.ExportBooks(inner, ports.ExportBooksRequest{Call: st.granted("ExportBooks", 1), On: st.setup.Plan.Today, Cursor: cursor})
		cancel()
		st.listen("ExportBooks", err)
		if err != nil {
			return nil, wrong("ExportBooks", err, "a piece of the books")
		}
		pieces = append(pieces, p.Bytes)
		if p.Next == "" {
			break
		}
		cursor = p.Next
	}
	return pieces, nil
}

var sieRow = regexp.MustCompile(`^#TRANS[ \t]+(.*)$`)

// traceBooks gives the rows of all vouchers, whatever the vouchers' numbers.
func traceBooks(ctx context.Context, st *stage) ([]string, error) {
	pieces, err := st.export(ctx)
	if err != nil {
		return nil, err
	}
	var rows []string
	for line := range strings.Lines(string(bytes.Join(pieces, nil))) {
		if row := sieRow.FindStringSubmatch(strings.TrimSpace(line)); row != nil {
			rows = append(rows, "the books have the row "+row[1])
		}
	}
	slices.Sort(rows)
	return rows, nil
}

func checkPeriod(ctx context.Context, st *stage) error {
	source, err := as[ports.Books](st.c.Connector)
	if err != nil {
		return err
	}
	ask := func(yearsLater int) (ports.Period, error) {
		inner, cancel := st.within(ctx)
		defer cancel()
		on := st.setup.Plan.Today
		on.Year += yearsLater
		return source.Period(inner, ports.PeriodRequest{Call: st.granted("Period", 1), On: on})
	}
	today := st.setup.Plan.Today
	p, err := ask(0)
	switch {
	case err != nil:
		return wrong("Period", err, "the financial year of today")
	case p.Year == "" || today.Before(p.From) || p.To.Before(today):
		return wrong("Period", fmt.Sprintf("the year %q from %s to %s", p.Year, p.From, p.To), "the financial year in which "+today.String()+" lies")
	}
	const far = 50
	p, err = ask(far)
	if err != nil || p.Year != "" {
		return wrong("Period in fifty years", fmt.Sprintf("the year %q, error %v", p.Year, err), "no year and no error")
	}
	return nil
}

func checkExport(ctx context.Context, st *stage) error {
	pieces, err := st.export(ctx)
	if err != nil {
		return err
	}
	const largest = 1 << 20
	for i, piece := range pieces {
		if len(piece) == 0 || len(piece) > largest {
			return wrong("ExportBooks", fmt.Sprintf("piece %d of %d bytes", i+1, len(piece)), "pieces of 1 byte to 1 MiB")
		}
	}
	file := bytes.Join(pieces, nil)
	for _, record := range []string{"#FLAGGA", "#SIETYP 4"} {
		if !bytes.Contains(file, []byte(record)) {
			return wrong("ExportBooks", "a file without "+record, "a SIE 4 file")
		}
	}
	return nil
}
