package dev

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// CodeCheckFailed: a check of the connection to the simulator failed.
const CodeCheckFailed fault.Code = "dev.check_failed"

// trial is one turn of everything that a connector can do, as far as it can be
// tried with one connection and no hub.
type trial struct {
	stage     *Stage
	connector *pluginhost.Instance
	about     ports.Description
	number    int64 // no other trial has it
	result    *Result
}

// Try calls the connector for everything it can do, and reads everything twice. What
// goes wrong is a finding; an error is that the trial was ended before it was over.
func Try(ctx context.Context, stage *Stage, running *Running) (*Result, error) {
	t := newTrial(stage, running.Connector)
	t.verify(ctx)
	t.read(ctx)
	if t.about.Has(ports.CapabilityVouchers) {
		t.voucher(ctx)
	}
	var texts []string
	if ctx.Err() == nil && len(t.result.unread) == 0 {
		texts = t.again(ctx, running)
	}
	t.prints(append(running.printed.take(), texts...))
	return t.result, ctx.Err()
}

func newTrial(stage *Stage, connector *pluginhost.Instance) *trial {
	about := connector.Describe()
	return &trial{stage: stage, connector: connector, about: about, number: time.Now().UnixMicro(), result: newResult(about.ID + " " + about.Version)}
}

// read reads every list that the connector has.
func (t *trial) read(ctx context.Context) {
	if t.about.Has(ports.CapabilityPayouts) {
		t.payouts(ctx)
	}
	if t.about.Has(ports.CapabilityDocuments) {
		t.documents(ctx)
	}
	if t.about.Has(ports.CapabilityOrders) {
		t.orders(ctx)
	}
}

// do makes one call, or notes what is wrong with it.
func (t *trial) do(ctx context.Context, operation, where string, request func(ports.Call) error) bool {
	call, err := t.stage.Call(ctx, t.about, operation)
	if err == nil {
		err = request(call)
	}
	if err != nil {
		t.result.wrong(where, "", err)
	}
	return err == nil
}

func (t *trial) verify(ctx context.Context) {
	var report ports.VerifyReport
	today := t.stage.Plan.Today
	ok := t.do(ctx, "Verify", "Verify", func(call ports.Call) (err error) {
		report, err = t.connector.Verify(ctx, ports.VerifyRequest{
			Call: call, Expect: t.stage.Plan.Expect, Today: midnight(today),
		})
		return err
	})
	if !ok {
		return
	}
	for _, check := range report.Checks {
		t.result.facts["check "+check.Name] = fact{"state": string(check.State), "detail": check.Detail}
		if check.State == ports.CheckFailed {
			t.result.wrong("check "+check.Name, "", fault.New(CodeCheckFailed, fault.Validation, check.Detail).WithRemedy(check.Remedy))
		}
	}
	t.result.done(fmt.Sprintf("verified: %d check(s), account %q", len(report.Checks), report.AccountName))
}

// pages reads a list to its end. A cursor that comes back would never end.
func (t *trial) pages(ctx context.Context, operation, where string, page func(call ports.Call, cursor string) (next string, err error)) bool {
	var seen []string
	for cursor := ""; ; {
		var next string
		ok := t.do(ctx, operation, where, func(call ports.Call) (err error) {
			next, err = page(call, cursor)
			return err
		})
		if !ok || next == "" {
			return ok
		}
		if slices.Contains(seen, next) {
			t.result.wrong(where, "", errCursor)
			return false
		}
		seen, cursor = append(seen, next), next
	}
}

var errCursor = errors.New("the list never ends: a page gives the cursor of one that was read already")
