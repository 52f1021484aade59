package catalogue_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/catalogue"
	"github.com/kvitt/kvitt/ports"
)

// program is a file: what it says of itself, by its path.
type program struct {
	description ports.Description
	sha256      string
}

// programs are the files there are, and what of them is loaded.
type programs struct {
	files   map[string]program // by path
	copies  map[string]program // by digest: what the hub has kept
	loaded  map[string]string  // digest by "connector version"
	routes  map[string]string  // version by connector, or by connection
	started []string
	run     []string // paths of what was run
}

func (p *programs) Digest(path, sha256 string) (string, error) {
	file, ok := p.files[path]
	if !ok {
		return "", fault.New("connector.not_installable", fault.Validation, "the file is no program")
	}
	if sha256 != "" && sha256 != file.sha256 {
		return "", fault.New("connector.checksum_mismatch", fault.Validation, "the file's SHA-256 is another")
	}
	return file.sha256, nil
}

func (p *programs) Examine(_ context.Context, path, sha256 string) (catalogue.Examined, error) {
	file, ok := p.files[path]
	p.run = append(p.run, path)
	if !ok {
		return catalogue.Examined{}, fault.New("connector.not_installable", fault.Validation, "the file is no program")
	}
	if sha256 != "" && sha256 != file.sha256 {
		return catalogue.Examined{}, fault.New("connector.checksum_mismatch", fault.Validation, "the file's SHA-256 is another")
	}
	return catalogue.Examined{Description: file.description, SHA256: file.sha256, Size: 7}, nil
}

func (p *programs) Load(_ context.Context, path, sha256 string) (ports.Description, error) {
	file, ok := p.copies[sha256]
	if path != "" {
		file, ok = p.files[path]
	}
	if !ok {
		return ports.Description{}, fault.New("connector.not_installable", fault.Validation, "the file cannot be read")
	}
	if p.routes[file.description.ID] == "" {
		p.routes[file.description.ID] = file.description.Version
	}
	p.copies[sha256] = file
	p.loaded[file.description.ID+" "+file.description.Version] = file.sha256
	return file.description, nil
}

func (p *programs) Unload(_ context.Context, connector, version string) error {
	if p.Serves(connector, version) {
		return fault.New("connector.in_use", fault.Conflict, "it serves connections")
	}
	delete(p.copies, p.loaded[connector+" "+version])
	delete(p.loaded, connector+" "+version)
	return nil
}

func (p *programs) Start(_ context.Context, connector, version string) error {
	p.started = append(p.started, connector+" "+version)
	return nil
}

func (p *programs) Route(connector, connectionID, version string) {
	if connectionID != "" {
		connector = connectionID
	}
	p.routes[connector] = version
}

func (p *programs) Serves(connector, version string) bool { return p.routes[connector] == version }

// signatures takes "signed <digest>".
type signatures struct{ programs *programs }

func (s signatures) Check(path, _, signature string) (ports.Signature, error) {
	if signature != "signed "+s.programs.files[path].sha256 {
		return ports.Signature{}, fault.New("connector.signature_wrong", fault.Validation, "it was changed")
	}
	return ports.Signature{Key: "AB12"}, nil
}

type rig struct {
	*testing.T
	store    ports.Store
	programs *programs
	service  *catalogue.Service
	log      strings.Builder
}

