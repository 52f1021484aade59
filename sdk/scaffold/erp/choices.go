package main

import (
	"context"
	"net/url"
	"strings"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// mostPages bounds what Verify reads of each list: no chart of accounts has 900, and
// one call of the hub cannot spend more than the quota gives in one window.
const mostPages = 9

// callsVerify is the company and the pages of two lists.
const callsVerify = 1 + 2*mostPages

// ListChoices gives the accounts or the series of vouchers.
func (c *Connector) ListChoices(ctx context.Context, req ports.ChoicesRequest) (ports.ChoicesPage, error) {
	return upstream.Serve(c.open(req.Call), func(remote *upstream.Client) (ports.ChoicesPage, error) {
		return c.choices(ctx, remote, req.Kind, req.Cursor)
	})
}

func (c *Connector) choices(ctx context.Context, remote *upstream.Client, kind ports.ChoiceKind, cursor string) (ports.ChoicesPage, error) {
	switch kind {
	case ports.ChooseAccount:
		page, err := read[remoteAccount](ctx, remote, "accounts.1", cursor, c.limit, url.Values{}, "v1", "accounts")
		return chosen(page, err, remoteAccount.choice)
	case ports.ChooseVoucherSeries:
		page, err := read[remoteSeries](ctx, remote, "series.1", cursor, c.limit, url.Values{}, "v1", "series")
		return chosen(page, err, remoteSeries.choice)
	case ports.ChooseModeOfPayment:
	}
	return ports.ChoicesPage{}, nil // SampleBooks has nothing else to choose from
}

func chosen[T any](page list[T], err error, choice func(T) ports.Choice) (ports.ChoicesPage, error) {
	if err != nil {
		return ports.ChoicesPage{}, err
	}
	out := ports.ChoicesPage{Next: page.next}
	for _, item := range page.items {
		out.Choices = append(out.Choices, choice(item))
	}
	return out, nil
}

// expected checks that everything is there and usable that a flow needs.
func (c *Connector) expected(ctx context.Context, remote *upstream.Client, name string, kind ports.ChoiceKind, wanted []string) (ports.Check, error) {
	usable := map[string]bool{}
	cursor := ""
	for pages := 0; pages == 0 || cursor != "" && pages < mostPages; pages++ {
		page, err := c.choices(ctx, remote, kind, cursor)
		if err != nil {
			return ports.Check{}, err
		}
		for _, choice := range page.Choices {
			usable[choice.Value] = choice.Active
		}
		cursor = page.Next
	}
	if cursor != "" {
		return ports.Check{Name: name, State: ports.CheckWarning, Detail: "there is more than can be checked at once"}, nil
	}
	var missing []string
	for _, value := range wanted {
		if !usable[value] {
			missing = append(missing, value)
		}
	}
	if len(missing) == 0 {
		return ports.Check{Name: name, State: ports.CheckOK, Detail: "all of " + strings.Join(wanted, ", ") + " are there"}, nil
	}
	return ports.Check{
		Name: name, State: ports.CheckFailed, Detail: "missing or closed: " + strings.Join(missing, ", "),
		Remedy: "open them in SampleBooks, or choose others in the settings of the flow",
	}, nil
}
