package rest

import (
	"context"
	"net/url"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement"
)

func (s *server) ListWork(ctx context.Context, r api.ListWorkRequestObject) (api.ListWorkResponseObject, error) {
	items, err := s.Statements.Work(ctx, r.ID, statement.WorkState(r.Params.State), s.Clock.Now())
	answer := api.ListWork200JSONResponse{Items: []api.WorkItem{}}
	for _, i := range items {
		answer.Items = append(answer.Items, api.WorkItem{
			Kind: api.WorkItemKind(i.Kind), State: api.WorkState(i.State), ID: i.ID, FlowID: i.FlowID, Count: i.Count, Since: moment(i.Since),
			Code: string(i.Code), Reason: i.Reason, Remedy: i.Remedy, Next: i.Next, Path: workPath(r.ID, i),
		})
	}
	return answer, err
}

// workPath is where to read more of a piece of work.
func workPath(merchantID string, i statement.WorkItem) string {
	of := "/v1/merchants/" + merchantID
	switch i.Kind {
	case statement.WorkRun:
		return "/v1/runs/" + i.ID
	case statement.WorkPayout:
		return "/v1/payouts/" + i.ID
	case statement.WorkLine:
		return "/v1/payouts/" + i.ID + "/lines?state=waiting"
	case statement.WorkStep:
		if i.ID == "" {
			return "/v1/flows/" + i.FlowID + "/vouchers"
		}
		return "/v1/payouts/" + i.ID + "/documents"
	case statement.WorkEvent:
		return of + "/events?state=" + string(i.Events)
	case statement.WorkOrder:
		return of + "/exceptions?state=open&flow=" + i.FlowID
	case statement.WorkException:
		return of + "/exceptions?state=open&code=" + url.QueryEscape(string(i.Code))
	}
	return ""
}
