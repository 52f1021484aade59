package statement

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/ports"
)

// Compared says what matching held against each other before it raised an exception
// of a line, in that order; nothing if the exception is about no line, or if there was
// no document to compare it with.
func (r *Reader) Compared(ctx context.Context, e ports.Exception) ([]matching.Comparison, error) {
	if e.LineID == 0 {
		return nil, nil
	}
	line, err := walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) (ports.LineRecord, error) { return tx.Lines().Get(ctx, e.LineID) })
	if fault.CodeOf(err) == ports.CodeNotFound || (err == nil && len(line.Decision) == 0) {
		return nil, nil // the payout was read anew since
	}
	if err != nil {
		return nil, err
	}
	var kept struct {
		Compared []matching.Comparison `json:"compared"`
	}
	if err := json.Unmarshal(line.Decision, &kept); err != nil {
		return nil, fmt.Errorf("reading the decision on line %d: %w", line.ID, err)
	}
	return kept.Compared, nil
}
