package rest

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/impact"
	"github.com/kvitt/kvitt/core/flow/swap"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) ListSwaps(ctx context.Context, r api.ListSwapsRequestObject) (api.ListSwapsResponseObject, error) {
	found, err := s.Swaps.List(ctx, r.ID, pageOf(r.Params.Limit, r.Params.After))
	items, next := answered(found, r.Params.Limit, func(w ports.Swap) string { return w.ID }, swapAnswer)
	return api.ListSwaps200JSONResponse{Items: items, Next: next}, err
}

func (s *server) BeginSwap(ctx context.Context, r api.BeginSwapRequestObject) (api.BeginSwapResponseObject, error) {
	begun, err := s.Swaps.Begin(ctx, swap.Request{
		Connector: r.ID, To: r.Body.To, Connections: r.Body.Connections, Live: r.Body.Live, Accept: r.Body.AcceptDifferences,
		Drain: time.Duration(r.Body.DrainSeconds) * time.Second, Watch: time.Duration(r.Body.WatchSeconds) * time.Second,
		Reason: r.Body.Reason, By: by(ctx),
	})
	if err != nil {
		return nil, err
	}
	return api.BeginSwap202JSONResponse(swapAnswer(begun)), nil
}

func (s *server) UndoSwap(ctx context.Context, r api.UndoSwapRequestObject) (api.UndoSwapResponseObject, error) {
	undone, err := s.Swaps.Undo(ctx, r.ID, r.Body.Reason, by(ctx))
	if err != nil {
		return nil, err
	}
	return api.UndoSwap202JSONResponse(swapAnswer(undone)), nil
}

func (s *server) GetSwap(ctx context.Context, r api.GetSwapRequestObject) (api.GetSwapResponseObject, error) {
	found, err := s.Swaps.Get(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return api.GetSwap200JSONResponse(swapAnswer(found)), nil
}

func (s *server) CancelSwap(ctx context.Context, r api.CancelSwapRequestObject) (api.CancelSwapResponseObject, error) {
	cancelled, err := s.Swaps.Cancel(ctx, r.ID, r.Body.Reason, by(ctx))
	if err != nil {
		return nil, err
	}
	return api.CancelSwap202JSONResponse(swapAnswer(cancelled)), nil
}

func swapAnswer(w ports.Swap) api.Swap {
	answer := api.Swap{
		ID: w.ID, Connector: w.Connector, From: w.From, To: w.To, Connections: w.Connections, Undo: w.Undo, Live: w.Live, AcceptDifferences: w.Accept,
		DrainSeconds: w.Drain.Seconds(), WatchSeconds: w.Watch.Seconds(), State: api.SwapState(w.State), By: w.By, Reason: w.Reason,
		StartedAt: w.StartedAt, EndedAt: moment(w.EndedAt), Fault: faultAnswer(w.Fault), Entered: []api.SwapEntry{}, Checks: []api.SwapCheck{},
		Payouts: w.Payouts, NotCompared: w.NotCompared, Lines: w.Lines, Differ: w.Differ, Differences: []api.SwapDifference{}, Lanes: w.Lanes, Moved: w.Moved, InFlight: w.InFlight,
		WatchUntil: moment(w.WatchUntil),
	}
	for _, e := range w.Entered {
		answer.Entered = append(answer.Entered, api.SwapEntry{State: string(e.State), At: e.At})
	}
	for _, c := range w.Checks {
		answer.Checks = append(answer.Checks, api.SwapCheck{ConnectionID: c.ConnectionID, State: api.SwapCheckState(c.State), Detail: c.Detail})
	}
	for _, d := range w.Differences {
		answer.Differences = append(answer.Differences, api.SwapDifference{
			PayoutID: d.PayoutID, Line: d.Line, Field: d.Field, Stored: d.Stored, Read: d.Read, Blocks: d.Blocks,
		})
	}
	return answer
}

func (s *server) ListImpactPayouts(ctx context.Context, r api.ListImpactPayoutsRequestObject) (api.ListImpactPayoutsResponseObject, error) {
	found, err := s.Impact.Payouts(ctx, r.ID, r.Version, pageOf(r.Params.Limit, r.Params.After))
	items, next := answered(found, r.Params.Limit, func(p ports.PayoutRecord) string { return p.ID }, func(p ports.PayoutRecord) api.ImpactPayout {
		return api.ImpactPayout{
			ID: p.ID, MerchantID: p.MerchantID, ConnectionID: p.ConnectionID, FlowID: p.FlowID, Reference: p.Reference, Date: p.Date,
			Currency: string(p.Net.Currency()), Net: p.Net.String(), State: string(p.State), Hold: faultAnswer(p.Hold),
		}
	})
	return api.ListImpactPayouts200JSONResponse{Items: items, Next: next}, err
}

func (s *server) ListImpactDocuments(ctx context.Context, r api.ListImpactDocumentsRequestObject) (api.ListImpactDocumentsResponseObject, error) {
	after, err := ordinal(r.Params.After)
	if err != nil {
		return nil, err
	}
	found, err := s.Impact.Documents(ctx, r.ID, r.Version, r.Params.Unsettled, after, sizeOf(r.Params.Limit)+1)
	items, next := answered(found, r.Params.Limit, func(d ports.Step) string { return itoa(d.ID) }, func(d ports.Step) api.ImpactDocument {
		answer := api.ImpactDocument{
			ID: d.ID, Kind: string(d.Kind), Key: d.Key, State: api.ImpactDocumentState(d.State), Number: d.Number, Outcome: api.ImpactDocumentOutcome(d.Outcome),
			Attempt: d.Attempt, Document: d.Document, PayoutID: d.PayoutID, FlowID: d.FlowID, RunID: d.RunID, ClosedAt: moment(d.ClosedAt), Fault: faultAnswer(d.Fault),
		}
		answer.Amount, answer.Currency = amount(d.Amount)
		return answer
	})
	return api.ListImpactDocuments200JSONResponse{Items: items, Next: next}, err
}

func (s *server) CompareConnectorVersion(ctx context.Context, r api.CompareConnectorVersionRequestObject) (api.CompareConnectorVersionResponseObject, error) {
	found, err := s.Impact.Compare(ctx, r.ID, r.Version, r.Body.With, pageOf(r.Params.Limit, r.Params.After))
	items, next := answered(found, r.Params.Limit, func(c impact.Check) string { return c.Payout.ID }, func(c impact.Check) api.VersionComparison {
		answer := api.VersionComparison{PayoutID: c.Payout.ID, MerchantID: c.Payout.MerchantID, State: string(c.Payout.State), Fault: faultAnswer(c.Fault)}
		if c.Fault == nil {
			answer.Replay = new(replayAnswer(c.Report))
		}
		return answer
	})
	return api.CompareConnectorVersion200JSONResponse{Items: items, Next: next}, err
}

func (s *server) ReplanConnectorVersion(ctx context.Context, r api.ReplanConnectorVersionRequestObject) (api.ReplanConnectorVersionResponseObject, error) {
	done, err := s.Impact.Replan(ctx, r.ID, r.Version, r.Body.Reason, by(ctx))
	if err != nil {
		return nil, err
	}
	answer := api.ReplanConnectorVersion200JSONResponse{
		Payouts: append([]string{}, done.Payouts...), Exceptions: append([]string{}, done.Exceptions...), Open: done.Open, Faults: []api.ReplanFault{},
	}
	for id, f := range done.Faults {
		answer.Faults = append(answer.Faults, api.ReplanFault{ID: id, Fault: *faultAnswer(&f)})
	}
	return answer, nil
}
