package rest

import (
	"context"
	"fmt"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/discovery"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
)

func (s *server) DiscoverReferences(ctx context.Context, r api.DiscoverReferencesRequestObject) (api.DiscoverReferencesResponseObject, error) {
	found, err := s.Discovery.Discover(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	answer := discoveryAnswer(found)
	answer.FlowID = r.ID
	return api.DiscoverReferences200JSONResponse(answer), nil
}

func discoveryAnswer(f discovery.Found) api.ReferenceDiscovery {
	answer := api.ReferenceDiscovery{
		Lines: f.Lines, BareLines: f.Bare, Payouts: append([]string{}, f.Payouts...), LinesFrom: api.ReferenceDiscoveryLinesFromProvider, DocumentsFrom: api.AccountingSystem,
		Searches: f.Searches, Pairs: []api.PairCoverage{}, MatchKeys: matchKeys(f.Proposed), Covered: f.Covered, Missed: []api.SampledLine{},
	}
	answer.Current.MatchKeys, answer.Current.Covered = matchKeys(f.Keys), f.KeysCover
	if f.Stored {
		answer.LinesFrom = api.ReferenceDiscoveryLinesFromStored
	}
	if f.Mirrored {
		answer.DocumentsFrom = api.Mirror
	}
	for _, c := range f.Pairs {
		answer.Pairs = append(answer.Pairs, pairAnswer(c, f.Lines))
	}
	for _, l := range f.Missed {
		answer.Missed = append(answer.Missed, sampledAnswer(l))
	}
	return answer
}

func pairAnswer(c matching.Coverage, lines int) api.PairCoverage {
	answer := api.PairCoverage{
		Line: string(c.Pair.Line), Document: string(c.Pair.Document), Found: c.Found, Agreeing: c.Agreeing, Ambiguous: c.Several, Shared: c.Shared,
		Text: fmt.Sprintf("%s carries %s and covers %d %%, %d of %d lines", c.Pair.Document, c.Pair.Line, percent(c.Found, lines), c.Found, lines),
	}
	for _, e := range c.Examples {
		answer.Examples = append(answer.Examples, api.PairExample{
			Key: e.Line.Key, Kind: api.LineKind(e.Line.Kind), Currency: string(e.Line.Gross.Currency()), Gross: e.Line.Gross.String(),
			Reference: e.Line.References[c.Pair.Line], Document: e.Document.Number, Total: e.Document.Total.String(),
		})
	}
	return answer
}

// percent rounds to the nearest whole, though to 100 only what is complete.
func percent(part, whole int) int {
	if part == whole {
		return 100
	}
	return min(99, (200*part+whole)/(2*whole))
}

func matchKeys(pairs []matching.KeyPair) []api.MatchKey {
	keys := make([]api.MatchKey, 0, len(pairs))
	for _, p := range pairs {
		keys = append(keys, api.MatchKey{Line: string(p.Line), Document: string(p.Document), Prefix: p.Prefix, Suffix: p.Suffix})
	}
	return keys
}

func sampledAnswer(l payout.Line) api.SampledLine {
	answer := api.SampledLine{
		Key: l.Key, Kind: api.LineKind(l.Kind), Currency: string(l.Gross.Currency()), Gross: l.Gross.String(), References: map[string]string{},
	}
	for reference, value := range l.References {
		answer.References[string(reference)] = value
	}
	return answer
}
