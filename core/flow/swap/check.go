package swap

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// concerned lists the connections that the swap is about: those that it names, or all that
// are pinned to no version.
func (a *act) concerned(ctx context.Context) ([]ports.ConnectionRecord, error) {
	swap := a.look()
	return walk.View(ctx, a.parts.Store, func(ctx context.Context, tx ports.Tx) ([]ports.ConnectionRecord, error) {
		wanted, err := tx.Catalogue().Wanted(ctx)
		if err != nil {
			return nil, err
		}
		var list []ports.ConnectionRecord
		err = walk.ConnectionsTo(ctx, tx, swap.Connector, func(c ports.ConnectionRecord) error {
			pinned := slices.ContainsFunc(wanted, func(w ports.Wanted) bool { return w.ConnectionID == c.ID })
			if slices.Contains(swap.Connections, c.ID) || (len(swap.Connections) == 0 && !pinned) {
				list = append(list, c)
			}
			return nil
		})
		return list, err
	})
}

// candidate gives the new version, and the connections that it is to serve.
func (a *act) candidate() (ports.Connector, []ports.ConnectionRecord, error) {
	swap := a.look()
	to, err := a.parts.Fleet.Version(swap.Connector, swap.To)
	if err != nil {
		return nil, nil, err
	}
	list, err := a.concerned(a.ctx)
	return to, list, err
}

// check asks of every connection whether the new version can serve it as well as the old.
func (a *act) check() error {
	to, list, err := a.candidate()
	if err != nil {
		return err
	}
	if err := a.lost(list, to.Describe()); err != nil {
		return err
	}
	if err := a.parted(list, to.Describe()); err != nil {
		return err
	}
	checks := a.each(list, func(c ports.ConnectionRecord) ports.SwapCheck { return a.checked(a.ctx, c, to) })
	a.change(func(s *ports.Swap) { s.Checks = checks })
	return refusal(checks, len(list))
}

// refusal says which connections cannot be served.
func refusal(checks []ports.SwapCheck, of int) error {
	var failed []string
	for _, c := range checks {
		if c.State == ports.CheckFailed {
			failed = append(failed, c.ConnectionID+" ("+c.Detail+")")
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return fault.New(CodeCheckFailed, fault.Conflict, fmt.Sprintf("%d of %d connection(s) work with the old version and not with the new: %s",
		len(failed), of, strings.Join(failed[:min(len(failed), 5)], "; "))).From(fault.Connector).
		WithRemedy("report it to whoever makes the connector; `checks` lists all of them")
}

// each asks for every connection, several at a time.
func (a *act) each(list []ports.ConnectionRecord, ask func(ports.ConnectionRecord) ports.SwapCheck) []ports.SwapCheck {
	checks := make([]ports.SwapCheck, len(list))
	places := make(chan struct{}, a.parts.Options.Parallel)
	var all sync.WaitGroup
	for i, c := range list {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			checks[i] = ask(c)
		})
	}
	all.Wait()
	return checks
}

// lost refuses a version that lacks what flows need which are switched on.
func (a *act) lost(list []ports.ConnectionRecord, to ports.Description) error {
	swap := a.look()
	from, err := a.parts.Fleet.Version(swap.Connector, swap.From)
	if err != nil {
		return nil //nolint:nilerr // a version that is not there any more has nothing to be compared with
	}
	var gone []string
	for _, capability := range from.Describe().Capabilities {
		if !to.Has(capability) {
			gone = append(gone, string(capability))
		}
	}
	if len(gone) == 0 {
		return nil
	}
	used, err := walk.View(a.ctx, a.parts.Store, func(ctx context.Context, tx ports.Tx) (string, error) {
		for _, c := range list {
			found := ""
			err := walk.Flows(ctx, tx, c.MerchantID, func(f merchant.Flow) error {
				if f.Enabled && (f.Source == c.ID || f.Target == c.ID) {
					found = f.ID
					return walk.ErrEnough
				}
				return nil
			})
			if err != nil || found != "" {
				return found, err
			}
		}
		return "", nil
	})
	if err != nil || used == "" {
		return err
	}
	return fault.New(CodeCapabilityLost, fault.Conflict, "version "+to.Version+" no longer offers "+strings.Join(gone, ", ")+", and flows such as "+used+" are switched on").
		From(fault.Connector).WithRemedy("report it to whoever makes the connector, or switch the flows off that need it")
}