func newRig(t *testing.T, policy catalogue.Policy) *rig {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{
		Enqueue: func(context.Context, *sql.Tx, ports.Job) error { return nil },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	r := &rig{T: t, store: store, programs: &programs{files: map[string]program{}, copies: map[string]program{}}}
	r.start(policy)
	return r
}

// start makes the service and what is loaded anew, as a hub does that starts.
func (r *rig) start(policy catalogue.Policy) {
	r.programs.loaded, r.programs.routes = map[string]string{}, map[string]string{}
	r.service = catalogue.New(catalogue.Parts{
		Store: r.store, Programs: r.programs, Signatures: signatures{r.programs}, Policy: policy,
		Now: func() time.Time { return time.Date(2026, time.April, 20, 8, 0, 0, 0, time.UTC) },
		Log: hclog.New(&hclog.LoggerOptions{Output: &r.log, Level: hclog.Info}),
	})
}

// file lays a program at a path; its digest is the path's name.
func (r *rig) file(path, version, sha256 string, change ...func(*ports.Description)) {
	d := ports.Description{
		ID: "acme", Name: "Acme", Version: version, Protocol: 1, Hosts: []string{"https://api.acme.example/v1"},
		OAuth: &ports.OAuth{TokenURL: "https://auth.acme.example/token"},
	}
	for _, c := range change {
		c(&d)
	}
	r.programs.files[path] = program{d, sha256}
}

func (r *rig) install(request catalogue.Request) (ports.InstalledVersion, error) {
	request.Origin, request.By = ports.OriginUpload, "anna (key-1)"
	return r.service.Install(r.Context(), request)
}

// state is what is installed, wanted, loaded and served.
func (r *rig) state() (installed []string, wanted string) {
	r.Helper()
	versions, all, err := r.service.List(r.Context())
	require.NoError(r, err)
	for _, v := range versions {
		installed = append(installed, v.Version+" "+v.SHA256)
	}
	for _, w := range all {
		wanted += w.Version + " by " + w.By
	}
	return installed, wanted
}

func TestVersionsStandSideBySideAndNeverChange(t *testing.T) {
	t.Parallel()
	r := newRig(t, catalogue.Policy{})
	r.file("a", "1.0.0", "aa")
	r.file("b", "1.1.0", "bb")
	r.file("c", "1.1.0", "cc")
	first, err := r.install(catalogue.Request{Path: "a"})
	require.NoError(t, err)
	require.Equal(t, "aa", first.SHA256)
	_, err = r.install(catalogue.Request{Path: "b", SHA256: "bb"})
	require.NoError(t, err)
	again, err := r.install(catalogue.Request{Path: "b"})
	require.NoError(t, err)
	require.Equal(t, "bb", again.SHA256)
	_, err = r.install(catalogue.Request{Path: "c"})
	require.Equal(t, catalogue.CodeInstalled, fault.CodeOf(err))
	installed, wanted := r.state()
	require.Equal(t, []string{"1.0.0 aa", "1.1.0 bb"}, installed)
	require.Equal(t, "1.0.0 by anna (key-1)", wanted, "the first one serves, others wait for a swap")
	require.Equal(t, []string{"acme 1.0.0"}, r.programs.started)
	require.Equal(t, map[string]string{"acme 1.0.0": "aa", "acme 1.1.0": "bb"}, r.programs.loaded)
}

func TestWhatCannotBeTrustedIsRefusedAndNothingChanges(t *testing.T) {
	t.Parallel()
	r := newRig(t, catalogue.Policy{Signed: true, Level: 3, Waivers: map[string]string{"bb": "built on this machine"}})
	report := func(sha256 string, level int) json.RawMessage {
		text, err := json.Marshal(map[string]any{"connector": map[string]any{"id": "acme", "sha256": sha256}, "level_reached": level})
		require.NoError(t, err)
		return text
	}
	r.file("a", "1.0.0", "aa")
	_, err := r.install(catalogue.Request{Path: "a", Signature: "signed aa", Conformance: report("aa", 4)})
	require.NoError(t, err)

	r.file("b", "1.1.0", "bb")
	r.file("d", "1.2.0", "dd")
	elsewhere := func(d *ports.Description) { d.OAuth = &ports.OAuth{TokenURL: "https://auth.acme.evil/token"} }
	r.file("e", "1.3.0", "ee", elsewhere)
	refusals := 0
	for name, c := range map[string]struct {
		request catalogue.Request
		code    fault.Code
	}{
		"another digest":              {catalogue.Request{Path: "d", SHA256: "xx", Signature: "signed dd", Conformance: report("dd", 4)}, "connector.checksum_mismatch"},
		"no program":                  {catalogue.Request{Path: "z"}, "connector.not_installable"},
		"no signature":                {catalogue.Request{Path: "d", Conformance: report("dd", 4)}, catalogue.CodeUnsigned},
		"a wrong signature":           {catalogue.Request{Path: "d", Signature: "signed aa", Conformance: report("dd", 4)}, "connector.signature_wrong"},
		"a wrong one beside a waiver": {catalogue.Request{Path: "b", Signature: "signed aa", Conformance: report("bb", 4)}, "connector.signature_wrong"},
		"no report":                   {catalogue.Request{Path: "d", Signature: "signed dd"}, catalogue.CodeConformance},
		"a report of another":         {catalogue.Request{Path: "d", Signature: "signed dd", Conformance: report("aa", 4)}, catalogue.CodeConformance},
		"a report of too little":      {catalogue.Request{Path: "d", Signature: "signed dd", Conformance: report("dd", 2)}, catalogue.CodeConformance},
		"a report that is none":       {catalogue.Request{Path: "d", Signature: "signed dd", Conformance: json.RawMessage(`[]`)}, catalogue.CodeConformance},
		"other hosts for tokens":      {catalogue.Request{Path: "e", Signature: "signed ee", Conformance: report("ee", 4)}, catalogue.CodeHostsChanged},
	} {
		refusals++
		_, err := r.install(c.request)
		require.Equal(t, c.code, fault.CodeOf(err), name)
		require.NotEmpty(t, fault.Of(err).Reason, name)
		installed, _ := r.state()
		require.Equal(t, []string{"1.0.0 aa"}, installed, name)
		require.Len(t, r.programs.loaded, 1, name)
	}
	require.NotContains(t, r.programs.run, "z")
	r.programs.run = nil
	for _, request := range []catalogue.Request{{Path: "d"}, {Path: "d", Signature: "signed aa"}, {Path: "d", SHA256: "xx", Signature: "signed dd"}} {
		refusals++
		_, err := r.install(request)
		require.Error(t, err)
	}
	require.Empty(t, r.programs.run, "what nobody vouches for is not run")
	_, err = r.install(catalogue.Request{Path: "e", Signature: "signed ee", Conformance: report("ee", 4)})
	require.Contains(t, fault.Of(err).Reason, "https://auth.acme.evil")
	require.NoError(t, r.store.View(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		entries, err := tx.Audit().List(ctx, ports.AuditFilter{Act: "connector.install_refused"}, ports.Page{Limit: 100})
		require.Len(t, entries, refusals+1, "each refusal is kept")
		require.Contains(t, entries[0].Detail, "connector.hosts_changed")
		return err
	}))
	waived, err := r.install(catalogue.Request{Path: "b", Conformance: report("bb", 3)})
	require.NoError(t, err)
	require.Equal(t, ports.Signature{Waiver: "built on this machine"}, waived.Signature)
	_, err = r.install(catalogue.Request{Path: "d", Waiver: "an emergency", Conformance: report("dd", 3)})
	require.NoError(t, err)
	require.Contains(t, r.log.String(), "an emergency", "a waiver is logged")
	approved, err := r.install(catalogue.Request{Path: "e", Signature: "signed ee", Conformance: report("ee", 4), ApproveHosts: true})
	require.NoError(t, err)
	require.Equal(t, 4, approved.Level)
}

