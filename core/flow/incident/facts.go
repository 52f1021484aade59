package incident

import (
	"encoding/json"
	"time"

	"github.com/kvitt/kvitt/core/flow/sight"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// What stands in the files. Each field is chosen: what is not named here is not told.

type hubFile struct {
	Version string          `json:"version"`
	Runtime string          `json:"runtime"`
	Node    string          `json:"node"`
	At      time.Time       `json:"at"`
	Backlog ports.Backlog   `json:"backlog"`
	Config  json.RawMessage `json:"config"`
}

type versionFile struct {
	Connector    string               `json:"connector"`
	Version      string               `json:"version"`
	SHA256       string               `json:"sha256"`
	Protocol     int                  `json:"protocol"`
	Capabilities []ports.Capability   `json:"capabilities"`
	Hosts        []string             `json:"hosts"`
	Origin       string               `json:"origin"`
	Signature    ports.Signature      `json:"signature"`
	Level        int                  `json:"conformance_level"`
	InstalledAt  time.Time            `json:"installed_at"`
	InstalledBy  string               `json:"installed_by"`
	Wanted       bool                 `json:"wanted"`
	Pinned       []string             `json:"pinned"`
	Missing      string               `json:"missing,omitempty"`
	State        ports.ConnectorState `json:"state,omitempty"`
	Serves       bool                 `json:"serves"`
	Uptime       string               `json:"uptime,omitempty"`
	Restarts     int                  `json:"restarts"`
	LastExit     string               `json:"last_exit,omitempty"`
	LastExitAt   time.Time            `json:"last_exit_at,omitzero"`
	Memory       int64                `json:"memory"`
	MemoryLimit  int64                `json:"memory_limit"`
	Calls        *callsFile           `json:"calls,omitempty"`
}

type callsFile struct {
	Total    int64       `json:"total"`
	Failed   int64       `json:"failed"`
	Refused  int64       `json:"refused"`
	InFlight int         `json:"in_flight"`
	Median   string      `json:"p50"`
	Slow     string      `json:"p99"`
	Slowest  string      `json:"max"`
	Faults   []faultFile `json:"faults"`
}

type faultFile struct {
	Class  string `json:"class"`
	Source string `json:"source"`
	Count  int64  `json:"count"`
}

func callsFact(c ports.CallCounts) *callsFile {
	f := &callsFile{c.Total, c.Failed, c.Refused, c.InFlight, c.Median.String(), c.Slow.String(), c.Slowest.String(), []faultFile{}}
	for _, n := range c.Faults {
		f.Faults = append(f.Faults, faultFile{string(n.Class), string(n.Source), n.Count})
	}
	return f
}

func versionFact(v sight.Version) versionFile {
	f := versionFile{
		Connector: v.Connector, Version: v.Version, SHA256: v.SHA256, Protocol: v.Description.Protocol, Capabilities: v.Description.Capabilities,
		Hosts: v.Description.Hosts, Origin: v.Origin, Signature: v.Signature, Level: v.Level, InstalledAt: v.InstalledAt, InstalledBy: who(v.InstalledBy),
		Wanted: v.Wanted, Pinned: v.Pinned, Missing: v.Missing,
	}
	if s := v.Status; s != nil {
		f.State, f.Serves, f.Uptime, f.Restarts, f.LastExit, f.LastExitAt = s.State, s.Serves, s.Uptime.String(), s.Restarts, s.LastExit, s.LastExitAt
		f.Memory, f.MemoryLimit, f.Calls = s.Memory, s.MemoryLimit, callsFact(s.Calls)
	}
	return f
}

type logLine struct {
	At      time.Time         `json:"at"`
	Level   string            `json:"level"`
	Message string            `json:"message"`
	Fields  map[string]string `json:"fields,omitempty"`
}

type failureFile struct {
	At           time.Time `json:"at"`
	Method       string    `json:"method"`
	ConnectionID string    `json:"connection,omitempty"`
	Work         string    `json:"work,omitempty"`
	Took         string    `json:"took"`
	Code         string    `json:"code"`
	Class        string    `json:"class"`
	Source       string    `json:"source"`
	Reason       string    `json:"reason"`
}

func failureFact(f ports.CallFailure) failureFile {
	return failureFile{f.At, f.Method, f.ConnectionID, f.Work, f.Took.String(), string(f.Code), string(f.Class), string(f.Source), f.Reason}
}

type connectionFile struct {
	ID         string                   `json:"id"`
	MerchantID string                   `json:"merchant"`
	Connector  string                   `json:"connector"`
	State      merchant.ConnectionState `json:"state"`
	Paused     string                   `json:"paused,omitempty"`
	PausedAt   time.Time                `json:"paused_at,omitzero"`
	Settings   json.RawMessage          `json:"settings"`
	Checks     []checkFile              `json:"checks"`
	VerifiedAt time.Time                `json:"verified_at,omitzero"`
	Running    string                   `json:"running"`
	Succeeded  time.Time                `json:"last_success,omitzero"`
	Lane       *laneFile                `json:"lane,omitempty"`
}

type checkFile struct {
	Name   string           `json:"name"`
	State  ports.CheckState `json:"state"`
	Detail string           `json:"detail,omitempty"`
}

type laneFile struct {
	Running  int       `json:"running"`
	InFlight int       `json:"in_flight_at_most"`
	Waiting  int       `json:"waiting"`
	Calls    int       `json:"calls"`
	Left     int       `json:"calls_left"`
	Rests    time.Time `json:"resting_until,omitzero"`
	Held     bool      `json:"handed_over"`
}

func connectionFact(c ports.ConnectionRecord, l sight.Lane) connectionFile {
	f := connectionFile{
		ID: c.ID, MerchantID: c.MerchantID, Connector: c.Connector, State: c.State, Paused: c.Pause.Reason, PausedAt: c.Pause.Since,
		Settings: orNull(c.Settings), Checks: []checkFile{}, VerifiedAt: c.VerifiedAt, Running: l.Running, Succeeded: l.Succeeded,
	}
	for _, check := range c.Checks {
		f.Checks = append(f.Checks, checkFile{check.Name, check.State, check.Detail})
	}
	if s := l.State; s != nil {
		f.Lane = &laneFile{s.Running, s.InFlight, s.Waiting, s.Calls, s.Left, s.Paused, s.Held}
	}
	return f
}

func orNull(text json.RawMessage) json.RawMessage {
	if len(text) == 0 {
		return json.RawMessage("null")
	}
	return text
}

type flowFile struct {
	ID        string            `json:"id"`
	Kind      merchant.FlowKind `json:"kind"`
	Source    string            `json:"source"`
	Target    string            `json:"target"`
	Enabled   bool              `json:"enabled"`
	Mode      merchant.Mode     `json:"mode"`
	Settings  json.RawMessage   `json:"settings"`
	Version   int               `json:"settings_version"`
	Since     time.Time         `json:"since"`
	NextRunAt time.Time         `json:"next_run_at,omitzero"`
}

func flowFact(f merchant.Flow) flowFile {
	return flowFile{f.ID, f.Kind, f.Source, f.Target, f.Enabled, f.Mode, orNull(f.Settings), f.SettingsVersion, f.Since, f.NextRunAt}
}

type runFile struct {
	ID         string             `json:"id"`
	FlowID     string             `json:"flow"`
	State      ports.RunState     `json:"state"`
	StartedAt  time.Time          `json:"started_at"`
	FinishedAt time.Time          `json:"finished_at,omitzero"`
	Report     ports.RunReport    `json:"report"`
	Fault      *ports.FaultRecord `json:"fault,omitempty"`
}

func runFact(r ports.Run) runFile {
	return runFile{r.ID, r.FlowID, r.State, r.StartedAt, r.FinishedAt, r.Report, r.Fault}
}

type payoutFile struct {
	ID               string             `json:"id"`
	FlowID           string             `json:"flow"`
	ConnectionID     string             `json:"connection"`
	Reference        string             `json:"reference"`
	Date             time.Time          `json:"date"`
	Net              string             `json:"net"`
	State            string             `json:"state"`
	Hold             *ports.FaultRecord `json:"hold,omitempty"`
	LineCursor       string             `json:"line_cursor,omitempty"`
	PlannedTo        int64              `json:"planned_to"`
	Generation       int                `json:"generation"`
	ConnectorVersion string             `json:"connector_version"`
	SettingsVersion  int                `json:"settings_version"`
	CreatedAt        time.Time          `json:"created_at"`
	UpdatedAt        time.Time          `json:"updated_at"`
}

func payoutFact(p *ports.PayoutRecord) *payoutFile {
	if p == nil {
		return nil
	}
	return &payoutFile{
		p.ID, p.FlowID, p.ConnectionID, p.Reference, p.Date, p.Net.String() + " " + string(p.Net.Currency()), string(p.State), p.Hold, p.LineCursor, p.PlannedTo,
		p.Generation, p.ConnectorVersion, p.SettingsVersion, p.CreatedAt, p.UpdatedAt,
	}
}

type stepFile struct {
	ID               int64              `json:"id"`
	Kind             ports.StepKind     `json:"kind"`
	Key              string             `json:"key"`
	State            ports.StepState    `json:"state"`
	Attempt          int                `json:"attempt"`
	Number           string             `json:"number,omitempty"`
	Outcome          ports.Outcome      `json:"outcome,omitempty"`
	Document         string             `json:"document,omitempty"`
	RunID            string             `json:"run,omitempty"`
	ConnectorVersion string             `json:"connector_version,omitempty"`
	OpenedAt         time.Time          `json:"opened_at,omitzero"`
	ClosedAt         time.Time          `json:"closed_at,omitzero"`
	Fault            *ports.FaultRecord `json:"fault,omitempty"`
}

func stepFact(s ports.Step) stepFile {
	return stepFile{s.ID, s.Kind, s.Key, s.State, s.Attempt, s.Number, s.Outcome, s.Document, s.RunID, s.ConnectorVersion, s.OpenedAt, s.ClosedAt, s.Fault}
}

type exceptionFile struct {
	ID         string               `json:"id"`
	PayoutID   string               `json:"payout,omitempty"`
	LineID     int64                `json:"line,omitempty"`
	StepID     int64                `json:"step,omitempty"`
	Code       string               `json:"code"`
	Reference  string               `json:"reference,omitempty"`
	Reason     string               `json:"reason"`
	State      ports.ExceptionState `json:"state"`
	RaisedAt   time.Time            `json:"raised_at"`
	ResolvedAt time.Time            `json:"resolved_at,omitzero"`
}

func exceptionFact(e ports.Exception) exceptionFile {
	return exceptionFile{e.ID, e.PayoutID, e.LineID, e.StepID, string(e.Code), e.Reference, e.Reason, e.State, e.RaisedAt, e.ResolvedAt}
}

type callbackFile struct {
	ID           string              `json:"id"`
	ConnectionID string              `json:"connection"`
	Method       string              `json:"method"`
	State        ports.CallbackState `json:"state"`
	Attempts     int                 `json:"attempts"`
	ReceivedAt   time.Time           `json:"received_at"`
	ReadAt       time.Time           `json:"read_at,omitzero"`
	Notices      []string            `json:"notices"`
	Fault        *ports.FaultRecord  `json:"fault,omitempty"`
}

func callbackFact(c ports.CallbackRecord) callbackFile {
	f := callbackFile{c.ID, c.ConnectionID, c.Method, c.State, c.Attempts, c.ReceivedAt, c.ReadAt, []string{}, c.Fault}
	for _, n := range c.Notices {
		f.Notices = append(f.Notices, string(n.Subject)+" "+n.ID+": "+string(n.Outcome))
	}
	return f
}

type auditFile struct {
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Act     string    `json:"act"`
	Subject string    `json:"subject"`
	Detail  string    `json:"detail,omitempty"`
}

func auditFact(e ports.AuditEntry) auditFile {
	return auditFile{e.At, who(e.By), e.Act, e.Subject, e.Detail}
}
