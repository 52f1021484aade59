package incident_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/incident"
	"github.com/kvitt/kvitt/core/flow/lane"
	"github.com/kvitt/kvitt/core/flow/sight"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// What nobody else should ever read.
var planted = map[string]string{
	"an API key of the provider": "klarna_live_api_Zm9vYmFy",
	"a refresh token":            "refresh-1f2e3d4c5b6a",
	"an access token":            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmVk",
	"an API key of the hub":      "kvitt_Jk29fKqPz81",
	"the address of callbacks":   "callback-token-8812",
	"a mail address":             "anna.andersson@example.se",
	"a personal number":          "19850709-9805",
	"a telephone number":         "070-123 45 67",
	"an account at a bank":       "SE35 5000 0000 0549 1000 0003",
	"a name":                     "Anna Andersson",
	"the merchant's name":        "Blåbärsbutiken i Åre AB",
	"a password in an address":   "hunter22",
	"a client's secret":          "fortnox-client-secret",
	"a body of a callback":       "body-of-a-callback",
	"a header of a callback":     "header-of-a-callback",
	"a query of a callback":      "query-of-a-callback",
}

// spill is free text that says all of it.
func spill() string {
	p := planted
	return "the provider said: key " + p["an API key of the provider"] + ", refresh " + p["a refresh token"] + ", Bearer " + p["an access token"] + ", " +
		p["an API key of the hub"] + ", POST https://hub.example/v1/callbacks/klarna/" + p["the address of callbacks"] + " https://u:" + p["a password in an address"] +
		"@api.example, mail " + p["a mail address"] + ", " + p["a personal number"] + " " + p["a telephone number"] + " " + p["an account at a bank"] + " end"
}

// openly stores credentials as they are.
type openly struct{}

func (openly) Seal(_ context.Context, _ string, plain []byte) ([]byte, error)  { return plain, nil }
func (openly) Open(_ context.Context, _ string, sealed []byte) ([]byte, error) { return sealed, nil }

// scene is a hub in which everything was said that should not have been.
type scene struct{}

func (scene) Node() string { return "hub/1" }

func (scene) Versions(context.Context) ([]sight.Version, error) {
	v := sight.Version{InstalledVersion: aVersion(), Wanted: true, Status: &ports.VersionStatus{ConnectorStatus: ports.ConnectorStatus{State: ports.ConnectorReady, LastExit: spill()}}}
	other := sight.Version{InstalledVersion: ports.InstalledVersion{Connector: "other", Version: "9"}}
	return []sight.Version{v, other}, nil
}

func (scene) Log(v sight.Version) ([]ports.LogEntry, error) {
	return []ports.LogEntry{{Level: "warn", Message: spill(), Fields: map[string]string{"reason": spill(), "access_token": planted["a name"]}}}, nil
}

func (scene) Failures(sight.Version) ([]ports.CallFailure, error) {
	return []ports.CallFailure{{Method: "ListPayouts", Reason: spill(), Work: "payout " + statementtest.Booked}}, nil
}

func (scene) Lane(ports.ConnectionRecord) sight.Lane {
	return sight.Lane{Running: "0.1.0", State: &lane.State{Waiting: 3}}
}

func (scene) Swaps(context.Context, string, int) ([]ports.Swap, error) {
	return []ports.Swap{{ID: "swap-1", Connector: "klarna", By: planted["a name"] + " (key-1)", Reason: spill(), Fault: &ports.FaultRecord{Reason: spill()}}}, nil
}

func (scene) Backlog(context.Context) (ports.Backlog, error) { return ports.Backlog{Runs: 1}, nil }

func aVersion() ports.InstalledVersion {
	return ports.InstalledVersion{
		Connector: "klarna", Version: "0.1.0", InstalledBy: planted["a name"] + " (key-1)", SHA256: "ab", InstalledAt: time.Unix(1, 0).UTC(),
		Description: ports.Description{ID: "klarna", Version: "0.1.0", Credentials: json.RawMessage(`{"properties":{"merchant_id":{"type":"string"},"api_key":{"type":"string","writeOnly":true}}}`)},
	}
}

func service(t *testing.T) *incident.Service {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, statementtest.Store(t.Context(), store))
	require.NoError(t, store.Update(t.Context(), plant))
	return incident.New(store, openly{}, scene{}, incident.Hub{
		Version: "1.2.3", Runtime: "go1.26", Now: func() time.Time { return time.Unix(0, 0) },
		Config: json.RawMessage(`{"listen":"127.0.0.1:1","oauth_clients":{"fortnox":{"client_secret":"fortnox-client-secret"}},"hosts":{"klarna":{"https://a":"https://u:hunter22@b"}}}`),
	})
}