// full is a store in which nothing can be changed any more.
type full struct{ ports.Store }

var errFull = errors.New("the disk is full")

func (full) Update(context.Context, func(context.Context, ports.Tx) error) error { return errFull }

func TestAnInstallationThatCannotBeStoredChangesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, catalogue.Policy{})
	store := r.store
	r.file("a", "1.0.0", "aa")
	r.store = full{store}
	r.start(catalogue.Policy{})
	_, err := r.install(catalogue.Request{Path: "a"})
	require.ErrorIs(t, err, errFull)
	require.Empty(t, r.programs.loaded)
	require.False(t, r.programs.Serves("acme", "1.0.0"))

	r.store = store
	r.start(catalogue.Policy{})
	_, err = r.install(catalogue.Request{Path: "a"})
	require.NoError(t, err)
	require.True(t, r.programs.Serves("acme", "1.0.0"))
}

// TestTheSameProgramTwiceAtATime: the second one does not unload what the first has taken up.
func TestTheSameProgramTwiceAtATime(t *testing.T) {
	t.Parallel()
	r := newRig(t, catalogue.Policy{})
	r.file("a", "1.0.0", "aa")
	r.file("b", "1.1.0", "bb")
	_, err := r.install(catalogue.Request{Path: "a"})
	require.NoError(t, err)
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if _, err := r.install(catalogue.Request{Path: "b"}); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	require.Equal(t, map[string]string{"acme 1.0.0": "aa", "acme 1.1.0": "bb"}, r.programs.loaded)
}

