package pluginhost

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"syscall"

	"github.com/kvitt/kvitt/ports"
)

// longestDescription is far beyond any sensible one.
const longestDescription = 1 << 20

// describe runs the connector with the argument "describe" and reads what it
// prints. It is a process of its own, so that nothing the connector does there
// outlives it.
func (s *starter) describe(ctx context.Context, path string, source Source, secrets *secrets) (ports.Description, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.DescribeTimeout)
	defer cancel()
	stdout := &limitedBuffer{most: longestDescription}
	stderr := &limitedBuffer{most: keptOutput, forgiving: true}
	cmd := exec.CommandContext(ctx, path, "describe")
	cmd.Env = s.environment(source, s.config.memoryFor(""))
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.SysProcAttr = processAttributes()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	// A child that it leaves behind must not keep us waiting for its output.
	cmd.WaitDelay = drainTime
	err := s.spawner.start(cmd)
	if err == nil {
		if limit := s.config.memoryFor(""); limit > 0 {
			limitMemory(cmd.Process.Pid, hardLimit(limit))
		}
		awaitExit(cmd.Process.Pid)
		_ = cmd.Cancel() // what it leaves behind goes with it
		err = cmd.Wait()
	}
	said := printable([]byte(secrets.hide(string(stderr.kept))), 300)
	switch {
	case ctx.Err() != nil:
		return ports.Description{}, notDescribed("the connector did not describe itself within "+s.config.DescribeTimeout.String(), said)
	case stdout.over:
		return ports.Description{}, notDescribed("the connector's description is longer than 1 MiB", "")
	case cmd.Process == nil:
		return ports.Description{}, cannotRun(path, err)
	case err != nil:
		return ports.Description{}, notDescribed("the connector could not describe itself ("+err.Error()+")", said)
	}
	return parseDescription(stdout.kept, said)
}

// parseDescription reads what the connector has printed; said is what it wrote to
// standard error meanwhile.
func parseDescription(text []byte, said string) (ports.Description, error) {
	var d ports.Description
	err := json.Unmarshal(text, &d)
	var mistyped *json.UnmarshalTypeError
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return d, notDescribed("the connector printed no description when it was run with the argument \"describe\"", said)
	case errors.As(err, &mistyped):
		return d, invalidDescription(mistyped.Field, "a JSON "+mistyped.Value+" stands here where something else is expected")
	case err != nil && json.NewDecoder(bytes.NewReader(text)).Decode(&d) == nil:
		return d, notDescribed("the connector prints more than its description to standard output", said)
	case err != nil:
		return d, notDescribed(fmt.Sprintf("the connector's description is not JSON, it begins with %q", printable(text, 80)), said)
	}
	return d, checkDescription(d)
}

func notDescribed(reason, said string) error {
	if said != "" {
		reason += fmt.Sprintf("; it said %q", said)
	}
	return invalidDescription("", reason)
}

// checkDescription refuses a description that the hub cannot work with.
func checkDescription(d ports.Description) error {
	switch {
	case !idPattern.MatchString(d.ID):
		return invalidDescription("id", "an id is 2 to 32 lower-case letters, digits and hyphens and begins with a letter")
	case d.Name == "":
		return invalidDescription("name", "a connector needs a name")
	case !versionPattern.MatchString(d.Version):
		return invalidDescription("version", "a version is written like 1.4.2")
	case d.Protocol != ports.ProtocolVersion:
		return invalidDescription("protocol", "the connector speaks protocol "+strconv.Itoa(d.Protocol)+
			", this hub "+strconv.Itoa(ports.ProtocolVersion)).WithRemedy(otherProtocol(d.Protocol))
	case !isObject(d.Settings):
		return invalidDescription("settings", "a JSON Schema is an object")
	case !isObject(d.Credentials):
		return invalidDescription("credentials", "a JSON Schema is an object")
	case d.Quota.Calls < 0 || d.Quota.Window < 0 || d.Quota.InFlight < 0:
		return invalidDescription("quota", "a quota cannot be negative")
	case d.Quota.Calls > 0 && d.Quota.Window == 0:
		return invalidDescription("quota.window_ns", "a number of calls needs the time in which they may be made")
	}
	if err := checkCallbacks(d); err != nil {
		return err
	}
	return checkHosts(d)
}

// checkCallbacks refuses an answer that could not be given to a provider.
func checkCallbacks(d ports.Description) error {
	c := d.Callbacks
	if c == nil {
		if d.Has(ports.CapabilityCallbacks) || d.Has(ports.CapabilitySubscribe) {
			return invalidDescription("callbacks", "a connector that reads callbacks, or subscribes to them, declares how they are answered")
		}
		return nil
	}
	foreign := func(method string) bool { return method != http.MethodPost && method != http.MethodGet }
	switch {
	case !d.Has(ports.CapabilityCallbacks):
		return invalidDescription("callbacks", "a connector that declares how callbacks are answered reads them")
	case len(c.Granted) > 0 && !d.Has(ports.CapabilitySubscribe):
		return invalidDescription("callbacks.granted", "only a subscription brings credentials")
	case slices.ContainsFunc(c.Granted, d.Opens):
		return invalidDescription("callbacks.granted", "a subscription cannot bring what opens the account")
	case len(c.Methods) == 0 || slices.ContainsFunc(c.Methods, foreign):
		return invalidDescription("callbacks.methods", "the methods are POST, GET or both")
	case c.Status < http.StatusOK || c.Status >= http.StatusMultipleChoices:
		return invalidDescription("callbacks.status", "a status is 200 to 299")
	case len(c.Body) > ports.MaxAcknowledgement:
		return invalidDescription("callbacks.body", "an answer has at most "+strconv.Itoa(ports.MaxAcknowledgement)+" bytes")
	case c.Body != "" && (c.MediaType == "" || c.Status == http.StatusNoContent || c.Status == http.StatusResetContent):
		return invalidDescription("callbacks.body", "a body needs a media type and a status that has one")
	}
	return nil
}

func checkHosts(d ports.Description) error {
	for i, host := range d.Hosts {
		u, err := url.Parse(host)
		if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
			return invalidDescription("hosts["+strconv.Itoa(i)+"]", "a host is written like https://api.example.com")
		}
	}
	for i, op := range d.Operations {
		if op.Name == "" || op.Calls < 0 || op.RecoveryCalls < 0 {
			return invalidDescription("operations["+strconv.Itoa(i)+"]", "an operation has a name and numbers of calls")
		}
	}
	return nil
}

var (
	idPattern      = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}$`)
	versionPattern = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$`)
)

func isObject(text json.RawMessage) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal(text, &object) == nil && object != nil
}

var errTooMuch = errors.New("too much output")

// limitedBuffer keeps the beginning of what is written. Beyond that it fails or,
// if it is forgiving, drops the rest. It has no other way in than Write: a
// buffer that could be read into would be filled without limit.
type limitedBuffer struct {
	kept      []byte
	most      int
	forgiving bool
	over      bool
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	room := b.most - len(b.kept)
	b.kept = append(b.kept, p[:min(room, len(p))]...)
	b.over = b.over || len(p) > room
	if b.over && !b.forgiving {
		return 0, errTooMuch
	}
	return len(p), nil
}
