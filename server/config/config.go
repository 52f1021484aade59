// Package config is what an operator writes about a hub.
package config

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/kvitt/kvitt/core/fault"
)

// CodeInvalid is the fault of a setting that makes no sense.
const CodeInvalid fault.Code = "config.invalid"

// Config is the whole of it. Default gives values for all but nothing is required.
type Config struct {
	// Listen is the address of the REST API, "host:port"; port 0 takes a free one.
	Listen string `yaml:"listen"`
	// PublicURL is how people reach the API, for links; empty means Listen.
	PublicURL string `yaml:"public_url"`
	// Data is the folder of the database, the keys and the connectors' copies.
	Data string `yaml:"data"`
	// Connectors is the folder whose executables are the installed connectors.
	Connectors string `yaml:"connectors"`
	// Catalogue says which versions of connectors may be installed.
	Catalogue Catalogue `yaml:"catalogue"`
	// PlainText lists connectors, by id, that are called without mutual TLS because
	// their language cannot handle its certificates: [acme].
	PlainText []string `yaml:"plain_text"`
	// Memory bounds what connectors use.
	Memory Memory `yaml:"memory"`
	// Restarts says when a connector that has exited starts again.
	Restarts Restarts `yaml:"restarts"`
	// Attach names, by id, connectors that their authors run under a debugger, with
	// the path of the socket that each has printed. It is refused unless Dev is set.
	Attach map[string]string `yaml:"attach"`
	// Dev is a hub for development. No file sets it, only the command line.
	Dev bool `yaml:"-"`
	// Hosts replaces hosts of remote systems per connector, as for simulators:
	// {fortnox: {"https://api.fortnox.se": "http://127.0.0.1:9001"}}.
	Hosts map[string]map[string]string `yaml:"hosts"`
	// Quotas replaces a connector's declared limit of calls, for merchants who have
	// agreed on another one: {fortnox: {calls: 50, window: 5s, in_flight: 8}}.
	Quotas map[string]Quota `yaml:"quotas"`
	// OAuthClients are the operator's own integrations by connector, with which
	// merchants connect by consent: {fortnox: {id: 8VurtMGDTeAI, secret_file: fortnox.secret}}.
	OAuthClients map[string]OAuthClient `yaml:"oauth_clients"`
	// BusinessClock sets the business clock to a moment at start, for demos; it is
	// written like 2026-04-20T08:00:00Z.
	BusinessClock string `yaml:"business_clock"`
	// VATRates is a file with the VAT rates that sales are checked against, in the
	// form of kvitt's own table (core/tax/rates.json); empty means that table.
	VATRates string `yaml:"vat_rates"`
	// ExchangeRates is a file with the rates that a central bank published, in the form
	// of exchange.ParseTable, at which payouts in another currency than the books are
	// booked; empty means that no rate is known.
	ExchangeRates string `yaml:"exchange_rates"`
	// Workers is how many flows are worked on at the same time. Most of a flow's time is
	// waiting for remote systems, so it may well exceed the number of processors.
	Workers int `yaml:"workers"`
	// LogLevel is trace, debug, info, warn or error.
	LogLevel string `yaml:"log_level"`
	LogJSON  bool   `yaml:"log_json"`
	// MetricsOpen shows GET /metrics to whoever asks, for a scraper that has no API key.
	MetricsOpen bool `yaml:"metrics_open"`
	// Callbacks bounds what is kept of the messages that providers send.
	Callbacks Callbacks `yaml:"callbacks"`
	Timings   Timings   `yaml:"timings"`
}

// Catalogue says which versions of connectors may be installed.
type Catalogue struct {
	// TrustedKeys are minisign public keys of those whose word counts, each as in the second
	// line of a minisign.pub file.
	TrustedKeys []string `yaml:"trusted_keys"`
	// Signed refuses programs that none of them has signed. A waiver excepts one.
	Signed bool `yaml:"signed"`
	// Waivers except programs, by their SHA-256, and say why: {"9f86d0…": "built here"}.
	Waivers map[string]string `yaml:"waivers"`
	// Level is the least level of conformance that a program's report must state, 0 to 4.
	Level int `yaml:"conformance_level"`
	// Incoming is the folder from which programs may be installed by path; empty means the
	// folder "incoming" of the data folder.
	Incoming string `yaml:"incoming"`
}

// Restarts says when a connector that has exited starts again.
type Restarts struct {
	// First is the pause after the first exit. Each further one doubles it, up to Longest.
	First   time.Duration `yaml:"first_pause"`
	Longest time.Duration `yaml:"longest_pause"`
	// More than Budget exits within Window, and it is put in quarantine.
	Budget int           `yaml:"budget"`
	Window time.Duration `yaml:"within"`
}

