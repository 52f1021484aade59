package discovery

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// Remembered is what the last discovery of a flow found out about its own keys.
type Remembered struct {
	Keys    []matching.KeyPair `json:"keys"`
	Lines   int                `json:"lines"`
	Covered int                `json:"covered"`
}

func stream(flowID string) string { return "reference_discovery/" + flowID }

// remember keeps how much the flow's keys cover, for the checklist.
func (s *Service) remember(ctx context.Context, flow merchant.Flow, f Found) error {
	text, err := json.Marshal(Remembered{Keys: f.Keys, Lines: f.Lines, Covered: f.KeysCover})
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		return tx.Cursors().Set(ctx, flow.Target, stream(flow.ID), string(text))
	})
}

// Recall gives what is known of the keys that the settings of a flow have now, and
// false if nobody has asked since they are what they are.
func Recall(ctx context.Context, tx ports.Tx, flow merchant.Flow, settings booking.Settings) (Remembered, bool, error) {
	var last Remembered
	text, err := tx.Cursors().Get(ctx, flow.Target, stream(flow.ID))
	if err != nil || text == "" {
		return last, false, err
	}
	if err := json.Unmarshal([]byte(text), &last); err != nil {
		return last, false, err
	}
	return last, slices.Equal(last.Keys, settings.MatchKeys), nil
}
