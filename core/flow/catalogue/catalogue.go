// Package catalogue keeps which connectors are installed. Versions stand side by side and
// are never changed: what is installed is checked first, and refused with a sentence when
// it cannot be trusted or cannot run here; nothing has changed then. Which version serves
// is decided by package swap.
package catalogue

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/ports"
)

// Faults of installing and removing versions.
const (
	// CodeUnsigned: the policy asks for a signature, and there is none.
	CodeUnsigned fault.Code = "connector.unsigned"
	// CodeHostsChanged: the version would send credentials elsewhere than the one that
	// serves.
	CodeHostsChanged fault.Code = "connector.hosts_changed"
	// CodeConformance: the report is about another program, or says too little.
	CodeConformance fault.Code = "connector.conformance_missing"
	// CodeInstalled: another program is installed as that version.
	CodeInstalled fault.Code = "connector.version_taken"
	// CodeServing: the version is wanted, or serves.
	CodeServing fault.Code = "connector.in_use"
	// CodeVersionUnknown: no such version is installed.
	CodeVersionUnknown fault.Code = "connector.version_unknown"
)

// Examined is what a file turned out to be.
type Examined struct {
	Description ports.Description
	SHA256      string
	Size        int64
}

// Programs are the connectors that the hub has loaded.
type Programs interface {
	// Digest gives the SHA-256 of a file, in lower-case hex, without running it. A digest
	// that it is to have is checked, an empty one takes any.
	Digest(path, sha256 string) (string, error)
	// Examine says what a file is, without taking it up. It runs it.
	Examine(ctx context.Context, path, sha256 string) (Examined, error)
	// Load takes a program up; it runs with its first call. An empty path stands for the
	// hub's own copy.
	Load(ctx context.Context, path, sha256 string) (ports.Description, error)
	Unload(ctx context.Context, connector, version string) error
	// Start has a version ready before it is called.
	Start(ctx context.Context, connector, version string) error
	// Serves reports whether a version is loaded and some connection is routed to it.
	Serves(connector, version string) bool
	// Route has a version serve a connection, or all without a route of their own if the
	// connection is empty. Without a version, or by one that is not loaded, nobody does.
	Route(connector, connectionID, version string)
}

// Signatures checks whose word there is for a program.
type Signatures interface {
	// Check fails with a *fault.Error if the signature is not one of a trusted key over
	// the very bytes of the file, whose digest is sha256.
	Check(path, sha256, signature string) (ports.Signature, error)
}

// Policy is what an operator asks of versions.
type Policy struct {
	// Signed asks for a signature by a trusted key, unless it is waived by name.
	Signed bool
	// Level is the least level of conformance that a report must state, 0 for none.
	Level int
	// Waivers take programs, by their SHA-256, without a signature, and say why.
	Waivers map[string]string
}

// Log takes what support wants to read; a hclog.Logger is one.
type Log interface {
	Info(message string, pairs ...any)
	Warn(message string, pairs ...any)
}

// Parts are what the service is made of. All are required.
type Parts struct {
	Store      ports.Store
	Programs   Programs
	Signatures Signatures
	Policy     Policy
	Now        func() time.Time
	Log        Log
}

// Service installs and removes versions. It is safe for concurrent use.
type Service struct {
	parts Parts
	// changing is held by who installs or removes: what one has loaded, another's failure
	// would unload.
	changing sync.Mutex

	mu      sync.Mutex
	missing map[string]error // by connector and version
}

// New makes the service.
func New(parts Parts) *Service { return &Service{parts: parts, missing: map[string]error{}} }

// Request asks for a version to be installed.
type Request struct {
	// Path of the program.
	Path   string
	Origin string
	// SHA256 is what the program's digest must be, empty for any.
	SHA256 string
	// Signature is the text of a minisign signature, or empty; Waiver says why there need
	// be none.
	Signature string
	Waiver    string
	// Conformance is the report of the conformance suite, or nil.
	Conformance json.RawMessage
	// ApproveHosts takes a version that sends credentials elsewhere.
	ApproveHosts bool
	By           string
}

// Install checks a program and takes it up, beside those that are there. Installing the
// same program again gives what is there. What a person wants to install and may not is
// kept in the audit log.
func (s *Service) Install(ctx context.Context, r Request) (ports.InstalledVersion, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	v, err := s.install(ctx, r)
	if f := fault.Of(err); f != nil && r.By != byHub {
		name := filepath.Base(r.Path)
		kept := s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
			return s.audit(ctx, tx, "connector.install_refused", name, string(f.Code)+": "+f.Reason, r.By)
		})
		if kept != nil {
			err = errors.Join(err, kept)
		}
	}
	return v, err
}

