package rest

import (
	"context"
	"net/url"
	"strconv"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) SearchMerchant(ctx context.Context, r api.SearchMerchantRequestObject) (api.SearchMerchantResponseObject, error) {
	found, err := s.Statements.Search(ctx, r.ID, r.Params.Q, hitsOf(r.Params.Limit))
	return api.SearchMerchant200JSONResponse(searchAnswer(found)), err
}

func (s *server) Search(ctx context.Context, r api.SearchRequestObject) (api.SearchResponseObject, error) {
	found, err := s.Statements.Search(ctx, "", r.Params.Q, hitsOf(r.Params.Limit))
	return api.Search200JSONResponse(searchAnswer(found)), err
}

// hitsOf is how many hits of a kind are shown.
func hitsOf(limit int) int {
	if limit == 0 {
		return 20
	}
	return limit
}

func searchAnswer(found []statement.Hits) api.SearchResult {
	answer := api.SearchResult{Items: []api.HitGroup{}}
	for _, hits := range found {
		group := api.HitGroup{Kind: api.HitGroupKind(hits.Kind), More: hits.More, Hits: []api.Hit{}}
		for _, h := range hits.List {
			group.Hits = append(group.Hits, api.Hit{
				ID: h.ID, MerchantID: h.MerchantID, Field: h.Field, Value: h.Value, PayoutID: h.PayoutID, FlowID: h.FlowID, ConnectionID: h.ConnectionID, Path: pathOf(h),
			})
		}
		answer.Items = append(answer.Items, group)
	}
	return answer
}

// pathOf is where to read more of what was found.
func pathOf(h ports.Hit) string {
	switch h.Kind {
	case ports.HitPayout, ports.HitEvent, ports.HitException, ports.HitRun:
		return "/v1/" + string(h.Kind) + "s/" + h.ID
	case ports.HitLine:
		return "/v1/payouts/" + h.PayoutID + "/lines?limit=1&after=" + strconv.FormatInt(h.Ordinal-1, 10)
	case ports.HitDocument:
		return "/v1/merchants/" + h.MerchantID + "/documents?number=" + url.QueryEscape(h.ID)
	case ports.HitOrder:
		if h.Field == "purchase" {
			return "/v1/connections/" + h.ConnectionID + "/orders/" + url.PathEscape(h.ID)
		}
		if h.ConnectionID != "" { // a shop told it, and it is not registered
			return "/v1/merchants/" + h.MerchantID + "/exceptions?reference=" + url.QueryEscape(h.ID)
		}
		return "/v1/merchants/" + h.MerchantID + "/orders/" + url.PathEscape(h.ID)
	case ports.HitStep:
		after := before(h.ID)
		if h.PayoutID != "" {
			return "/v1/payouts/" + h.PayoutID + "/documents?limit=1&after=" + after
		}
		return "/v1/flows/" + h.FlowID + "/vouchers?limit=1&after=" + after
	}
	return ""
}

// before is the cursor after which a list by number goes on with the thing of an id.
func before(id string) string {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return ""
	}
	return strconv.FormatInt(n-1, 10)
}
