package catalogue

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// signature says whose word there is for a program. One that is given must be right, even
// where none is asked for: a wrong one means that somebody has touched the program.
func (s *Service) signature(r Request, sha256 string) (ports.Signature, error) {
	if r.Signature != "" {
		return s.parts.Signatures.Check(r.Path, sha256, r.Signature)
	}
	waiver := r.Waiver
	if waiver == "" {
		waiver = s.parts.Policy.Waivers[sha256]
	}
	if s.parts.Policy.Signed && waiver == "" {
		return ports.Signature{}, fault.New(CodeUnsigned, fault.Validation, "the connector is not signed, and this hub asks for a signature").
			WithField("signature").WithRemedy("send the connector's minisign signature, or say by name why this one needs none")
	}
	return ports.Signature{Waiver: waiver}, nil
}

// stated is what the catalogue reads of a report of the conformance suite, see
// docs/connectors/conformance.md.
type stated struct {
	Connector struct {
		ID      string `json:"id"`
		Version string `json:"version"`
		SHA256  string `json:"sha256"`
	} `json:"connector"`
	Reached int `json:"level_reached"`
}

// conformance reads the report about a program. It counts only if it names the very bytes.
func (s *Service) conformance(text json.RawMessage, v ports.InstalledVersion) (json.RawMessage, int, error) {
	missing := func(reason string) error {
		return fault.New(CodeConformance, fault.Validation, reason).WithField("conformance").
			WithRemedy("run `kvitt connector check --json` on this very program, and send what it prints")
	}
	if len(text) == 0 {
		if s.parts.Policy.Level > 0 {
			return nil, 0, missing("this hub asks for conformance level " + strconv.Itoa(s.parts.Policy.Level) + ", and there is no report")
		}
		return nil, 0, nil
	}
	var report stated
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, 0, missing("the report is not one of the conformance suite")
	}
	if report.Connector.SHA256 != v.SHA256 {
		return nil, 0, missing("the report is about another program (SHA-256 " + strconv.Quote(report.Connector.SHA256) + ")")
	}
	if report.Reached < s.parts.Policy.Level {
		return nil, 0, missing("the report states level " + strconv.Itoa(report.Reached) + ", and this hub asks for " + strconv.Itoa(s.parts.Policy.Level))
	}
	return text, report.Reached, nil
}

// hosts refuses a version that would send credentials to hosts to which the version that
// serves now does not, until somebody has looked.
func (s *Service) hosts(ctx context.Context, v ports.InstalledVersion, approved bool) error {
	var serving ports.InstalledVersion
	err := s.parts.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		wanted, err := wantedForAll(ctx, tx, v.Connector)
		if err != nil || wanted.Version == "" {
			return err
		}
		serving, err = tx.Catalogue().Get(ctx, v.Connector, wanted.Version)
		if fault.CodeOf(err) == ports.CodeNotFound {
			return nil
		}
		return err
	})
	if err != nil || serving.Version == "" || approved {
		return err
	}
	before := Hosts(serving.Description)
	var fresh []string
	for _, host := range Hosts(v.Description) {
		if !slices.Contains(before, host) {
			fresh = append(fresh, host)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return fault.New(CodeHostsChanged, fault.Validation,
		"version "+v.Version+" calls "+strings.Join(fresh, ", ")+", which "+serving.Version+" does not").WithField("approve_hosts").
		WithRemedy("make sure that these hosts are the provider's own, then install it with approve_hosts")
}

// Hosts lists the hosts that a connector, or the hub on its behalf, sends credentials to.
func Hosts(d ports.Description) []string {
	addresses := slices.Clone(d.Hosts)
	if d.OAuth != nil {
		addresses = append(addresses, d.OAuth.TokenURL)
		if consent := d.OAuth.Consent; consent != nil {
			addresses = append(addresses, consent.AuthorizeURL, consent.RevokeURL)
		}
	}
	var hosts []string
	for _, address := range addresses {
		if u, err := url.Parse(address); err == nil && u.Host != "" {
			hosts = append(hosts, u.Scheme+"://"+u.Host)
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}
