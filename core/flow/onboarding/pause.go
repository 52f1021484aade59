package onboarding

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/start"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// CodeNotPaused: a connection that nobody has paused was to be resumed.
const CodeNotPaused fault.Code = "connection.not_paused"

// Pause keeps all calls from a connection until Resume. A call that is under way
// ends as it would; what else needs the connection waits and loses nothing. It fails
// with remote.CodePaused if somebody has paused the connection already.
func (s *Service) Pause(ctx context.Context, id, reason, by string) (ports.ConnectionRecord, error) {
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n == 0 || n > 500 {
		return ports.ConnectionRecord{}, fault.Invalid(CodeConnectionInvalid, "reason", "a reason has 1 to 500 characters").
			WithRemedy("say why the connection is paused, for whoever finds it so")
	}
	pause := merchant.Pause{By: by, Reason: reason, Since: s.now()}
	return s.changePause(ctx, id, pause, act{by: by, name: "connection.paused", subject: id, detail: reason},
		func(_ context.Context, _ ports.Tx, record ports.ConnectionRecord) error {
			if err := remote.Paused(record.Connection); err != nil {
				return fault.New(remote.CodePaused, fault.Conflict, fault.Of(err).Reason).WithRemedy("resume the connection first to give another reason")
			}
			return nil
		})
}

// Resume ends a pause and lets the flows that wait for the connection go on.
func (s *Service) Resume(ctx context.Context, id, by string) (ports.ConnectionRecord, error) {
	return s.changePause(ctx, id, merchant.Pause{}, act{by: by, name: "connection.resumed", subject: id},
		func(ctx context.Context, tx ports.Tx, record ports.ConnectionRecord) error {
			if record.Pause.Since.IsZero() {
				return fault.New(CodeNotPaused, fault.Conflict, "the connection to "+record.Connector+" is not paused")
			}
			return start.Waiting(ctx, tx, record)
		})
}

func (s *Service) changePause(ctx context.Context, id string, pause merchant.Pause, a act, check func(context.Context, ports.Tx, ports.ConnectionRecord) error) (ports.ConnectionRecord, error) {
	var record ports.ConnectionRecord
	err := s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if record, err = tx.Connections().Get(ctx, id); err != nil {
			return err
		}
		if err := check(ctx, tx, record); err != nil {
			return err
		}
		record.Pause, record.UpdatedAt = pause, s.now()
		if err := tx.Connections().Save(ctx, record); err != nil {
			return err
		}
		a.merchant = record.MerchantID
		return s.audit(ctx, tx, a)
	})
	return record, err
}
