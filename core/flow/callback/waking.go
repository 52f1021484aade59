package callback

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/start"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// settle stores what a message is about and wakes what that concerns, in one unit of
// work: whatever crashes, a notice wakes once.
func (s *Service) settle(ctx context.Context, message ports.CallbackRecord, reading ports.CallbackReading) error {
	return s.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		fate := ports.CallbackFate{State: ports.CallbackRead, Attempts: message.Attempts, ReadAt: s.Now()}
		met := map[string]bool{}
		for _, notice := range reading.Notices {
			told := ports.NoticeRecord{Notice: notice, Key: keyOf(message, notice)}
			known, err := tx.Callbacks().Woke(ctx, message.ConnectionID, told.Key)
			if err != nil {
				return err
			}
			if known || met[told.Key] {
				told.Outcome, told.Detail = ports.NoticeRepeated, "it was told before"
			} else if told.Outcome, told.Detail, err = s.wake(ctx, tx, message, notice); err != nil {
				return err
			}
			met[told.Key] = met[told.Key] || told.Outcome == ports.NoticeWoke
			fate.Notices = append(fate.Notices, told)
		}
		return tx.Callbacks().Settle(ctx, message.ID, fate)
	})
}

// keyOf names a notice by the provider's id of the event, else by the bytes of the
// message. Headers do not count: they hold the moment and the trace of each delivery.
func keyOf(message ports.CallbackRecord, n ports.Notice) string {
	parts := []any{n.Subject, n.ID, n.Order, n.Event}
	if n.Event == "" {
		parts = append(parts, message.Method, message.Query, string(message.Body))
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", parts))
	return hex.EncodeToString(sum[:])
}

// wake has what a notice concerns look at the provider again.
func (s *Service) wake(ctx context.Context, tx ports.Tx, message ports.CallbackRecord, n ports.Notice) (ports.NoticeOutcome, string, error) {
	var woken []string
	why := "no enabled flow reads it from this connection"
	var reads func(merchant.Flow) bool
	switch n.Subject {
	case ports.AboutPayout:
		reads = func(f merchant.Flow) bool { return f.Kind == merchant.Payouts }
	case ports.AboutOrder, ports.AboutRefund:
		reads = merchant.Flow.FromShop
		if order := orderOf(n); s.Learner != nil && order != "" {
			err := s.Learner.Learn(ctx, tx, message.ConnectionID, order, message.ReceivedAt)
			switch f := fault.Of(err); {
			case err == nil:
				woken = append(woken, "order "+order)
			case f != nil && f.Class == fault.Conflict:
				why = f.Reason
			default:
				return "", "", err
			}
		}
	default:
		return ports.NoticeKept, "kvitt does nothing about this subject", nil
	}
	err := walk.Flows(ctx, tx, message.MerchantID, func(f merchant.Flow) error {
		if !f.Enabled || f.Source != message.ConnectionID || !reads(f) {
			return nil
		}
		run, _, err := start.Run(ctx, tx, f, ports.TriggerCallback, s.Now())
		woken = append(woken, run.ID)
		return err
	})
	if err != nil || len(woken) == 0 {
		return ports.NoticeKept, why, err
	}
	return ports.NoticeWoke, strings.Join(woken, ", "), nil
}

// orderOf is the order that a notice is about.
func orderOf(n ports.Notice) string {
	if n.Subject == ports.AboutOrder {
		return n.ID
	}
	return n.Order
}
