package pluginhost

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

func TestADescriptionSaysHowCallbacksAreAnswered(t *testing.T) {
	t.Parallel()
	good := ports.Callbacks{Methods: []string{"POST", "GET"}, Status: 202, MediaType: "text/plain", Body: "[accepted]"}
	with := func(change func(*ports.Callbacks)) *ports.Callbacks {
		c := good
		change(&c)
		return &c
	}
	reads := []ports.Capability{ports.CapabilityCallbacks}
	for name, c := range map[string]struct {
		capabilities []ports.Capability
		callbacks    *ports.Callbacks
		field        string
	}{
		"well":                 {reads, &good, ""},
		"without a body":       {reads, &ports.Callbacks{Methods: []string{"POST"}, Status: 204}, ""},
		"none and no need":     {nil, nil, ""},
		"none":                 {reads, nil, "callbacks"},
		"for nobody":           {nil, &good, "callbacks"},
		"no method":            {reads, with(func(c *ports.Callbacks) { c.Methods = nil }), "callbacks.methods"},
		"another method":       {reads, with(func(c *ports.Callbacks) { c.Methods = []string{"PUT"} }), "callbacks.methods"},
		"a redirect":           {reads, with(func(c *ports.Callbacks) { c.Status = 302 }), "callbacks.status"},
		"no status":            {reads, with(func(c *ports.Callbacks) { c.Status = 0 }), "callbacks.status"},
		"a body without type":  {reads, with(func(c *ports.Callbacks) { c.MediaType = "" }), "callbacks.body"},
		"a body of no content": {reads, with(func(c *ports.Callbacks) { c.Status = 204 }), "callbacks.body"},
		"a long body":          {reads, with(func(c *ports.Callbacks) { c.Body = strings.Repeat("x", 1025) }), "callbacks.body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := checkCallbacks(ports.Description{Capabilities: c.capabilities, Callbacks: c.callbacks})
			if c.field == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, CodeDescription, fault.CodeOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
		})
	}
}
