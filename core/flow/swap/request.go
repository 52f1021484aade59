package swap

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// The most that a request may ask for.
const (
	longestDrain = 30 * time.Minute
	longestWatch = 24 * time.Hour
)

// valid completes a request, or says what of it makes no sense.
func (s *Service) valid(r *Request) error {
	r.Reason = strings.TrimSpace(r.Reason)
	if n := utf8.RuneCountInString(r.Reason); n == 0 || n > 500 {
		return fault.Invalid(CodeInvalid, "reason", "a reason has 1 to 500 characters").WithRemedy("say why the version is changed, for whoever finds it so")
	}
	if r.Drain == 0 {
		r.Drain = s.parts.Options.Drain
	}
	if r.Watch == 0 {
		r.Watch = s.parts.Options.Watch
	}
	if r.Drain < 0 || r.Drain > longestDrain {
		return fault.Invalid(CodeInvalid, "drain_seconds", "lanes are waited for at most "+longestDrain.String())
	}
	if r.Watch < 0 || r.Watch > longestWatch {
		return fault.Invalid(CodeInvalid, "watch_seconds", "a version is watched for at most "+longestWatch.String())
	}
	slices.Sort(r.Connections)
	r.Connections = slices.Compact(r.Connections)
	return nil
}

// from gives the version that serves what the request is about, which must be one and
// another, and for all connections the version before that.
func (s *Service) from(ctx context.Context, r Request) (from, before string, err error) {
	if len(r.Connections) == 0 {
		wanted, err := s.wanted(ctx, r.Connector, "")
		if err == nil && wanted.Version == r.To {
			err = serving(r.Connector, r.To)
		}
		return wanted.Version, wanted.Previous, err
	}
	from, err = s.serves(ctx, r)
	return from, "", err
}

// serves gives the version that serves the connections that a request names.
func (s *Service) serves(ctx context.Context, r Request) (string, error) {
	from := ""
	for _, id := range r.Connections {
		err := s.parts.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
			c, err := tx.Connections().Get(ctx, id)
			if fault.CodeOf(err) == ports.CodeNotFound || (err == nil && c.Connector != r.Connector) {
				return fault.Invalid(CodeInvalid, "connections", "there is no connection \""+id+"\" to "+r.Connector)
			}
			return err
		})
		if err != nil {
			return "", err
		}
		running := s.parts.Fleet.Running(r.Connector, id)
		if from != "" && running != from {
			return "", fault.Invalid(CodeInvalid, "connections", "some of them are served by "+from+", others by "+running).
				WithRemedy("swap those of one version at a time")
		}
		from = running
	}
	if from == r.To {
		return "", serving(r.Connector, r.To)
	}
	return from, nil
}

func serving(connector, version string) error {
	return fault.New(CodeServing, fault.Conflict, "version "+version+" of "+connector+" serves already")
}

// wanted gives what is wanted for a connection, or for all.
func (s *Service) wanted(ctx context.Context, connector, connectionID string) (ports.Wanted, error) {
	var found ports.Wanted
	err := s.parts.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		all, err := tx.Catalogue().Wanted(ctx)
		for _, w := range all {
			if w.Connector == connector && w.ConnectionID == connectionID {
				found = w
			}
		}
		return err
	})
	if err == nil && found.Version == "" {
		err = fault.New(ports.CodeConnectorUnknown, fault.NotFound, "no connector \""+connector+"\" is installed")
	}
	return found, err
}

// keep stores a swap with an entry in the audit log.
func (s *Service) keep(ctx context.Context, swap ports.Swap, did, detail, by string) error {
	return s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Catalogue().SaveSwap(ctx, swap); err != nil {
			return err
		}
		return s.audit(ctx, tx, swap, did, detail, by)
	})
}

func (s *Service) audit(ctx context.Context, tx ports.Tx, swap ports.Swap, did, detail, by string) error {
	return tx.Audit().Append(ctx, ports.AuditEntry{At: s.now(), By: by, Act: did, Subject: swap.Connector, Detail: detail})
}