func (r Restarts) validate() error {
	switch {
	case r.First <= 0 || r.Longest < r.First:
		return fault.Invalid(CodeInvalid, "restarts.first_pause", "it is positive and at most restarts.longest_pause")
	case r.Budget < 1:
		return fault.Invalid(CodeInvalid, "restarts.budget", "a connector may exit once at least")
	case r.Window <= 0:
		return fault.Invalid(CodeInvalid, "restarts.within", "a duration must be positive, like 10m")
	}
	return nil
}

// Memory bounds what connectors use, in MiB; 0 is no limit.
type Memory struct {
	// Connector is the limit of a connector together with its children.
	Connector int64 `yaml:"connector"`
	// Of replaces it by the connector's id: {acme: 1024}.
	Of map[string]int64 `yaml:"of"`
}

// leastMemory is what a connector takes that does nothing, with some room.
const leastMemory = 64

func (m Memory) validate() error {
	limits := map[string]int64{"memory.connector": m.Connector}
	for connector, limit := range m.Of {
		limits["memory.of."+connector] = limit
	}
	for field, limit := range limits {
		if limit != 0 && (limit < leastMemory || limit > 1<<20) {
			return fault.Invalid(CodeInvalid, field, "a connector may use 64 to 1048576 MiB, or 0 for no limit")
		}
	}
	return nil
}

// Callbacks bounds what is kept of the messages that providers send.
type Callbacks struct {
	// Retention is how long a message is kept once it was read.
	Retention time.Duration `yaml:"retention"`
	// Grace is how long an address goes on after it was replaced.
	Grace time.Duration `yaml:"grace"`
}

// Quota is a limit of calls to one remote account.
type Quota struct {
	// Calls may be made within Window.
	Calls  int           `yaml:"calls"`
	Window time.Duration `yaml:"window"`
	// InFlight is how many requests may run at the same time.
	InFlight int `yaml:"in_flight"`
}

// OAuthClient is an integration at a remote system.
type OAuthClient struct {
	ID string `yaml:"id"`
	// SecretFile holds the client's secret and nothing else.
	SecretFile string `yaml:"secret_file"`
}

// Timings bound the work. Tests shorten them; operators rarely need to.
type Timings struct {
	// Slice is how long one job works on a flow before it gives way.
	Slice time.Duration `yaml:"slice"`
	// JobTimeout ends a job that does not.
	JobTimeout time.Duration `yaml:"job_timeout"`
	// RescueAfter is when a job of a hub that died is taken up again.
	RescueAfter time.Duration `yaml:"rescue_after"`
	// Poll is how often the queue is looked at.
	Poll time.Duration `yaml:"poll"`
	// Tick is how often kvitt looks for flows whose schedule asks for a run.
	Tick time.Duration `yaml:"tick"`
	// Call is the longest that one request to a connector may take.
	Call time.Duration `yaml:"call"`
	// Backoff is the pause after the first failure of a remote system.
	Backoff time.Duration `yaml:"backoff"`
	// Attempts is how often it is tried before a person is asked.
	Attempts int `yaml:"attempts"`
	// Stop is how long a hub that stops waits for calls in flight.
	Stop time.Duration `yaml:"stop"`
}

// Default gives the settings of a hub on one machine.
func Default() Config {
	return Config{
		Listen: "127.0.0.1:8484", Data: "data", Connectors: "bin/connectors", Workers: 16, LogLevel: "info",
		Memory:    Memory{Connector: 512},
		Restarts:  Restarts{First: 250 * time.Millisecond, Longest: time.Minute, Budget: 10, Window: 10 * time.Minute},
		Callbacks: Callbacks{Retention: 90 * day, Grace: 7 * day},
		Timings: Timings{
			Slice: 30 * time.Second, JobTimeout: time.Minute, RescueAfter: 2 * time.Minute,
			Poll: 200 * time.Millisecond, Tick: time.Minute, Call: 45 * time.Second,
			Backoff: time.Second, Attempts: 10, Stop: 20 * time.Second,
		},
	}
}

const day = 24 * time.Hour

// breakpoint is longer than anybody looks at one.
const breakpoint = 24 * time.Hour

// Attached gives the timings of a hub with attached connectors: a job that stands
// at a breakpoint is neither timed out nor begun a second time.
func (t Timings) Attached() Timings {
	t.Call, t.JobTimeout, t.RescueAfter = breakpoint, breakpoint+time.Hour, breakpoint+2*time.Hour
	return t
}