// plant puts secrets wherever a person or a remote system could have put one.
func plant(ctx context.Context, tx ports.Tx) error {
	if err := tx.Catalogue().Add(ctx, aVersion()); err != nil {
		return err
	}
	for _, id := range []string{statementtest.Source, statementtest.Target} {
		c, err := tx.Connections().Get(ctx, id)
		if err != nil {
			return err
		}
		c.Credentials, _ = json.Marshal(map[string]string{"merchant_id": "K123456", "api_key": planted["an API key of the provider"], "refresh_token": planted["a refresh token"]})
		c.Settings = json.RawMessage(`{"region":"eu","password":"hunter22"}`)
		c.Label, c.AccountName = planted["a name"], planted["a name"]
		c.Checks = []ports.Check{{Name: "access", State: ports.CheckFailed, Detail: spill()}}
		c.Pause = merchant.Pause{By: planted["a name"], Reason: spill(), Since: time.Unix(1, 0).UTC()}
		if err := tx.Connections().Save(ctx, c); err != nil {
			return err
		}
	}
	record := &ports.FaultRecord{Code: "x.y", Class: fault.Unknown, Reason: spill(), Remedy: spill()}
	steps := []error{
		tx.Exceptions().Raise(ctx, ports.Exception{ID: "exception-1", MerchantID: statementtest.Merchant, PayoutID: statementtest.Booked, Code: "x.y", Reason: spill(), State: ports.ExceptionOpen}),
		tx.Runs().Create(ctx, ports.Run{ID: "run-9", FlowID: statementtest.Flow, MerchantID: statementtest.Merchant, State: ports.RunRunning, StartedAt: time.Unix(5, 0).UTC(), Trigger: planted["a name"]}),
		tx.Runs().Wait(ctx, "run-9", record),
		tx.Audit().Append(ctx, ports.AuditEntry{At: time.Unix(1, 0).UTC(), By: planted["a name"] + " (key-1)", Act: "connector.installed", Subject: "klarna", Detail: spill()}),
		tx.Callbacks().Create(ctx, ports.CallbackRecord{
			ID: "cb-1", ConnectionID: statementtest.Source, MerchantID: statementtest.Merchant, Method: "POST", Query: planted["a query of a callback"],
			Headers: map[string][]string{"X": {planted["a header of a callback"]}}, Body: []byte(planted["a body of a callback"]), ReceivedAt: time.Unix(1, 0).UTC(),
			CallbackFate: ports.CallbackFate{State: ports.CallbackReceived, Fault: record},
		}),
	}
	for _, err := range steps {
		if err != nil {
			return err
		}
	}
	return nil
}

// files unpacks an archive.
func files(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	require.NoError(t, err)
	content := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		content[f.Name] = string(text)
	}
	return content
}

func export(t *testing.T, s *incident.Service, subject incident.Subject) map[string]string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, s.Export(t.Context(), subject, &out))
	return files(t, out.Bytes())
}

func TestNoArchiveTellsASecret(t *testing.T) {
	t.Parallel()
	s := service(t)
	for name, subject := range map[string]incident.Subject{
		"connection": {Connection: statementtest.Source}, "payout": {Payout: statementtest.Booked}, "run": {Run: "run-9"}, "exception": {Exception: "exception-1"}, "connector": {Connector: "klarna"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := export(t, s, subject)
			for file, text := range content {
				for what, secret := range planted {
					require.NotContains(t, text, secret, "%s stands in %s", what, file)
				}
				if strings.HasSuffix(file, ".json") {
					require.True(t, json.Valid([]byte(text)), file)
				}
				if file != "README.txt" {
					require.Contains(t, content["README.txt"], strings.SplitAfter(file, "/")[0], "README.txt explains %s", file)
				}
			}
			require.Contains(t, content["logs/klarna-0.1.0.jsonl"], "the provider said: key [removed], refresh [removed]", "the rest of a line stays")
			require.Contains(t, content["hub.json"], `"listen": "127.0.0.1:1"`)
			require.NotContains(t, content, "logs/other-9.jsonl", "what is not concerned is left out")
		})
	}
}

func TestAnArchiveHoldsWhatHelps(t *testing.T) {
	t.Parallel()
	content := export(t, service(t), incident.Subject{Payout: statementtest.Booked})
	for file, want := range map[string][]string{
		"subject.json":             {statementtest.Booked},
		"hub.json":                 {"1.2.3", "go1.26", "hub/1"},
		"versions.json":            {`"version": "0.1.0"`, `"state": "ready"`, `"installed_by": "key-1"`},
		"swaps.json":               {"swap-1", `"by": "key-1"`},
		"connections.json":         {statementtest.Source, statementtest.Target, `"region": "eu"`, `"waiting": 3`},
		"flows.json":               {statementtest.Flow, "settings_version"},
		"runs.json":                {"run-9", statementtest.Run},
		"payout.json":              {`"state"`, `"connector_version"`},
		"steps.json":               {`"kind": "voucher"`},
		"exceptions.json":          {"exception-1"},
		"callbacks.json":           {"cb-1", `"state": "received"`},
		"audit.json":               {"connector.installed", `"by": "key-1"`},
		"errors/klarna-0.1.0.json": {"ListPayouts", "payout " + statementtest.Booked},
	} {
		for _, text := range want {
			require.Contains(t, content[file], text, file)
		}
	}
}

func TestAnArchiveIsAboutOneThingThatIsThere(t *testing.T) {
	t.Parallel()
	s := service(t)
	for code, subjects := range map[fault.Code][]incident.Subject{
		incident.CodeSubject:       {{}, {Payout: "a", Run: "b"}},
		ports.CodeNotFound:         {{Payout: "nobody"}, {Run: "nobody"}, {Exception: "nobody"}, {Connection: "nobody"}},
		ports.CodeConnectorUnknown: {{Connector: "nobody"}},
	} {
		for _, subject := range subjects {
			var out bytes.Buffer
			require.Equal(t, code, fault.CodeOf(s.Export(t.Context(), subject, &out)), "%+v", subject)
			require.Zero(t, out.Len(), "half an archive is none")
		}
	}
}
