package dev

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/kvitt/kvitt/adapters/oauth"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/conformance/plan"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
	"github.com/kvitt/kvitt/server/process"
)

// CodeSimulator: the simulator of the remote system does not start.
const CodeSimulator fault.Code = "dev.simulator_failed"

// Stage is the remote side of a connector: its simulator, and what the plan says
// of the one connection to it. Without a plan it is the connector's real remote
// system with a connection that has neither settings nor credentials.
type Stage struct {
	Plan plan.Plan

	folder    string
	planned   bool
	live      bool // calls to the real remote system are what was asked for
	tokens    *oauth.Tokens
	simulator *process.Process
	playing   [sha256.Size]byte // what the simulator was started from
	hosts     map[string]string
	oauth     *ports.OAuth
	token     string
	public    map[string]bool // credentials that may be shown
}

// NewStage reads the plan, whose path may be empty. Files are kept in the folder.
func NewStage(folder, path string) (*Stage, error) {
	s := unplanned(folder)
	if path == "" {
		return s, nil
	}
	s.planned, s.Plan = true, plan.Plan{}
	return s, s.reread(path)
}

// Account is an account at the real remote system, as a plan would write it.
type Account struct {
	Settings    json.RawMessage   `json:"settings"`
	Credentials map[string]string `json:"credentials"`
}

// LiveStage is the connector's real remote system, where what is written is real.
func LiveStage(folder string, account Account) *Stage {
	s := unplanned(folder)
	s.live, s.Plan.Credentials = true, account.Credentials
	if len(account.Settings) > 0 {
		s.Plan.Settings = account.Settings
	}
	return s
}

// unplanned is a stage with a connection that has neither settings nor credentials.
func unplanned(folder string) *Stage {
	const year = 365
	s := &Stage{folder: folder, tokens: oauth.New(http.DefaultTransport, 10*time.Second)}
	s.Plan.Settings, s.Plan.Today = []byte("{}"), civil.Of(time.Now())
	s.Plan.Since = s.Plan.Today.AddDays(-year)
	return s
}

func (s *Stage) reread(path string) error {
	read, err := plan.Read(path)
	if err == nil {
		s.Plan = read
	}
	return err
}

// Play has the simulator run that the program is, or else the plan's command, for
// a connector of that description. One that runs already is left alone unless the
// program or its world has changed.
func (s *Stage) Play(ctx context.Context, program string, d ports.Description) error {
	s.oauth, s.token, s.public = d.OAuth, "", publicCredentials(d)
	s.tokens.Forget(connectionID, "")
	if !s.planned {
		return nil
	}
	world, err := s.Plan.World(d.ID)
	if err != nil {
		return err
	}
	command := s.Plan.Simulator.Command
	if program != "" {
		command = []string{program}
	}
	if len(command) == 0 {
		return fault.New(CodeSimulator, fault.Validation, "nothing says how to start the simulator").
			WithRemedy("name it with --simulator, or as simulator.command in the plan")
	}
	content, err := os.ReadFile(command[0])
	if err != nil {
		return fault.New(CodeSimulator, fault.Validation, "the simulator cannot be read").WithRemedy("check its path").Wrap(err)
	}
	playing := sha256.Sum256(append(content, world.File...))
	if s.simulator != nil && playing == s.playing {
		return nil
	}
	if err := s.Close(); err != nil {
		return err
	}
	if err := s.start(ctx, command, world); err != nil {
		return err
	}
	s.playing = playing
	s.hosts = hostsAt(s.simulator.URL, d)
	return nil
}

func (s *Stage) start(ctx context.Context, command []string, world plan.World) error {
	file := filepath.Join(s.folder, "world.json")
	if err := os.WriteFile(file, world.File, 0o600); err != nil {
		return fmt.Errorf("writing the simulator's world: %w", err)
	}
	args := append(append([]string{}, command[1:]...), "--world", file, "--now", world.Now.Format(time.RFC3339), "--exit-with-parent")
	simulator, err := process.Start(ctx, s.folder, command[0], args...)
	if err == nil {
		s.simulator = simulator
		return nil
	}
	failed := fault.New(CodeSimulator, fault.Validation, "the simulator does not start").
		WithRemedy(`a simulator prints {"url": "http://127.0.0.1:41234"} once it is ready, as simulator.Command of the SDK does`)
	log, unread := os.ReadFile(filepath.Join(s.folder, filepath.Base(command[0])+".log"))
	if said := excerpt(log, 300); unread == nil && said != "" {
		return failed.Wrap(errors.New("it said " + said))
	}
	return failed.Wrap(err)
}

