package catalogue

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/ports"
)

// byHub is who has installed and chosen what lay in the connectors' folder.
const byHub = "hub"

// Restore loads what is installed, when the hub starts, and routes connections as is wanted.
// A version that cannot be loaded is said, and leaves the others alone; see Missing.
func (s *Service) Restore(ctx context.Context) error {
	versions, wanted, err := s.List(ctx)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if _, err := s.parts.Programs.Load(ctx, "", v.SHA256); err != nil {
			s.miss(v, err)
		}
	}
	// Where a wanted version is missing nobody serves, rather than a version that nobody
	// has asked for: work waits.
	for _, w := range wanted {
		s.parts.Programs.Route(w.Connector, w.ConnectionID, w.Version)
	}
	return nil
}

func (s *Service) miss(v ports.InstalledVersion, err error) {
	s.parts.Log.Warn("a connector cannot be used", "connector", v.Connector, "version", v.Version, "sha256", v.SHA256, "error", err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.missing[v.Connector+" "+v.Version] = err
}

// Missing says why an installed version is not loaded, nil if it is.
func (s *Service) Missing(connector, version string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.missing[connector+" "+version]
}

// Found is a program that lies in the connectors' folder, with what lies beside it.
type Found struct {
	Path        string
	Signature   string
	Conformance json.RawMessage
}

// TakeFolder installs what lies in the connectors' folder, when the hub starts. What is
// there is the operator's own word: as long as nobody has chosen otherwise, it serves. A
// program that cannot be used is said, and leaves the others alone.
func (s *Service) TakeFolder(ctx context.Context, folder []Found) error {
	lying := map[string][]ports.InstalledVersion{}
	for _, found := range folder {
		v, err := s.takeFound(ctx, found)
		if err != nil {
			s.parts.Log.Warn("a connector cannot be used", "path", found.Path, "error", err)
			continue
		}
		lying[v.Connector] = append(lying[v.Connector], v)
	}
	for connector, versions := range lying {
		if err := s.prefer(ctx, connector, versions); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) takeFound(ctx context.Context, found Found) (ports.InstalledVersion, error) {
	r := Request{Path: found.Path, Origin: ports.OriginFolder, Signature: found.Signature, Conformance: found.Conformance, By: byHub}
	v, err := s.Install(ctx, r)
	if fault.CodeOf(err) != CodeInstalled || s.parts.Policy.Signed {
		return v, err
	}
	// Whoever builds kvitt anew has another program of the same version there.
	if kept := s.forget(ctx, found); kept != nil {
		return v, errors.Join(err, kept)
	}
	return s.Install(ctx, r)
}

// forget drops a version that came from the folder and was never chosen by a person, so
// that the folder's other program of that version can take its place.
func (s *Service) forget(ctx context.Context, found Found) error {
	examined, err := s.parts.Programs.Examine(ctx, found.Path, "")
	if err != nil {
		return err
	}
	d := examined.Description
	candidate := ports.InstalledVersion{Connector: d.ID, Version: d.Version, SHA256: examined.SHA256, Description: d}
	if _, _, err := s.conformance(found.Conformance, candidate); err != nil {
		return err
	}
	if err := s.hosts(ctx, candidate, false); err != nil {
		return err
	}
	err = s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		known, err := tx.Catalogue().Get(ctx, d.ID, d.Version)
		if err != nil {
			return err
		}
		wanted, err := tx.Catalogue().Wanted(ctx)
		if err != nil {
			return err
		}
		chosen := slices.ContainsFunc(wanted, func(w ports.Wanted) bool {
			return w.Connector == d.ID && w.Version == d.Version && w.By != byHub
		})
		if chosen || known.Origin != ports.OriginFolder {
			return fault.New(CodeServing, fault.Conflict, "a person has chosen version "+d.Version)
		}
		if err := tx.Catalogue().Remove(ctx, d.ID, d.Version); err != nil {
			return err
		}
		return s.audit(ctx, tx, "connector.replaced", d.ID, d.Version+" sha256:"+known.SHA256+" by sha256:"+examined.SHA256+", which lies in the connectors' folder", byHub)
	})
	if err != nil {
		return err
	}
	s.parts.Log.Warn("the program in the connectors' folder has changed and its version has not: it takes the other's place",
		"connector", d.ID, "version", d.Version, "sha256", examined.SHA256)
	s.parts.Programs.Route(d.ID, "", "")
	return s.parts.Programs.Unload(ctx, d.ID, d.Version)
}

// prefer has the folder's version serve, unless a person has chosen one, or the one that
// serves lies there too.
func (s *Service) prefer(ctx context.Context, connector string, lying []ports.InstalledVersion) error {
	chosen, err := walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) (ports.Wanted, error) {
		return wantedForAll(ctx, tx, connector)
	})
	if err != nil {
		return err
	}
	serves := slices.ContainsFunc(lying, func(v ports.InstalledVersion) bool { return v.Version == chosen.Version })
	if !serves && (chosen.Version == "" || chosen.By == byHub) {
		last := lying[len(lying)-1]
		chosen = ports.Wanted{Connector: connector, Version: last.Version, Previous: chosen.Version, At: s.parts.Now().UTC(), By: byHub, Reason: "it lies in the connectors' folder"}
		err := s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error { return tx.Catalogue().Want(ctx, chosen) })
		if err != nil {
			return err
		}
	}
	for _, v := range lying {
		if v.Version != chosen.Version {
			s.parts.Log.Info("a version in the connectors' folder is installed and does not serve", "connector", connector, "version", v.Version, "serving", chosen.Version)
		}
	}
	s.parts.Programs.Route(connector, "", chosen.Version)
	return nil
}