func TestOnlyAVersionThatNothingUsesIsRemoved(t *testing.T) {
	t.Parallel()
	r := newRig(t, catalogue.Policy{})
	for path, version := range map[string]string{"a": "1.0.0", "b": "1.1.0", "c": "1.2.0"} {
		r.file(path, version, path+path)
	}
	for _, path := range []string{"a", "b", "c"} {
		_, err := r.install(catalogue.Request{Path: path})
		require.NoError(t, err)
	}
	require.NoError(t, r.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		return tx.Catalogue().Want(ctx, ports.Wanted{Connector: "acme", ConnectionID: "c1", Version: "1.1.0", At: time.Now(), By: "x"})
	}))
	remove := func(version string) error {
		return r.service.Remove(t.Context(), "acme", version, "old", "anna (key-1)")
	}
	require.Equal(t, catalogue.CodeServing, fault.CodeOf(remove("1.0.0")), "all connections are served by it")
	require.Equal(t, catalogue.CodeServing, fault.CodeOf(remove("1.1.0")), "one is pinned to it")
	r.programs.routes["acme"] = "1.2.0"
	require.Equal(t, catalogue.CodeServing, fault.CodeOf(remove("1.2.0")), "it serves still")
	r.programs.routes["acme"] = "1.0.0"
	swap := func(state ports.SwapState) {
		require.NoError(t, r.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
			return tx.Catalogue().SaveSwap(ctx, ports.Swap{ID: "swap-1", Connector: "acme", From: "1.2.0", To: "1.0.0", State: state})
		}))
	}
	swap(ports.SwapWatching)
	require.Equal(t, catalogue.CodeServing, fault.CodeOf(remove("1.2.0")), "it takes over again if the new one fails")
	swap(ports.SwapDone)
	require.NoError(t, remove("1.2.0"))
	require.Equal(t, catalogue.CodeVersionUnknown, fault.CodeOf(remove("1.2.0")))
	require.NotContains(t, r.programs.loaded, "acme 1.2.0")
}

func TestAHubThatStartsServesWhatIsWanted(t *testing.T) {
	t.Parallel()
	r := newRig(t, catalogue.Policy{})
	r.file("a", "1.0.0", "aa")
	r.file("b", "1.1.0", "bb")
	for _, path := range []string{"a", "b"} {
		_, err := r.install(catalogue.Request{Path: path})
		require.NoError(t, err)
	}
	require.NoError(t, r.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		return errors.Join(
			tx.Catalogue().Want(ctx, ports.Wanted{Connector: "acme", Version: "1.1.0", At: time.Now(), By: "anna (key-1)"}),
			tx.Catalogue().Want(ctx, ports.Wanted{Connector: "acme", ConnectionID: "c1", Version: "1.0.0", At: time.Now(), By: "anna (key-1)"}),
		)
	}))
	r.start(catalogue.Policy{})
	require.NoError(t, r.service.Restore(t.Context()))
	require.Equal(t, map[string]string{"acme": "1.1.0", "c1": "1.0.0"}, r.programs.routes)
	require.NoError(t, r.service.Missing("acme", "1.1.0"))

	delete(r.programs.copies, "bb") // somebody has emptied the folder
	r.start(catalogue.Policy{})
	require.NoError(t, r.service.Restore(t.Context()))
	require.ErrorContains(t, r.service.Missing("acme", "1.1.0"), "cannot be read")
	require.Equal(t, "1.1.0", r.programs.routes["acme"], "nobody serves, rather than a version that nobody has asked for")
	require.Contains(t, r.log.String(), "a connector cannot be used")
	_, err := r.install(catalogue.Request{Path: "b"})
	require.NoError(t, err, "installing it again mends it")
	require.NoError(t, r.service.Missing("acme", "1.1.0"))
	require.Equal(t, "bb", r.programs.loaded["acme 1.1.0"])
}

