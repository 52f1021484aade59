package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/kvitt/kvitt/ports"
)

// register gives the vouchers among new steps their places in the unbroken sequence
// of their merchant, and nil to all other steps. A step whose key is known gets
// none, so that planning it again burns no number.
func (s steps) register(ctx context.Context, planned []ports.Step) ([]any, error) {
	numbers := make([]any, len(planned))
	last, met := map[string]int64{}, map[string]bool{}
	for i, p := range planned {
		if p.Kind != ports.StepVoucher && p.Kind != ports.StepCorrection {
			continue
		}
		known, err := one(ctx, s.tx, scalar[bool], "SELECT EXISTS (SELECT 1 FROM step WHERE key = ?)", p.Key)
		if err != nil {
			return nil, err
		}
		if known || met[p.Key] {
			continue
		}
		met[p.Key] = true
		merchant, err := s.merchantOfStep(ctx, p)
		if err != nil {
			return nil, err
		}
		if _, read := last[merchant]; !read {
			if last[merchant], err = s.lastNumber(ctx, merchant); err != nil {
				return nil, err
			}
		}
		last[merchant]++
		numbers[i] = last[merchant]
	}
	for merchant, n := range last {
		_, err := s.exec(ctx, "INSERT INTO registration (merchant, last) VALUES (?, ?) ON CONFLICT (merchant) DO UPDATE SET last = excluded.last", merchant, n)
		if err != nil {
			return nil, err
		}
	}
	return numbers, nil
}

func (s steps) merchantOfStep(ctx context.Context, p ports.Step) (string, error) {
	query, id, thing := "SELECT merchant FROM payout WHERE id = ?", p.PayoutID, "payout"
	if id == "" {
		query, id, thing = "SELECT merchant FROM flow WHERE id = ?", p.FlowID, "flow"
	}
	merchant, err := one(ctx, s.tx, scalar[string], query, id)
	return merchant, named(err, thing)
}

func (s steps) lastNumber(ctx context.Context, merchant string) (int64, error) {
	last, err := one(ctx, s.tx, scalar[int64], "SELECT last FROM registration WHERE merchant = ?", merchant)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return last, err
}
