package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// question is one call of a reading method that can be put to the connector.
type question struct {
	method string
	// about says what it asks, such as "of payout 4711", or is empty.
	about string
	// paged tells whether the method takes a cursor.
	paged bool
	// lenient methods report a failure of the remote system in their answer.
	lenient bool
	// finds tells that the answer to what the remote system does not know is empty.
	finds bool
	// kept answers are those that the hub keeps and compares with later ones; items of
	// pointed ones name the bytes that they were read from.
	kept, pointed bool
	ask           func(ctx context.Context, c ports.Connector, call ports.Call, cursor string) (answer, error)
}

// reports tells whether an answer is the report of a failure.
func (q question) reports(a answer) bool { return q.lenient && a.bad }

func (q question) String() string { return strings.TrimSpace(q.method + " " + q.about) }

// item is one thing on a page.
type item struct {
	// key is what the hub knows it by.
	key string
	// content is all that it says, but for where it was read.
	content string
	// from points to the bytes; it is the zero Raw for items that have none.
	from payout.Raw
}

// answer is one page, or the whole answer of a method that has no pages.
type answer struct {
	items []item
	raw   []ports.RawPage
	next  string
	usage ports.Usage
	// bad says that the answer itself reports a failure.
	bad bool
	// moments and amounts are those in the answer, by what they are.
	moments map[string]time.Time
	amounts map[string]money.Amount
}

// entry adds an item to the answer.
func (a *answer) entry(key string, from payout.Raw, content any) {
	text, err := json.Marshal(content)
	if err != nil {
		text = fmt.Appendf(nil, "%+v", content)
	}
	a.items = append(a.items, item{key: key, content: string(text), from: from})
}

func (a *answer) moment(what string, at time.Time) {
	if a.moments == nil {
		a.moments = map[string]time.Time{}
	}
	a.moments[what] = at
}

func (a *answer) amount(what string, amount money.Amount) {
	if a.amounts == nil {
		a.amounts = map[string]money.Amount{}
	}
	a.amounts[what] = amount
}

// text is all that an answer says, for comparing it with another.
func (a answer) text() string {
	var lines []string
	for _, i := range a.items {
		lines = append(lines, i.content)
	}
	return strings.Join(append(lines, "next "+a.next), "\n")
}

// said is what an answer says but for its cursor, which may name the address of a
// simulator.
func (a answer) said() string {
	a.next = ""
	return a.text()
}

// ask puts a question with the grant that the connector declares.
func (st *stage) ask(ctx context.Context, q question, cursor string) (answer, error) {
	return st.askWith(ctx, q, st.granted(q.method, 1), cursor)
}

func (st *stage) askWith(ctx context.Context, q question, call ports.Call, cursor string) (answer, error) {
	ctx, cancel := st.within(ctx)
	defer cancel()
	a, err := q.ask(ctx, st.c.Connector, call, cursor)
	st.listen(q.method, err)
	return a, err
}

// mostPages is far beyond what a world for tests has.
const mostPages = 2000

// read asks until the end, from a cursor on. Between, which may be nil, runs
// before each further page.
func (st *stage) read(ctx context.Context, q question, cursor string, between func(cursor string) error) ([]answer, error) {
	var pages []answer
	seen := map[string]bool{}
	for {
		page, err := st.ask(ctx, q, cursor)
		if err != nil {
			return pages, err
		}
		pages = append(pages, page)
		if page.next == "" {
			return pages, nil
		}
		if seen[page.next] || len(pages) == mostPages {
			return pages, wrong(q.String(), "a cursor that was given before", "a list that ends")
		}
		seen[page.next] = true
		cursor = page.next
		if between != nil {
			if err := between(cursor); err != nil {
				return pages, err
			}
		}
	}
}

// readAll asks until the end and gives all items.
func (st *stage) readAll(ctx context.Context, q question) ([]item, error) {
	pages, err := st.read(ctx, q, "", nil)
	return itemsOf(pages), err
}

func itemsOf(pages []answer) []item {
	var items []item
	for _, p := range pages {
		items = append(items, p.items...)
	}
	return items
}

// difference says how two readings differ, or "". Items may come again; the last
// of a key counts, as it does for the hub.
func difference(before, after []item) string {
	first, second := byKey(before), byKey(after)
	for _, i := range before {
		switch content, there := second[i.key]; {
		case !there:
			return fmt.Sprintf("%q is missing", i.key)
		case content != first[i.key]:
			return fmt.Sprintf("%q is %s, it was %s", i.key, content, first[i.key])
		}
	}
	for _, i := range after {
		if _, there := first[i.key]; !there {
			return fmt.Sprintf("%q is new", i.key)
		}
	}
	return ""
}

func byKey(items []item) map[string]string {
	m := make(map[string]string, len(items))
	for _, i := range items {
		m[i.key] = i.content
	}
	return m
}

// asking is the question of a method without pages.
func asking[Answer any](ask func(context.Context, ports.Connector, ports.Call, string) (Answer, error), tell func(Answer) answer,
) func(context.Context, ports.Connector, ports.Call, string) (answer, error) {
	return func(ctx context.Context, c ports.Connector, call ports.Call, cursor string) (answer, error) {
		got, err := ask(ctx, c, call, cursor)
		if err != nil {
			return answer{}, err
		}
		return tell(got), nil
	}
}

// as gives the connector's end of a capability.
func as[Port any](c ports.Connector) (Port, error) {
	port, ok := c.(Port)
	if !ok {
		return port, fmt.Errorf("the connector does not implement %T", new(Port))
	}
	return port, nil
}
