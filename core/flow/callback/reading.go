package callback

import (
	"cmp"
	"context"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/ports"
)

// batch is how many messages one job reads, so that a flood on one connection gives
// way to others in between.
const batch = 50

// Next says whether messages still wait, and for how long they can.
type Next struct {
	Done  bool
	After time.Duration
}

// Read has the messages to a connection read that wait for it, at most a batch. It
// fails when none can be read now, such as while the connector is down; the messages
// go on waiting and say why.
func (s *Service) Read(ctx context.Context, connectionID string) (Next, error) {
	waiting, err := walk.View(ctx, s.Store, func(ctx context.Context, tx ports.Tx) ([]ports.CallbackRecord, error) {
		return tx.Callbacks().Waiting(ctx, connectionID, batch)
	})
	if err != nil {
		return Next{}, err
	}
	next := Next{Done: len(waiting) < batch}
	for _, message := range waiting {
		settled, err := s.read(ports.WithWork(ctx, message.ID), message)
		if err != nil {
			return Next{}, err
		}
		if !settled {
			next = Next{After: s.Options.Backoff}
		}
	}
	return next, nil
}

// read has one message read. It fails if that has nothing to do with the message.
func (s *Service) read(ctx context.Context, message ports.CallbackRecord) (settled bool, err error) {
	var reading ports.CallbackReading
	err = remote.Inside(ctx, s.Desk, message.ConnectionID, ports.CapabilityCallbacks, func(ctx context.Context, reader ports.CallbackReader, call ports.Call) error {
		var err error
		reading, err = reader.ReadCallback(ctx, ports.CallbackRequest{
			Call: call, Method: message.Method, Query: message.Query, Headers: message.Headers, Body: message.Body, ReceivedAt: message.ReceivedAt,
		})
		return err
	})
	if err == nil {
		err = check(reading)
	}
	if err == nil {
		return true, s.settle(ctx, message, reading)
	}
	f := fault.Of(err)
	if f == nil {
		return false, err
	}
	fate := s.fate(message, f)
	failed := s.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error { return tx.Callbacks().Settle(ctx, message.ID, fate) })
	if failed != nil || down(f) {
		return false, cmp.Or(failed, err)
	}
	if fate.State != ports.CallbackReceived {
		s.Log.Warn("a callback was not taken", "callback", message.ID, "connection", message.ConnectionID, "state", string(fate.State), "code", string(f.Code))
	}
	return fate.State != ports.CallbackReceived, nil
}

// down reports whether a fault says nothing about the message: it never reached the
// connector.
func down(f *fault.Error) bool {
	return f.Class == fault.NotSent || f.Class == fault.RateLimited || f.Code == ports.CodeConnectorUnknown
}

// fate is what becomes of a message that could not be read.
func (s *Service) fate(message ports.CallbackRecord, f *fault.Error) ports.CallbackFate {
	fate := ports.CallbackFate{State: ports.CallbackUnreadable, Attempts: message.Attempts + 1, Fault: ports.Recorded(f, s.Now()), ReadAt: s.Now()}
	switch {
	case down(f):
		fate.State, fate.Attempts, fate.ReadAt = ports.CallbackReceived, message.Attempts, message.ReadAt
	case f.Class == fault.Auth && f.Source != fault.Hub:
		fate.State = ports.CallbackRefused
	case (f.Class == fault.Temporary || f.Class == fault.Unknown) && fate.Attempts < s.Options.Attempts:
		// It may be the message that crashes the connector, or chance.
		fate.State, fate.ReadAt = ports.CallbackReceived, message.ReadAt
	}
	return fate
}

const (
	// most is how many notices a message may have, longest how long their texts are.
	most    = 1000
	longest = 200
)

// check refuses notices that break their port.
func check(reading ports.CallbackReading) error {
	invalid := func(field, reason string) error {
		return fault.Invalid(CodeNoticeInvalid, field, reason).From(fault.Connector).WithRemedy("report it to whoever makes the connector")
	}
	if len(reading.Notices) > most {
		return invalid("notices", "a message has at most "+strconv.Itoa(most)+" notices")
	}
	for i, n := range reading.Notices {
		at := "notices[" + strconv.Itoa(i) + "]."
		switch length := utf8.RuneCountInString(n.ID); {
		case length == 0 && n.Subject != ports.AboutAccount:
			return invalid(at+"id", "a notice about "+string(n.Subject)+" names which")
		case length > longest:
			return invalid(at+"id", "an id has at most "+strconv.Itoa(longest)+" characters")
		case utf8.RuneCountInString(n.Order) > longest:
			return invalid(at+"order", "an id has at most "+strconv.Itoa(longest)+" characters")
		case utf8.RuneCountInString(n.Event) > longest:
			return invalid(at+"event", "an id has at most "+strconv.Itoa(longest)+" characters")
		}
	}
	return nil
}
