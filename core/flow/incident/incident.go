// Package incident gathers what helps to find out what went wrong, for the author of a
// connector or whoever helps from outside: technical facts about one connection, payout,
// run, exception or connector, as an archive from which credentials, tokens and personal
// data are left out. What is written is chosen field by field; what people and remote
// systems have put into free text is scrubbed besides.
package incident

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/sight"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// CodeSubject: it is not said what the archive is to be about, or more than one thing is.
const CodeSubject fault.Code = "incident.subject_unclear"

// Sight is how connectors and connections fare.
type Sight interface {
	Node() string
	Versions(ctx context.Context) ([]sight.Version, error)
	Log(v sight.Version) ([]ports.LogEntry, error)
	Failures(v sight.Version) ([]ports.CallFailure, error)
	Lane(c ports.ConnectionRecord) sight.Lane
	Swaps(ctx context.Context, connector string, most int) ([]ports.Swap, error)
	Backlog(ctx context.Context) (ports.Backlog, error)
}

// Hub is what a hub says of itself.
type Hub struct {
	Version string
	// Runtime is the Go version and the platform.
	Runtime string
	// Config is the operator's configuration as JSON.
	Config json.RawMessage
	Now    func() time.Time
}

// Service writes archives.
type Service struct {
	store   ports.Store
	secrets ports.Secrets
	sight   Sight
	hub     Hub
}

// New makes the service.
func New(store ports.Store, secrets ports.Secrets, sight Sight, hub Hub) *Service {
	return &Service{store: store, secrets: secrets, sight: sight, hub: hub}
}

// Subject names what an archive is about: one of its fields is set.
type Subject struct {
	Connection string `json:"connection,omitempty"`
	Payout     string `json:"payout,omitempty"`
	Run        string `json:"run,omitempty"`
	Exception  string `json:"exception,omitempty"`
	Connector  string `json:"connector,omitempty"`
}

// one gives the field that is set, if it is the only one.
func (s Subject) one() (string, error) {
	set := slices.DeleteFunc([]string{s.Connection, s.Payout, s.Run, s.Exception, s.Connector}, func(id string) bool { return id == "" })
	if len(set) != 1 {
		return "", fault.Invalid(CodeSubject, "", "an archive is about one thing").
			WithRemedy("name one connection, payout, run, exception or connector")
	}
	return set[0], nil
}

// The most of each kind that an archive holds. What helps is what happened last.
const (
	mostRuns       = 20
	mostExceptions = 200
	mostSteps      = 2000
	mostCallbacks  = 50
	mostSwaps      = 20
	mostAudit      = 200
	mostLanes      = 500
)

// matter is all that a subject concerns.
type matter struct {
	Subject Subject
	// id is that of the subject.
	id          string
	connectors  []string
	connections []ports.ConnectionRecord
	flows       []merchant.Flow
	runs        []ports.Run
	payout      *ports.PayoutRecord
	steps       []ports.Step
	exceptions  []ports.Exception
	callbacks   []ports.CallbackRecord
	audit       []ports.AuditEntry
	// hidden are the secrets of every connection to a connector that is concerned: a log
	// may have seen any of them.
	hidden []string
}

// Export writes the archive about a subject. Nothing is written if there is none.
func (s *Service) Export(ctx context.Context, subject Subject, w io.Writer) error {
	id, err := subject.one()
	if err != nil {
		return err
	}
	m := &matter{Subject: subject, id: id}
	err = s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := m.gather(ctx, tx); err != nil {
			return err
		}
		return s.hide(ctx, tx, m)
	})
	if err != nil {
		return err
	}
	versions, err := s.versions(ctx, m)
	if err != nil {
		return err
	}
	return s.write(ctx, m, versions, w)
}

// versions are those of the connectors concerned, of which there must be one.
func (s *Service) versions(ctx context.Context, m *matter) ([]sight.Version, error) {
	all, err := s.sight.Versions(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(v sight.Version) bool { return !slices.Contains(m.connectors, v.Connector) })
	if m.Subject.Connector != "" && len(all) == 0 {
		return nil, fault.New(ports.CodeConnectorUnknown, fault.NotFound, "no connector \""+m.Subject.Connector+"\" is installed").
			WithRemedy("see `kvitt connector list` for those that are")
	}
	return all, nil
}

func (m *matter) gather(ctx context.Context, tx ports.Tx) error {
	var err error
	switch {
	case m.Subject.Connector != "":
		m.connectors = []string{m.Subject.Connector}
		m.connections, err = tx.Catalogue().Connections(ctx, m.Subject.Connector, ports.Page{Limit: mostLanes})
	case m.Subject.Connection != "":
		err = m.gatherConnection(ctx, tx)
	case m.Subject.Payout != "":
		err = m.gatherPayout(ctx, tx, m.Subject.Payout)
	case m.Subject.Run != "":
		err = m.gatherRun(ctx, tx)
	default:
		err = m.gatherException(ctx, tx)
	}
	if err != nil {
		return err
	}
	for _, c := range m.connections {
		if !slices.Contains(m.connectors, c.Connector) {
			m.connectors = append(m.connectors, c.Connector)
		}
	}
	if m.Subject.Connector == "" {
		if err := m.gatherCallbacks(ctx, tx); err != nil {
			return err
		}
	}
	return m.gatherAudit(ctx, tx)
}

