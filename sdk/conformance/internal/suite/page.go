package suite

import (
	"context"
	"fmt"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/conformance/internal/launch"
)

func paging() []Case {
	return []Case{
		{
			ID: "paging.whole", Level: 2, After: []string{"read.again"}, run: checkWhole,
			unfit: func(s *Session) string {
				if !s.shrinks() {
					return "neither the connector nor simulator.small of the plan makes pages small"
				}
				return ""
			},
			Title: "Read in pages as small as can be, a list has the same items: none is lost or doubled, also where many share one moment.",
			Why:   "Rows get lost between two pages, and only there; a payout of one page never shows it.",
		},
		{
			ID: "paging.cursor", Level: 2, After: []string{"read.again"}, run: checkCursor,
			Title: "The same cursor gives the same page again.",
			Why:   "After a crash the hub asks again with the cursor that it has stored.",
		},
		{
			ID: "paging.restart", Level: 2, After: []string{"paging.cursor"}, run: checkResume,
			Title: "A cursor is good for a connector that has just been started.",
			Why:   "The hub restarts and replaces connectors between two pages. What a cursor needs must be in the cursor.",
		},
		{
			ID: "paging.foreign", Level: 2, After: []string{"read.answers"}, run: checkForeign,
			Title: "A cursor that the connector has not made is refused with class validation.",
			Why:   "Read from a wrong place, a list looks whole and is not.",
		},
	}
}

// shrinks tells whether pages can be made small, here or at the far end.
func (s *Session) shrinks() bool { return s.setup.Way.Small() || s.setup.Remote.World.Small != nil }

// shrink has the connector ask for small pages and the remote system give them, as
// far as either can.
func (st *stage) shrink(ctx context.Context) error {
	if err := st.restart(ctx, launch.Options{Small: true}); err != nil {
		return err
	}
	if st.setup.Remote.World.Small == nil {
		return nil
	}
	far, err := st.setup.Remote.StartSmall(ctx)
	if err != nil {
		return err
	}
	st.far.Stop()
	st.far, st.connection.Hosts = far, st.hosts(far.URL)
	return st.login(ctx)
}

// small gives the stage a connector with small pages, if there is one, and the
// questions whose answers then take several.
func (st *stage) small(ctx context.Context) ([]question, error) {
	if err := st.shrink(ctx); err != nil {
		return nil, err
	}
	var several []question
	for _, q := range st.sound() {
		if !q.paged {
			continue
		}
		first, err := st.ask(ctx, q, "")
		if err != nil {
			return nil, asMismatch(q, err, "a small page")
		}
		if first.next != "" {
			several = append(several, q)
		}
	}
	if len(several) == 0 {
		return nil, &unfit{"no list of the plan's world takes more than one page"}
	}
	return several, nil
}

func checkWhole(ctx context.Context, st *stage) error {
	whole := map[string][]item{}
	for _, q := range st.sound() {
		items, err := st.readAll(ctx, q)
		if err != nil {
			return asMismatch(q, err, "an answer")
		}
		whole[q.String()] = items
	}
	if err := st.shrink(ctx); err != nil {
		return err
	}
	several := false
	for _, q := range st.sound() {
		if !q.paged || q.method == "ExportBooks" { // pieces are cut elsewhere; books.export looks at the whole
			continue
		}
		pages, err := st.read(ctx, q, "", nil)
		if err != nil {
			return asMismatch(q, err, "small pages to the end")
		}
		several = several || len(pages) > 1
		// Also where it says that the first page is the last: that is how rows are lost.
		if diff := difference(whole[q.String()], itemsOf(pages)); diff != "" {
			return wrong(q.String()+" in small pages", diff, "the same items as in large ones")
		}
	}
	if !several {
		return &unfit{"no list of the plan's world takes more than one page"}
	}
	return nil
}

func checkCursor(ctx context.Context, st *stage) error {
	several, err := st.small(ctx)
	if err != nil {
		return err
	}
	for _, q := range several {
		pages, err := st.read(ctx, q, "", nil)
		if err != nil {
			return asMismatch(q, err, "pages to the end")
		}
		for i, page := range pages[:len(pages)-1] {
			again, err := st.ask(ctx, q, page.next)
			if err != nil {
				return wrong(fmt.Sprintf("%s, page %d again", q, i+2), err, "the same page")
			}
			if again.text() != pages[i+1].text() {
				return wrong(fmt.Sprintf("%s, page %d again", q, i+2), "another page", "the same page")
			}
		}
	}
	return nil
}

func checkResume(ctx context.Context, st *stage) error {
	several, err := st.small(ctx)
	if err != nil {
		return err
	}
	for _, q := range several {
		whole, err := st.readAll(ctx, q)
		if err != nil {
			return asMismatch(q, err, "pages to the end")
		}
		restarts := 0
		pages, err := st.read(ctx, q, "", func(string) error {
			const enough = 3
			if restarts++; restarts > enough {
				return nil
			}
			return st.restart(ctx, launch.Options{Small: true})
		})
		if err != nil {
			return asMismatch(q, err, "a connector that goes on at the cursor after a restart")
		}
		if diff := difference(whole, itemsOf(pages)); diff != "" {
			return wrong(q.String()+", restarted between its pages", diff, "the same items as without a restart")
		}
	}
	return nil
}

func checkForeign(ctx context.Context, st *stage) error {
	for _, q := range st.sound() {
		if !q.paged {
			continue
		}
		for _, cursor := range []string{"conformance: not a cursor", "\x00\x7f", `{"conformance":`} {
			a, err := st.ask(ctx, q, cursor)
			call := fmt.Sprintf("%s with the cursor %q", q, cursor)
			switch {
			case err == nil:
				return wrong(call, fmt.Sprintf("%d items", len(a.items)), "class validation")
			case fault.ClassOf(err) != fault.Validation:
				return wrong(call, err, "class validation")
			}
		}
	}
	return nil
}
