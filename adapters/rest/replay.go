package rest

import (
	"context"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/replay"
)

func (s *server) ReplayPayout(ctx context.Context, r api.ReplayPayoutRequestObject) (api.ReplayPayoutResponseObject, error) {
	report, err := s.Replays.Compare(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return api.ReplayPayout200JSONResponse(replayAnswer(report)), nil
}

func replayAnswer(report replay.Report) api.Replay {
	answer := api.Replay{
		PayoutID: report.PayoutID, VersionThen: report.Then, VersionNow: report.Now, Pages: report.Pages, Lines: report.Lines,
		Differ: report.Differ, Differences: []api.ReplayDifference{},
	}
	for _, d := range report.Differences {
		difference := api.ReplayDifference{Key: d.Key, Outcome: api.ReplayDifferenceOutcome(d.Outcome), Fields: []api.ReplayField{}}
		for _, f := range d.Fields {
			difference.Fields = append(difference.Fields, api.ReplayField{Name: f.Name, Stored: f.Stored, Read: f.Read})
		}
		answer.Differences = append(answer.Differences, difference)
	}
	return answer
}