func (s *Service) install(ctx context.Context, r Request) (ports.InstalledVersion, error) {
	sum, err := s.parts.Programs.Digest(r.Path, r.SHA256)
	if err != nil {
		return ports.InstalledVersion{}, err
	}
	if known, err := s.withDigest(ctx, sum); err != nil || known.Version != "" {
		if err == nil {
			err = s.mend(ctx, known, r.Path)
		}
		return known, err
	}
	// What nobody vouches for is not run, not even to say what it is.
	signature, err := s.signature(r, sum)
	if err != nil {
		return ports.InstalledVersion{}, err
	}
	examined, err := s.parts.Programs.Examine(ctx, r.Path, sum)
	if err != nil {
		return ports.InstalledVersion{}, err
	}
	v := ports.InstalledVersion{
		Connector: examined.Description.ID, Version: examined.Description.Version, SHA256: examined.SHA256, Size: examined.Size,
		Description: examined.Description, Origin: r.Origin, Signature: signature, InstalledAt: s.parts.Now().UTC(), InstalledBy: r.By,
	}
	if err := s.free(ctx, v); err != nil {
		return ports.InstalledVersion{}, err
	}
	if v.Conformance, v.Level, err = s.conformance(r.Conformance, v); err != nil {
		return ports.InstalledVersion{}, err
	}
	if err := s.hosts(ctx, v, r.ApproveHosts); err != nil {
		return ports.InstalledVersion{}, err
	}
	return v, s.take(ctx, v, r)
}

// mend loads a version that is installed and was not to be loaded, such as when the hub's
// copy of its program was lost.
func (s *Service) mend(ctx context.Context, v ports.InstalledVersion, path string) error {
	if s.Missing(v.Connector, v.Version) == nil {
		return nil
	}
	if _, err := s.parts.Programs.Load(ctx, path, v.SHA256); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.missing, v.Connector+" "+v.Version)
	return nil
}

// take loads the program and keeps the version; if that fails, it is as before.
func (s *Service) take(ctx context.Context, v ports.InstalledVersion, r Request) error {
	wanted, err := walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) (ports.Wanted, error) {
		return wantedForAll(ctx, tx, v.Connector)
	})
	if err != nil {
		return err
	}
	first := wanted.Version == ""
	if _, err := s.parts.Programs.Load(ctx, r.Path, v.SHA256); err != nil {
		return err
	}
	err = s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Catalogue().Add(ctx, v); err != nil {
			return err
		}
		if first {
			err := tx.Catalogue().Want(ctx, ports.Wanted{Connector: v.Connector, Version: v.Version, At: v.InstalledAt, By: r.By, Reason: "the first version"})
			if err != nil {
				return err
			}
		}
		return s.audit(ctx, tx, "connector.installed", v.Connector, v.Version+" sha256:"+v.SHA256+" from "+v.Origin+vouched(v.Signature), r.By)
	})
	if first && err == nil {
		s.parts.Programs.Route(v.Connector, "", v.Version)
		if err := s.parts.Programs.Start(ctx, v.Connector, v.Version); err != nil {
			s.parts.Log.Warn("the first version of a connector does not start", "connector", v.Connector, "version", v.Version, "error", err)
		}
	}
	if err != nil {
		if first { // the first program of a connector serves as soon as it is loaded
			s.parts.Programs.Route(v.Connector, "", "")
		}
		if undone := s.parts.Programs.Unload(ctx, v.Connector, v.Version); undone != nil {
			s.parts.Log.Warn("a version that was not installed stays loaded", "connector", v.Connector, "version", v.Version, "error", undone)
		}
		return err
	}
	if v.Signature.Waiver != "" {
		s.parts.Log.Warn("a connector was installed without a signature", "connector", v.Connector, "version", v.Version, "sha256", v.SHA256,
			"waiver", v.Signature.Waiver, "by", r.By)
	}
	return nil
}

func vouched(s ports.Signature) string {
	switch {
	case s.Key != "":
		return ", signed by " + s.Key
	case s.Waiver != "":
		return ", signature waived: " + s.Waiver
	}
	return ", unsigned"
}

