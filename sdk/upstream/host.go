package upstream

import (
	"net/url"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
)

// CodeHostRefused: a request was to go to a host that the connector has not
// declared and the operator has not put in the place of one.
const CodeHostRefused fault.Code = "upstream.host_refused"

// host is a base URL that the connector declares and the one to call instead.
type host struct {
	declared *url.URL
	actual   *url.URL
}

// resolveHosts joins declared base URLs with the operator's overrides. What
// cannot be parsed is left out and thereby refused.
func resolveHosts(declared []string, overrides map[string]string) []host {
	var hosts []host
	for _, text := range declared {
		base, err := parseBase(text)
		if err != nil {
			continue
		}
		h := host{declared: base, actual: base}
		for from, to := range overrides {
			if !names(from, base) {
				continue
			}
			// An override that makes no sense must not fall back to the real system.
			h.actual, _ = parseBase(to)
		}
		hosts = append(hosts, h)
	}
	return hosts
}

// names reports whether the key of an override means base: as a URL, or as a
// bare host name.
func names(key string, base *url.URL) bool {
	if strings.EqualFold(key, base.Host) {
		return true
	}
	parsed, err := parseBase(key)
	return err == nil && sameOrigin(parsed, base) && parsed.Path == base.Path
}

func parseBase(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	if u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, fault.Invalid(CodeHostRefused, "hosts", "a base URL begins with https:// or http:// and names a host")
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	u.RawPath, u.RawQuery, u.Fragment = "", "", ""
	return u, nil
}

// locate gives the URL to call for one that a connector or a remote system names.
func (c *Client) locate(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, refused("the URL is not absolute")
	}
	for _, h := range c.hosts {
		if h.actual == nil {
			continue
		}
		// A link from the system that stands in for the declared one names itself.
		if within(u, h.actual) {
			return u, nil
		}
		if within(u, h.declared) {
			moved := *u
			moved.Scheme, moved.Host = h.actual.Scheme, h.actual.Host
			moved.Path = h.actual.Path + strings.TrimPrefix(u.Path, h.declared.Path)
			if u.RawPath != "" {
				moved.RawPath = h.actual.EscapedPath() + strings.TrimPrefix(u.RawPath, h.declared.EscapedPath())
			}
			return &moved, nil
		}
	}
	return nil, refused("the connector does not declare the host " + u.Host)
}

func refused(reason string) error {
	return fault.New(CodeHostRefused, fault.NotSent, reason).From(fault.Connector).
		WithRemedy("if the remote system has moved, install a version of the connector that declares the new host")
}

func within(u, base *url.URL) bool {
	if !sameOrigin(u, base) || strings.Contains(u.Path, "/../") || strings.HasSuffix(u.Path, "/..") {
		return false
	}
	return base.Path == "" || u.Path == base.Path || strings.HasPrefix(u.Path, base.Path+"/")
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "http" {
		return "80"
	}
	return "443"
}
