package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
	"github.com/kvitt/kvitt/ports"
)

// What a scope or a licence is missing for is refused, whether a flow uses it or not;
// what could not be asked is not said.
func TestWhatTheCompanyMayUseIsToldByCapability(t *testing.T) {
	t.Parallel()
	const all = "erp.documents erp.payments erp.payment_releases erp.vouchers erp.attachments erp.choices erp.books erp.invoices erp.orders"
	scope := func(names ...string) func(*world.Fortnox) {
		return func(w *world.Fortnox) { w.MissingScopes = names }
	}
	licence := func(names ...string) func(*world.Fortnox) {
		return func(w *world.Fortnox) { w.MissingLicences = names }
	}
	for name, c := range map[string]struct {
		world    func(*world.Fortnox)
		today    string
		refused  []ports.Capability
		unknown  []ports.Capability
		verified int
		detail   string
	}{
		"all rights":                                       {world: scope(), verified: 9},
		"no scope for vouchers":                            {world: scope("bookkeeping"), refused: []ports.Capability{"erp.vouchers", "erp.choices", "erp.books"}, verified: 6, detail: "auth.scope_missing"},
		"no licence for bookkeeping":                       {world: licence("bookkeeping"), refused: []ports.Capability{"erp.vouchers", "erp.attachments", "erp.choices", "erp.books"}, verified: 5, detail: "auth.licence_missing"},
		"no scope for invoices":                            {world: scope("invoice"), refused: []ports.Capability{"erp.documents", "erp.invoices"}, verified: 7, detail: "auth.scope_missing"},
		"no scope for payments":                            {world: scope("payment"), refused: []ports.Capability{"erp.payments", "erp.payment_releases"}, verified: 7, detail: "auth.scope_missing"},
		"no licence for orders":                            {world: licence("order"), refused: []ports.Capability{"erp.orders"}, verified: 8, detail: "auth.licence_missing"},
		"a consent before there were customers and orders": {world: scope("customer", "order"), refused: []ports.Capability{"erp.invoices", "erp.orders"}, verified: 7, detail: "auth.scope_missing"},
		"no year to look in":                               {world: scope(), today: "2028-05-05", unknown: []ports.Capability{"erp.vouchers", "erp.choices"}, verified: 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.today == "" {
				c.today = "2026-04-20"
			}
			r := start(t, c.world)
			report, err := r.verify(New(), nil, c.today)
			require.NoError(t, err)
			var refused []ports.Capability
			verified := 0
			for _, said := range report.Capabilities {
				require.Contains(t, all, string(said.Capability))
				require.NotContains(t, c.unknown, said.Capability)
				require.NotEmpty(t, said.Detail)
				if said.State == ports.CapabilityVerified {
					require.Empty(t, said.Remedy)
					verified++
					continue
				}
				require.Equal(t, ports.CapabilityRefused, said.State)
				require.Contains(t, said.Detail, c.detail)
				require.NotEmpty(t, said.Remedy)
				refused = append(refused, said.Capability)
			}
			require.Equal(t, c.refused, refused)
			require.Equal(t, c.verified, verified)
		})
	}
}

func TestWithoutAccessNothingIsSaidOfCapabilities(t *testing.T) {
	t.Parallel()
	r := start(t, func(w *world.Fortnox) { w.MissingLicences = []string{"integration"} })
	report, err := r.verify(New(), nil, "2026-04-20")
	require.NoError(t, err)
	require.Empty(t, report.Capabilities)
}
