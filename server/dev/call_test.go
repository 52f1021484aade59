package dev_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire"
	"github.com/kvitt/kvitt/server/dev"
)

// caller is acme, started, with a plan and a simulator that answers nobody.
type caller struct {
	stage   *dev.Stage
	running *dev.Running
	log     *screen
}

const secret = "acme-key-that-nobody-may-see"

func newCaller(t *testing.T) caller {
	t.Helper()
	s := newSources(t, fine)
	s.write("world.json", `{"now":"2026-04-20T08:00:00Z","acme":{}}`)
	s.write("plan.json", `{"level":1,"simulator":{"world":"world.json","command":["./simulator"]},"credentials":{"api_key":"`+secret+`"}}`)
	s.write("simulator", "#!/bin/sh\necho '{\"url\":\"http://127.0.0.1:1\"}'\nexec cat\n")
	simulator := filepath.Join(s.folder, "simulator")
	require.NoError(t, os.Chmod(simulator, 0o700)) //nolint:gosec // a program is executable
	build := exec.Command("sh", "build.sh")
	build.Dir, build.Env = s.folder, append(os.Environ(), "OUT="+filepath.Join(s.folder, "acme"))
	require.NoError(t, build.Run())

	c := caller{log: &screen{}}
	var err error
	c.stage, err = dev.NewStage(s.folder, filepath.Join(s.folder, "plan.json"))
	require.NoError(t, err)
	log := hclog.New(&hclog.LoggerOptions{Output: c.log})
	c.running, err = dev.Launch(t.Context(), s.folder, pluginhost.Source{Path: filepath.Join(s.folder, "acme")}, log)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, c.running.Stop())
		require.NoError(t, c.stage.Close())
	})
	require.NoError(t, c.stage.Play(t.Context(), "", c.running.Connector.Describe()))
	return c
}

func (c caller) call(t *testing.T, method, request string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := dev.Call(t.Context(), c.stage, c.running, method, request, &out)
	return out.String(), err
}

func TestAnAnswerIsReadable(t *testing.T) {
	t.Parallel()
	out, err := newCaller(t).call(t, "ListPayouts", "")
	require.NoError(t, err)
	var answer struct {
		Payouts []struct {
			Reference string
			Net       map[string]string
			Date      string
		}
		Raw []struct{ Bytes string }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &answer), out)
	require.Equal(t, "P1", answer.Payouts[0].Reference)
	require.Equal(t, map[string]string{"minor": "9000", "currency": "SEK", "amount": "90.00"}, answer.Payouts[0].Net)
	require.Equal(t, "2026-04-02T00:00:00Z", answer.Payouts[0].Date)
	require.Equal(t, fine, answer.Raw[0].Bytes, "text is shown as text")
}

func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	out, err := c.call(t, "ListPayouts", "")
	require.NoError(t, err)
	require.Contains(t, out, "key:[redacted]", "the connector has told it")
	require.NotContains(t, out, secret)
	require.NoError(t, c.running.Stop())
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	require.Contains(t, c.log.text.String(), "listing")
	require.NotContains(t, c.log.text.String(), secret)
}

func TestTheMethodsOfAConnectorAreListed(t *testing.T) {
	t.Parallel()
	_, err := newCaller(t).call(t, "EnsureVoucher", "")
	require.Equal(t, dev.CodeMethod, fault.CodeOf(err))
	require.Equal(t, "acme 1.0.0 has no method \"EnsureVoucher\"", fault.Of(err).Reason)
	require.Equal(t, "it has: Describe, Verify, ListPayouts, ListPayoutLines, ListOrders", fault.Of(err).Remedy)
}

// TestEveryServiceOfTheProtocolCanBeCalled holds the list of services against what
// the generated code registers.
func TestEveryServiceOfTheProtocolCanBeCalled(t *testing.T) {
	t.Parallel()
	methods := 0
	protoregistry.GlobalFiles.RangeFilesByPackage("kvitt.connector.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods += file.Services().Get(i).Methods().Len()
		}
		return true
	})
	all := []ports.Capability{
		ports.CapabilityPayouts, ports.CapabilityDocuments, ports.CapabilityPayments, ports.CapabilityReleases, ports.CapabilityVouchers,
		ports.CapabilityAttachments, ports.CapabilityChoices, ports.CapabilityBooks, ports.CapabilityOrders,
		ports.CapabilityPurchases, ports.CapabilityInvoices, ports.CapabilityOrderBook, ports.CapabilityCallbacks, ports.CapabilitySubscribe,
		ports.CapabilityPages,
	}
	require.Len(t, dev.Methods(ports.Description{Capabilities: all}), methods)
}

func TestABadRequestNamesFieldAndReason(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	for request, want := range map[string]struct{ field, says string }{
		`{"payout": "P1"}`:                              {"payout", `unknown field "payout"`},
		`{"reference": 5}`:                              {"reference", "invalid value for string field"},
		"{\n \"cursor\": \"c\",\n \"call\": 4}":         {"call", "unexpected token"},
		`{"call": {"grant": "many"}}`:                   {"grant", "invalid value for int32"},
		`{"call": {"connection": {"settings": "%%%"}}}`: {"settings", "invalid value for bytes"},
		`{"reference": "P1"`:                            {"", "unexpected EOF"},
		`P1`:                                            {"", "syntax error"},
	} {
		_, err := c.call(t, "ListPayoutLines", request)
		require.Equal(t, dev.CodeRequest, fault.CodeOf(err), request)
		require.Equal(t, want.field, fault.Of(err).Field, "%s: %v", request, err)
		require.Contains(t, fault.Of(err).Reason, want.says)
		require.Contains(t, fault.Of(err).Remedy, "whose fields are: call, reference, cursor")
	}
}

func TestWhatTheRequestSaysOfTheConnectionCounts(t *testing.T) {
	t.Parallel()
	out, err := newCaller(t).call(t, "listpayouts", `{"call": {"connection": {"credentials": {"api_key": "mine"}}}}`)
	require.NoError(t, err)
	require.Contains(t, out, `"account": "key:mine at http://127.0.0.1:1"`, "it goes to the simulator all the same")
}

func TestACallThatFailsIsAFault(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	_, err := c.call(t, "ListPayouts", `{"since": "0001-01-01T00:00:00Z"}`)
	require.NoError(t, err)
	require.NoError(t, c.running.Stop())
	_, err = c.call(t, "ListPayouts", "")
	require.Equal(t, fault.NotSent, fault.ClassOf(err))
	require.NotEqual(t, wire.CodeUnclassified, fault.CodeOf(err))
}

func FuzzRequestsOfAuthors(f *testing.F) {
	for _, seed := range []string{`{"reference": 5}`, "{\n\n\"x\":", `{"a":{"b":[1`, "", "\xff", `"`, `{"since":"2026"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		err := dev.ReadLinesRequest(text)
		if err != nil {
			require.Equal(t, dev.CodeRequest, fault.CodeOf(err))
			require.False(t, strings.Contains(fault.Of(err).Reason, "\u00a0"))
		}
	})
}
