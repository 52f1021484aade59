package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/server/config"
	"github.com/kvitt/kvitt/server/process"
)

// TestTheHubBooksPayoutsOfAConnectorInAnotherLanguage runs it beside the others.
func TestTheHubBooksPayoutsOfAConnectorInAnotherLanguage(t *testing.T) {
	t.Parallel()
	folder := needTypeScript(t)
	s := raise(t, "")
	world := filepath.Join(folder, "tinypay", "world.json")
	remote, err := process.Start(t.Context(), s.folder, filepath.Join(folder, "dist", "tinypay-simulator"), "--world", world, "--exit-with-parent")
	require.NoError(t, err)
	t.Cleanup(func() { _ = remote.Kill() })
	installed := filepath.Join(s.folder, "connectors")
	require.NoError(t, os.Mkdir(installed, 0o700))
	require.NoError(t, os.Symlink(filepath.Join(bin, "connectors", "fortnox"), filepath.Join(installed, "fortnox")))
	require.NoError(t, os.Symlink(filepath.Join(folder, "dist", "tinypay"), filepath.Join(installed, "tinypay")))
	s.change = func(c *config.Config) {
		c.Connectors, c.PlainText = installed, []string{"tinypay"}
		c.Hosts["tinypay"] = map[string]string{"https://api.tinypay.example": remote.URL}
	}
	s.open()

	c := s.enrol()
	c.fortnox = s.connectFortnox(c)
	tinypay := s.connect(c, map[string]any{
		"connector": "tinypay", "settings": map[string]any{},
		"credentials": map[string]any{"merchant": "m_harbour", "api_key": "tp_test_harbour_4711"},
	})
	c.flow = s.flow(c, tinypay)
	s.settle(c)

	// Sums by hand from tinypay/world.json; how yen are booked is the business of others.
	held := map[string]string{}
	for _, p := range list[api.Payout](s, "/v1/merchants/"+c.merchant+"/payouts") {
		switch {
		case p.Reference == "po_0403":
		case p.Hold != nil:
			held[p.Reference] = p.Hold.Code
		default:
			require.EqualValues(t, payout.Booked, p.State, p.Reference)
		}
		if p.Reference == "po_0401" {
			require.Equal(t, api.Effects{
				Currency: "SEK", Gross: "1848.91", Refunds: "-125.50", Fees: "-135.98", FeeVat: "-34.00", Reserves: "0.00", Other: "0.00",
				Net: "1553.43", Difference: "0.00",
			}, p.Effects)
		}
	}
	require.Equal(t, map[string]string{"po_0404": string(payout.CodeUnknownType), "po_0405": string(payout.CodeProofFailed)}, held)
}