// withDigest gives the version as which a program is installed already, empty for none.
func (s *Service) withDigest(ctx context.Context, sha256 string) (ports.InstalledVersion, error) {
	versions, _, err := s.List(ctx)
	for _, v := range versions {
		if v.SHA256 == sha256 {
			return v, nil
		}
	}
	return ports.InstalledVersion{}, err
}

// free fails if another program is installed as the version.
func (s *Service) free(ctx context.Context, v ports.InstalledVersion) error {
	known, err := s.Version(ctx, v.Connector, v.Version)
	switch {
	case fault.CodeOf(err) == CodeVersionUnknown:
		return nil
	case err != nil:
		return err
	}
	return fault.New(CodeInstalled, fault.Conflict,
		"version "+v.Version+" of "+v.Connector+" is installed already, and is another program (SHA-256 "+known.SHA256+", this one "+v.SHA256+")").
		WithRemedy("versions never change: give the connector another version, or remove the installed one if nothing uses it")
}

// Remove forgets a version that nothing uses, with the hub's copy of the program.
func (s *Service) Remove(ctx context.Context, connector, version, reason, by string) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	err := s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if _, err := tx.Catalogue().Get(ctx, connector, version); err != nil {
			return s.unknown(err, connector, version)
		}
		wanted, err := tx.Catalogue().Wanted(ctx)
		if err != nil {
			return err
		}
		for _, w := range wanted {
			if w.Connector == connector && w.Version == version {
				return fault.New(CodeServing, fault.Conflict, "version "+version+" of "+connector+" is the one that "+whom(w)+" is served by").
					WithRemedy("swap to another version first")
			}
		}
		if s.parts.Programs.Serves(connector, version) {
			return fault.New(CodeServing, fault.Conflict, "version "+version+" of "+connector+" still serves connections").
				WithRemedy("wait until the swap under way has ended")
		}
		// The version before is wanted no more, and takes over again if the new one fails.
		last, err := tx.Catalogue().Swaps(ctx, connector, ports.Page{Limit: 1})
		if err != nil {
			return err
		}
		if len(last) > 0 && !last[0].State.Ended() && (last[0].From == version || last[0].To == version) {
			return fault.New(CodeServing, fault.Conflict, "version "+version+" of "+connector+" takes part in the swap "+last[0].ID).
				WithRemedy("wait until the swap has ended, or cancel it")
		}
		if err := tx.Catalogue().Remove(ctx, connector, version); err != nil {
			return err
		}
		return s.audit(ctx, tx, "connector.removed", connector, version+": "+reason, by)
	})
	if err != nil {
		return err
	}
	return s.parts.Programs.Unload(ctx, connector, version)
}

func whom(w ports.Wanted) string {
	if w.ConnectionID == "" {
		return "every connection that is pinned to none"
	}
	return "the connection " + w.ConnectionID
}

// Version gives one version.
func (s *Service) Version(ctx context.Context, connector, version string) (ports.InstalledVersion, error) {
	var v ports.InstalledVersion
	err := s.parts.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		v, err = tx.Catalogue().Get(ctx, connector, version)
		return s.unknown(err, connector, version)
	})
	return v, err
}

func (s *Service) unknown(err error, connector, version string) error {
	if fault.CodeOf(err) != ports.CodeNotFound {
		return err
	}
	return fault.New(CodeVersionUnknown, fault.NotFound, "version "+version+" of "+connector+" is not installed").
		WithRemedy("see GET /v1/connectors/{id}/versions for those that are, or install it")
}

// List gives every version by connector, oldest first, and what is wanted.
func (s *Service) List(ctx context.Context) (versions []ports.InstalledVersion, wanted []ports.Wanted, err error) {
	err = s.parts.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if versions, err = tx.Catalogue().List(ctx); err != nil {
			return err
		}
		wanted, err = tx.Catalogue().Wanted(ctx)
		return err
	})
	return versions, wanted, err
}

func wantedForAll(ctx context.Context, tx ports.Tx, connector string) (ports.Wanted, error) {
	wanted, err := tx.Catalogue().Wanted(ctx)
	for _, w := range wanted {
		if w.Connector == connector && w.ConnectionID == "" {
			return w, err
		}
	}
	return ports.Wanted{}, err
}

func (s *Service) audit(ctx context.Context, tx ports.Tx, act, connector, detail, by string) error {
	return tx.Audit().Append(ctx, ports.AuditEntry{At: s.parts.Now().UTC(), By: by, Act: act, Subject: connector, Detail: detail})
}
