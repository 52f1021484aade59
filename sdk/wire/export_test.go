package wire

import "github.com/kvitt/kvitt/ports"

// RoundTripDescription maps a description there and back. Over a connection its
// protocol and capabilities would be replaced by the true ones.
func RoundTripDescription(d ports.Description) (ports.Description, error) {
	m := &mapping{}
	out := fromDescription(m, toDescription(m, d))
	if m.err != nil {
		return out, m.err
	}
	return out, nil
}