// Load reads a YAML file over the defaults; an empty path gives the defaults. A
// setting that kvitt does not know is an error.
func Load(path string) (Config, error) {
	c := Default()
	if path == "" {
		return c, nil
	}
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return c, fmt.Errorf("reading the configuration: %w", err)
	}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.DisallowUnknownField()).Decode(&c); err != nil {
		return c, fault.Invalid(CodeInvalid, path, yaml.FormatError(err, false, false)).Wrap(err)
	}
	return c, c.Validate()
}

// Validate names the first setting that makes no sense.
func (c Config) Validate() error {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fault.Invalid(CodeInvalid, "listen", "\""+c.Listen+"\" is not written host:port")
	}
	if _, err := c.BusinessStart(); err != nil {
		return err
	}
	for connector, hosts := range c.Hosts {
		for declared, base := range hosts {
			for _, address := range []string{declared, base} {
				if u, err := url.Parse(address); err != nil || u.Scheme == "" || u.Host == "" {
					return fault.Invalid(CodeInvalid, "hosts."+connector, "\""+address+"\" is not a base URL like https://api.example.com")
				}
			}
		}
	}
	for connector, q := range c.Quotas {
		if q.Calls < 1 || q.Window <= 0 || q.InFlight < 1 {
			return fault.Invalid(CodeInvalid, "quotas."+connector, "calls, window and in_flight must all be positive")
		}
	}
	if c.Workers < 2 || c.Workers > 1000 {
		return fault.Invalid(CodeInvalid, "workers", "2 to 1000 flows may be worked on at the same time")
	}
	for connector, client := range c.OAuthClients {
		if client.ID == "" || client.SecretFile == "" {
			return fault.Invalid(CodeInvalid, "oauth_clients."+connector, "a client needs both id and secret_file")
		}
	}
	if c.Catalogue.Level < 0 || c.Catalogue.Level > 4 {
		return fault.Invalid(CodeInvalid, "catalogue.conformance_level", "a connector is tested up to level 4; 0 asks for no report")
	}
	if c.Catalogue.Signed && len(c.Catalogue.TrustedKeys) == 0 {
		return fault.Invalid(CodeInvalid, "catalogue.signed", "no key is trusted, so that nothing could ever be installed").WithRemedy("name the signers' keys in catalogue.trusted_keys")
	}
	for sum, why := range c.Catalogue.Waivers {
		if len(sum) != 64 || strings.Trim(sum, "0123456789abcdef") != "" || why == "" {
			return fault.Invalid(CodeInvalid, "catalogue.waivers", "a waiver names a SHA-256 in lower-case hex, and the reason")
		}
	}
	if err := c.Restarts.validate(); err != nil {
		return err
	}
	if err := c.Memory.validate(); err != nil {
		return err
	}
	if c.Callbacks.Retention < day {
		return fault.Invalid(CodeInvalid, "callbacks.retention", "messages are kept for 24h at least, to know those that are sent again")
	}
	if c.Callbacks.Grace <= 0 {
		return fault.Invalid(CodeInvalid, "callbacks.grace", "a duration must be positive, like 168h")
	}
	return c.Timings.validate()
}

// BusinessStart is the moment at which the business clock starts, zero for now.
func (c Config) BusinessStart() (time.Time, error) {
	if c.BusinessClock == "" {
		return time.Time{}, nil
	}
	moment, err := time.Parse(time.RFC3339, c.BusinessClock)
	if err != nil {
		return time.Time{}, fault.Invalid(CodeInvalid, "business_clock", "\""+c.BusinessClock+"\" is not written like 2026-04-20T08:00:00Z")
	}
	return moment, nil
}

func (t Timings) validate() error {
	for _, timing := range []struct {
		field string
		value time.Duration
	}{
		{"slice", t.Slice},
		{"job_timeout", t.JobTimeout},
		{"rescue_after", t.RescueAfter},
		{"poll", t.Poll},
		{"call", t.Call},
		{"backoff", t.Backoff},
		{"stop", t.Stop},
	} {
		if timing.value <= 0 {
			return fault.Invalid(CodeInvalid, "timings."+timing.field, "a duration must be positive, like 30s")
		}
	}
	switch {
	case t.Attempts < 1:
		return fault.Invalid(CodeInvalid, "timings.attempts", "at least one attempt is needed")
	case t.Tick < time.Second || t.Tick > time.Minute:
		return fault.Invalid(CodeInvalid, "timings.tick", "schedules are looked at every 1s to 1m")
	case t.Call >= t.JobTimeout:
		return fault.Invalid(CodeInvalid, "timings.call", "a call must end before the job that makes it (timings.job_timeout)")
	case t.JobTimeout >= t.RescueAfter:
		return fault.Invalid(CodeInvalid, "timings.rescue_after", "a job may only be rescued after it has timed out (timings.job_timeout)")
	}
	return nil
}