// hostsAt points every host that the connector may call at the simulator.
func hostsAt(base string, d ports.Description) map[string]string {
	hosts := map[string]string{}
	for _, host := range d.Hosts {
		hosts[host] = base
	}
	if d.OAuth != nil {
		if u, err := url.Parse(d.OAuth.TokenURL); err == nil {
			hosts[u.Scheme+"://"+u.Host] = base
		}
	}
	return hosts
}

// connectionID names the one connection.
const connectionID = "dev"

// Call gives what a call of an operation carries, with a token if the connector
// works with tokens. The grant is what the connector has declared.
func (s *Stage) Call(ctx context.Context, d ports.Description, operation string) (ports.Call, error) {
	credentials := s.Plan.Credentials
	if s.oauth != nil && (s.planned || s.live) {
		token, err := s.tokens.Token(ctx, connectionID, *s.oauth, credentials, s.hosts)
		if err != nil {
			return ports.Call{}, err
		}
		s.token = token
		credentials = map[string]string{"access_token": token}
	}
	declared, ok := d.Operation(operation)
	if !ok {
		declared.Calls = undeclared
	}
	return ports.Call{
		Connection: ports.Connection{ID: connectionID, Settings: s.Plan.Settings, Credentials: credentials, Hosts: s.hosts},
		Grant:      declared.Calls,
	}, nil
}

// undeclared is the grant of an operation whose cost the connector does not say.
const undeclared = 100

// date gives a request the days of the plan that it does not name itself.
func (s *Stage) date(in proto.Message) {
	switch request := in.(type) {
	case *pb.ListPayoutsRequest:
		if request.Since == nil {
			request.Since = timestamppb.New(midnight(s.Plan.Since))
		}
	case *pb.ListOrdersRequest:
		if request.Since == nil {
			request.Since = timestamppb.New(midnight(s.Plan.Since))
		}
	case *pb.VerifyRequest:
		if request.Today == nil {
			request.Today = timestamppb.New(midnight(s.Plan.Today))
		}
	}
}

// publicCredentials are those that the schema describes and does not call secret.
func publicCredentials(d ports.Description) map[string]bool {
	var schema struct {
		Properties map[string]struct {
			WriteOnly bool `json:"writeOnly"`
		} `json:"properties"`
	}
	public := map[string]bool{}
	if json.Unmarshal(d.Credentials, &schema) == nil {
		for name, property := range schema.Properties {
			public[name] = !property.WriteOnly
		}
	}
	return public
}

func midnight(day civil.Date) time.Time {
	return time.Date(day.Year, day.Month, day.Day, 0, 0, 0, 0, time.UTC)
}

// Secrets lists what must not be shown: the credentials that the connector's schema
// calls secret, and the token.
func (s *Stage) Secrets() []string {
	const shortest = 6 // shorter texts stand in innocent words
	var list []string
	for name, value := range s.Plan.Credentials {
		if len(value) >= shortest && !s.public[name] {
			list = append(list, value)
		}
	}
	if len(s.token) >= shortest {
		list = append(list, s.token)
	}
	return list
}

// Close ends the simulator.
func (s *Stage) Close() error {
	if s.simulator == nil {
		return nil
	}
	ended := s.simulator
	s.simulator = nil
	return ended.Stop(5 * time.Second)
}

// show gives an excerpt of raw bytes without the connection's credentials.
func (t *trial) show(raw []byte) string {
	return Redact(excerpt(raw, 240), t.stage.Secrets())
}

// Redact takes secrets out of a text, the longest first: one may be a part of
// another.
func Redact(text string, secrets []string) string {
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, "[redacted]")
	}
	return text
}
