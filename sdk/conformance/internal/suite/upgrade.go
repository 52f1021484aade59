package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/conformance/internal/launch"
)

func upgrading() []Case {
	return []Case{
		{
			ID: "upgrade.description", Level: 4, After: []string{"config.settings-schema", "config.credentials-schema"}, unfit: noPrevious, run: checkSuccessor,
			Title: "The previous build has the same id; none of its capabilities, settings or credentials is gone, and nothing new is required.",
			Why:   "Connections that were set up before must work on without anybody touching them.",
		},
		{
			ID: "upgrade.answers", Level: 4, After: []string{"read.again", "upgrade.description"}, unfit: noPrevious, run: checkSameAnswers,
			Title: "Payouts, lines, orders and documents are the same as those of the previous build: keys, kinds, amounts, references and all else but where they were read.",
			Why:   "The hub compares what it reads with what it has. A line that changes holds its payout; a key that changes books it twice.",
		},
	}
}

func noPrevious(s *Session) string {
	if s.setup.Previous == nil {
		return "no previous build was given"
	}
	return ""
}

// previous has the previous build in the place of the connector.
func (st *stage) previous(ctx context.Context) error {
	c, err := st.setup.Previous.Start(ctx, launch.Options{})
	if err != nil {
		return fmt.Errorf("starting the previous build: %w", err)
	}
	st.retire(st.c)
	st.c = c
	return nil
}

func checkSuccessor(ctx context.Context, st *stage) error {
	now := st.description
	if err := st.previous(ctx); err != nil {
		return err
	}
	was := st.c.Describe()
	if was.ID != now.ID {
		return wrong("the previous build", "the connector "+was.ID, now.ID)
	}
	for _, c := range was.Capabilities {
		if !now.Has(c) {
			return wrong("the new build", "no "+string(c), "the capabilities of the previous build")
		}
	}
	if err := succeeds("settings", was.Settings, now.Settings); err != nil {
		return err
	}
	return succeeds("credentials", was.Credentials, now.Credentials)
}

func succeeds(what string, was, now json.RawMessage) error {
	type shape struct {
		Properties map[string]json.RawMessage `json:"properties"`
		Required   []string                   `json:"required"`
	}
	var before, after shape
	if err := json.Unmarshal(was, &before); err != nil {
		return wrong("the previous build's "+what, err, "a schema")
	}
	if err := json.Unmarshal(now, &after); err != nil {
		return wrong("the new build's "+what, err, "a schema")
	}
	for name := range before.Properties {
		if _, kept := after.Properties[name]; !kept {
			return wrong("the new build's "+what, "no "+name, "what the previous build took")
		}
	}
	for _, name := range after.Required {
		if !slices.Contains(before.Required, name) {
			return wrong("the new build's "+what, name+" is required", "nothing required that was not before")
		}
	}
	return nil
}

func checkSameAnswers(ctx context.Context, st *stage) error {
	now := map[string][]item{}
	for _, q := range st.sound() {
		items, err := st.readAll(ctx, q)
		if err != nil {
			return asMismatch(q, err, "an answer")
		}
		now[q.String()] = items
	}
	if err := st.previous(ctx); err != nil {
		return err
	}
	previous := st.c.Describe()
	for _, q := range st.sound() {
		if _, declared := previous.Operation(q.method); !declared || !q.kept {
			continue
		}
		items, err := st.readPrevious(ctx, q, previous)
		if err != nil {
			return asMismatch(q, err, "an answer of the previous build")
		}
		if diff := difference(items, now[q.String()]); diff != "" {
			return wrong(q.String()+" of the new build", diff, "what the previous build gives")
		}
	}
	return nil
}

// readPrevious reads a list with the grants that the previous build declares.
func (st *stage) readPrevious(ctx context.Context, q question, d ports.Description) ([]item, error) {
	op, _ := d.Operation(q.method)
	var items []item
	for cursor, pages := "", 0; pages < mostPages; pages++ {
		a, err := st.askWith(ctx, q, ports.Call{Connection: st.connection, Grant: op.Calls}, cursor)
		if err != nil {
			return nil, err
		}
		items = append(items, a.items...)
		if cursor = a.next; cursor == "" {
			break
		}
	}
	return items, nil
}