// parted refuses a swap after which calls of one remote account would go through two lanes,
// or be made by two versions.
func (a *act) parted(list []ports.ConnectionRecord, to ports.Description) error {
	swap := a.look()
	if from, err := a.parts.Fleet.Version(swap.Connector, swap.From); err == nil && !slices.Equal(from.Describe().Quota.Account, to.Quota.Account) {
		return fault.New(CodeLaneRenamed, fault.Conflict, "version "+to.Version+" tells remote accounts apart by other credentials, so that calls of one account would go through two lanes").
			From(fault.Connector).WithRemedy("report it to whoever makes the connector: quota.account stays as it is")
	}
	var ids []string
	err := a.parts.Store.View(a.ctx, func(ctx context.Context, tx ports.Tx) error {
		return walk.ConnectionsTo(ctx, tx, swap.Connector, func(c ports.ConnectionRecord) error {
			ids = append(ids, c.ID)
			return nil
		})
	})
	if err != nil || len(ids) == len(list) {
		return err
	}
	berths, err := a.parts.Desk.Berths(a.ctx, ids)
	if err != nil {
		return err
	}
	goes := map[string]bool{}
	for _, c := range list {
		goes[c.ID] = true
	}
	for _, b := range berths {
		gone, left := "", ""
		for _, id := range b.Connections {
			switch {
			case goes[id]:
				gone = id
			case a.parts.Fleet.Running(swap.Connector, id) != swap.To:
				left = id
			}
		}
		if gone != "" && left != "" {
			return fault.New(CodeLaneShared, fault.Conflict, "the connections "+gone+" and "+left+" reach the same account, which would be served by two versions").
				WithRemedy("name both in connections, or neither")
		}
	}
	return nil
}

// checked says how the new version fares with a connection. What the old version fails at
// as well is no reason against the new one.
func (a *act) checked(ctx context.Context, c ports.ConnectionRecord, to ports.Connector) ports.SwapCheck {
	check := ports.SwapCheck{ConnectionID: c.ID, State: ports.CheckOK}
	switch {
	case c.State == merchant.Disconnected:
		check.State, check.Detail = ports.CheckWarning, "not checked: it is disconnected"
		return check
	case !c.Pause.Since.IsZero():
		check.State, check.Detail = ports.CheckWarning, "not checked: it is paused"
		return check
	}
	if err := a.parts.Schemas.Validate(to.Describe().Settings, c.Settings); err != nil {
		check.State, check.Detail = ports.CheckFailed, "its settings do not fit: "+err.Error()
		return check
	}
	failed := a.verify(ctx, c.ID, to)
	switch failed {
	case "":
		return check
	case rests:
		check.State, check.Detail = ports.CheckWarning, "not checked: "+rests
		return check
	}
	check.State, check.Detail = ports.CheckFailed, failed
	if from, err := a.parts.Fleet.Version(c.Connector, a.look().From); err == nil && a.verify(ctx, c.ID, from) != "" {
		check.State, check.Detail = ports.CheckWarning, "it fails with the old version too: "+failed
	}
	return check
}

// rests is what verify says of a lane that lets no request start.
const rests = "its lane rests, or its calls are used up"

// verify has a version check a connection, and says what failed, or nothing.
func (a *act) verify(ctx context.Context, connectionID string, by ports.Connector) string {
	account, err := a.parts.Desk.OpenBy(ctx, connectionID, by)
	if err != nil {
		return err.Error()
	}
	patient, cancel := context.WithTimeout(ctx, a.parts.Options.Check)
	defer cancel()
	report, err := account.Verify(patient, ports.VerifyRequest{Today: a.now()})
	if fault.CodeOf(err) == remote.CodeGaveUp && ctx.Err() == nil {
		return rests
	}
	if err != nil {
		return err.Error()
	}
	for _, c := range report.Checks {
		if c.State == ports.CheckFailed {
			return c.Name + ": " + c.Detail
		}
	}
	return ""
}
