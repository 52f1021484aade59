package main

import (
	"context"
	"strings"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/paging"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// CodeChoice: Fortnox has no choices of that kind.
const CodeChoice fault.Code = "erp.choice_unsupported"

// ListChoices implements ports.Choices. Accounts and series are those of the
// financial year of the date: they can go missing when a new year begins.
func (c *Connector) ListChoices(ctx context.Context, req ports.ChoicesRequest) (ports.ChoicesPage, error) {
	return upstream.Serve(c.open(req.Call, 0), func(s *session) (ports.ChoicesPage, error) { return s.listChoices(ctx, req) })
}

// choicesCursor carries the place in a list of choices.
var choicesCursor = paging.Codec[paging.Position]{Name: "choices.1"}

func (s *session) listChoices(ctx context.Context, req ports.ChoicesRequest) (ports.ChoicesPage, error) {
	at, err := choicesCursor.Read(req.Cursor, paging.Position{})
	if err != nil {
		return ports.ChoicesPage{}, err
	}
	limit := s.connector.pageSize
	found, total, err := s.choices(ctx, req.Kind, req.On, client.Window{Offset: at.Offset, Limit: limit})
	if err != nil {
		return ports.ChoicesPage{}, err
	}
	step, err := paging.Advance(at, found, func(c ports.Choice) string { return c.Value }, total, limit)
	if err != nil {
		return ports.ChoicesPage{}, err
	}
	page := ports.ChoicesPage{Choices: step.Fresh}
	if !step.Last {
		page.Next, err = choicesCursor.Write(step.Next)
	}
	return page, err
}

func (s *session) choices(ctx context.Context, kind ports.ChoiceKind, on civil.Date, w client.Window) ([]ports.Choice, int, error) {
	if kind == ports.ChooseModeOfPayment {
		modes, err := s.Modes(ctx, w)
		return choicesOf(modes.Items, modeChoice), modes.Total, err
	}
	year, err := s.year(ctx, on)
	if err != nil {
		return nil, 0, err
	}
	switch kind {
	case ports.ChooseAccount:
		accounts, err := s.Accounts(ctx, int(year.ID), w)
		return choicesOf(accounts.Items, accountChoice), accounts.Total, err
	case ports.ChooseVoucherSeries:
		series, err := s.Series(ctx, int(year.ID), w)
		return choicesOf(series.Items, seriesChoice), series.Total, err
	default:
		return nil, 0, fault.Invalid(CodeChoice, "kind", "\""+string(kind)+"\" is not something to choose in Fortnox").From(fault.Connector)
	}
}

func choicesOf[T any](items []T, one func(T) ports.Choice) []ports.Choice {
	choices := make([]ports.Choice, len(items))
	for i, item := range items {
		choices[i] = one(item)
	}
	return choices
}

func accountChoice(a client.Account) ports.Choice {
	return ports.Choice{Value: string(a.Number), Label: label(a.Number, a.Description), Active: bool(a.Active)}
}

// seriesChoice calls a series active if vouchers can be booked in it from outside.
func seriesChoice(s client.Series) ports.Choice {
	return ports.Choice{Value: string(s.Code), Label: label(s.Code, s.Description), Active: bool(s.Manual)}
}

func modeChoice(m client.Mode) ports.Choice {
	text := label(m.Code, m.Description)
	if m.AccountNumber != "" {
		text += " (" + string(m.AccountNumber) + ")"
	}
	return ports.Choice{Value: string(m.Code), Label: text, Active: true}
}

func label(code, name client.Text) string {
	return strings.TrimSpace(string(code) + " " + string(name))
}