func (m *matter) gatherConnection(ctx context.Context, tx ports.Tx) error {
	c, err := tx.Connections().Get(ctx, m.Subject.Connection)
	if err != nil {
		return err
	}
	m.connections = []ports.ConnectionRecord{c}
	err = walk.Flows(ctx, tx, c.MerchantID, func(f merchant.Flow) error {
		if f.Source == c.ID || f.Target == c.ID {
			m.flows = append(m.flows, f)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, f := range m.flows {
		if err := m.gatherWork(ctx, tx, f); err != nil {
			return err
		}
	}
	return nil
}

// gatherFlow takes up a flow and its connections.
func (m *matter) gatherFlow(ctx context.Context, tx ports.Tx, id string) error {
	f, err := tx.Flows().Get(ctx, id)
	if err != nil {
		return err
	}
	m.flows = append(m.flows, f)
	for _, connection := range slices.Compact([]string{f.Source, f.Target}) {
		c, err := tx.Connections().Get(ctx, connection)
		if err != nil {
			return err
		}
		m.connections = append(m.connections, c)
	}
	return nil
}

// gatherWork takes up the last runs of a flow, and its open exceptions.
func (m *matter) gatherWork(ctx context.Context, tx ports.Tx, f merchant.Flow) error {
	runs, err := tx.Runs().List(ctx, f.MerchantID, ports.RunFilter{FlowID: f.ID}, ports.Page{Limit: mostRuns})
	if err != nil {
		return err
	}
	m.runs = append(m.runs, runs...)
	open, err := tx.Exceptions().List(ctx, f.MerchantID, ports.ExceptionFilter{FlowID: f.ID, State: ports.ExceptionOpen}, ports.Page{Limit: mostExceptions})
	m.exceptions = append(m.exceptions, open...)
	return err
}

func (m *matter) gatherPayout(ctx context.Context, tx ports.Tx, id string) error {
	p, err := tx.Payouts().Get(ctx, id)
	if err != nil {
		return err
	}
	m.payout = &p
	if err := m.gatherFlow(ctx, tx, p.FlowID); err != nil {
		return err
	}
	if m.runs, err = tx.Runs().List(ctx, p.MerchantID, ports.RunFilter{FlowID: p.FlowID}, ports.Page{Limit: mostRuns}); err != nil {
		return err
	}
	if m.exceptions, err = tx.Exceptions().List(ctx, p.MerchantID, ports.ExceptionFilter{PayoutID: p.ID}, ports.Page{Limit: mostExceptions}); err != nil {
		return err
	}
	for after := int64(0); len(m.steps) < mostSteps; {
		page, err := tx.Steps().List(ctx, p.ID, after, pageSize)
		if err != nil {
			return err
		}
		m.steps = append(m.steps, page...)
		if len(page) < pageSize {
			return nil
		}
		after = page[len(page)-1].ID
	}
	return nil
}

// pageSize is how much is read at a time.
const pageSize = 500

func (m *matter) gatherRun(ctx context.Context, tx ports.Tx) error {
	run, err := tx.Runs().Get(ctx, m.Subject.Run)
	if err != nil {
		return err
	}
	if err := m.gatherFlow(ctx, tx, run.FlowID); err != nil {
		return err
	}
	if err := m.gatherWork(ctx, tx, m.flows[0]); err != nil {
		return err
	}
	if !slices.ContainsFunc(m.runs, func(r ports.Run) bool { return r.ID == run.ID }) {
		m.runs = append(m.runs, run)
	}
	return nil
}

func (m *matter) gatherException(ctx context.Context, tx ports.Tx) error {
	e, err := tx.Exceptions().Get(ctx, m.Subject.Exception)
	if err != nil {
		return err
	}
	if e.PayoutID != "" {
		if err := m.gatherPayout(ctx, tx, e.PayoutID); err != nil {
			return err
		}
	} else {
		err := walk.Flows(ctx, tx, e.MerchantID, func(f merchant.Flow) error { return m.gatherFlow(ctx, tx, f.ID) })
		if err != nil {
			return err
		}
	}
	if e.StepID != 0 && e.PayoutID == "" {
		step, err := tx.Steps().Get(ctx, e.StepID)
		if err != nil {
			return err
		}
		m.steps = []ports.Step{step}
	}
	if !slices.ContainsFunc(m.exceptions, func(known ports.Exception) bool { return known.ID == e.ID }) {
		m.exceptions = append(m.exceptions, e)
	}
	return nil
}

func (m *matter) gatherCallbacks(ctx context.Context, tx ports.Tx) error {
	for _, c := range m.connections {
		last, err := tx.Callbacks().List(ctx, c.ID, "", ports.Page{Limit: mostCallbacks})
		if err != nil {
			return err
		}
		m.callbacks = append(m.callbacks, last...)
	}
	return nil
}

// gatherAudit takes up what was done to the subject, its connections and its connectors.
func (m *matter) gatherAudit(ctx context.Context, tx ports.Tx) error {
	subjects := append([]string{m.id}, m.connectors...)
	if m.Subject.Connector == "" {
		for _, c := range m.connections {
			subjects = append(subjects, c.ID)
		}
	}
	for _, f := range m.flows {
		subjects = append(subjects, f.ID)
	}
	slices.Sort(subjects)
	for _, subject := range slices.Compact(subjects) {
		entries, err := tx.Audit().List(ctx, ports.AuditFilter{Subject: subject}, ports.Page{Limit: mostAudit})
		if err != nil {
			return err
		}
		m.audit = append(m.audit, entries...)
	}
	return nil
}