func TestTheFolderServesAsLongAsNobodyHasChosenOtherwise(t *testing.T) {
	t.Parallel()
	r := newRig(t, catalogue.Policy{})
	take := func(paths ...string) {
		t.Helper()
		var found []catalogue.Found
		for _, path := range paths {
			found = append(found, catalogue.Found{Path: path})
		}
		r.start(catalogue.Policy{})
		require.NoError(t, r.service.Restore(t.Context()))
		require.NoError(t, r.service.TakeFolder(t.Context(), found))
	}
	r.file("a", "1.0.0", "aa")
	take("a", "nothing")
	require.Contains(t, r.log.String(), "path=nothing")
	installed, wanted := r.state()
	require.Equal(t, []string{"1.0.0 aa"}, installed)
	require.Equal(t, "1.0.0 by hub", wanted)
	require.Equal(t, "1.0.0", r.programs.routes["acme"])

	r.file("a", "1.1.0", "bb") // a newer one lies there now
	take("a")
	_, wanted = r.state()
	require.Equal(t, "1.1.0 by hub", wanted)
	require.Equal(t, "1.1.0", r.programs.routes["acme"])

	r.file("a", "1.1.0", "cc") // it was built anew without another version
	take("a")
	installed, _ = r.state()
	require.Equal(t, []string{"1.0.0 aa", "1.1.0 cc"}, installed)
	require.Equal(t, "1.1.0", r.programs.routes["acme"])
	require.Contains(t, r.log.String(), "has changed and its version has not")

	require.NoError(t, r.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		return tx.Catalogue().Want(ctx, ports.Wanted{Connector: "acme", Version: "1.0.0", At: time.Now(), By: "anna (key-1)", Reason: "1.1.0 is wrong"})
	}))
	r.file("a", "1.2.0", "dd")
	take("a")
	installed, wanted = r.state()
	require.Equal(t, []string{"1.0.0 aa", "1.1.0 cc", "1.2.0 dd"}, installed, "it is installed and does not serve")
	require.Equal(t, "1.0.0 by anna (key-1)", wanted)
	require.Equal(t, "1.0.0", r.programs.routes["acme"])
}

func TestUnderAPolicyTheFolderCannotReplaceAProgramSilently(t *testing.T) {
	t.Parallel()
	r := newRig(t, catalogue.Policy{Signed: true})
	r.file("a", "1.0.0", "aa")
	require.NoError(t, r.service.TakeFolder(t.Context(), []catalogue.Found{{Path: "a", Signature: "signed aa"}}))
	r.file("a", "1.0.0", "bb")
	require.NoError(t, r.service.TakeFolder(t.Context(), []catalogue.Found{{Path: "a", Signature: "signed bb"}}))
	installed, _ := r.state()
	require.Equal(t, []string{"1.0.0 aa"}, installed)
	require.Contains(t, r.log.String(), "is installed already, and is another program")
}

func TestTheFolderReplacesNothingByWhatMayNotBeInstalled(t *testing.T) {
	t.Parallel()
	r := newRig(t, catalogue.Policy{})
	r.file("a", "1.0.0", "aa")
	require.NoError(t, r.service.TakeFolder(t.Context(), []catalogue.Found{{Path: "a"}}))
	r.file("a", "1.0.0", "bb", func(d *ports.Description) { d.Hosts = []string{"https://api.acme.evil"} })
	require.NoError(t, r.service.TakeFolder(t.Context(), []catalogue.Found{{Path: "a"}}))
	installed, _ := r.state()
	require.Equal(t, []string{"1.0.0 aa"}, installed)
	require.Equal(t, "1.0.0", r.programs.routes["acme"])
	require.Contains(t, r.log.String(), "https://api.acme.evil")
}

func TestHostsAreThoseThatCredentialsAreSentTo(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"https://a.example", "https://auth.example", "https://b.example:8443", "https://revoke.example"}, catalogue.Hosts(ports.Description{
		Hosts: []string{"https://b.example:8443/v2", "https://a.example"},
		OAuth: &ports.OAuth{TokenURL: "https://a.example/token", Consent: &ports.Consent{AuthorizeURL: "https://auth.example/x", RevokeURL: "https://revoke.example/y"}},
	}))
}
