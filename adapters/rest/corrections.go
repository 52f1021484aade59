package rest

import (
	"cmp"
	"context"
	"slices"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/ports"
)

// CorrectLines reads the whole file before it looks at any line: what cannot be read
// is reported all at once, with what can.
func (s *server) CorrectLines(ctx context.Context, r api.CorrectLinesRequestObject) (api.CorrectLinesResponseObject, error) {
	said, unreadable, err := matching.ParseCorrections(r.Body)
	if err != nil {
		return nil, err
	}
	done, err := s.Casework.Correct(ctx, r.ID, said, r.Params.Apply && len(unreadable) == 0, by(ctx))
	if err != nil {
		return nil, err
	}
	answer := api.CorrectLines200JSONResponse{
		Applied: done.Applied, Changes: done.Changes, Rows: []api.Correction{}, Mistakes: []api.CorrectionMistake{},
	}
	for _, row := range done.Rows {
		answer.Rows = append(answer.Rows, api.Correction{
			Row: row.Row, Reference: string(row.Reference), Value: row.Value, Document: row.Document, Before: row.Before,
			Changes: row.Changes, Outlook: outlookAnswer(row.Outlook),
		})
	}
	mistakes := append(unreadable, done.Mistakes...)
	slices.SortStableFunc(mistakes, func(a, b matching.Mistake) int { return cmp.Compare(a.Row, b.Row) })
	for _, m := range mistakes {
		answer.Mistakes = append(answer.Mistakes, api.CorrectionMistake{Row: m.Row, Field: m.Field, Value: m.Value, Reason: m.Reason})
	}
	return answer, nil
}

func (s *server) RematchFlow(ctx context.Context, r api.RematchFlowRequestObject) (api.RematchFlowResponseObject, error) {
	found, err := s.Casework.Rematch(ctx, r.ID, r.Params.Apply, by(ctx))
	if err != nil {
		return nil, err
	}
	answer := api.RematchFlow200JSONResponse{
		Matched: found.Matched, Suggested: found.Suggested, Waiting: found.Waiting, Exceptions: found.Exceptions,
		Lines: []api.Outlook{}, Omitted: found.Omitted,
	}
	for _, o := range found.Lines {
		answer.Lines = append(answer.Lines, outlookAnswer(o))
	}
	if found.Run.ID != "" {
		run := runAnswer(found.Run)
		answer.Run = &run
	}
	return answer, nil
}

func outlookAnswer(o settlement.Outlook) api.Outlook {
	l := o.Line
	currency := l.Gross.Currency()
	answer := api.Outlook{
		PayoutID: o.PayoutID, Payout: o.Payout, LineID: l.ID, Line: l.Key, Kind: api.LineKind(l.Kind),
		Currency: string(currency), Gross: whole(l.Gross, currency), State: api.LineState(l.State),
		Becomes: api.OutlookBecomes(o.Becomes), Documents: append([]string{}, o.Documents...), Partial: o.Partial,
	}
	if o.Rule != (matching.KeyPair{}) {
		answer.Rule = string(o.Rule.Line) + " = " + string(o.Rule.Document)
	}
	if o.Fault != nil {
		answer.Code, answer.Reason, answer.Remedy = string(o.Fault.Code), o.Fault.Reason, o.Fault.Remedy
		if o.Fault.Code == matching.CodeSuggested {
			answer.Becomes = api.OutlookBecomesSuggested
		}
	}
	return answer
}

func correctionAnswers(corrections []ports.LineCorrection) []api.LineCorrection {
	var answers []api.LineCorrection
	for _, c := range corrections {
		answers = append(answers, api.LineCorrection{Reference: string(c.Reference), Value: c.Value, By: c.By, At: c.At})
	}
	return answers
}
