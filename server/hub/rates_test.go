package hub_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/server/hub"
)

func TestABrokenTableOfVATRatesStopsTheStartWithTheReason(t *testing.T) {
	t.Parallel()
	cfg := settings(t, nil)
	cfg.VATRates = filepath.Join(t.TempDir(), "rates.json")
	_, err := hub.Start(t.Context(), cfg, hclog.NewNullLogger())
	require.ErrorContains(t, err, "reading the table of VAT rates")
	require.NoError(t, os.WriteFile(cfg.VATRates, []byte(`{"source":"x"}`), 0o600))
	_, err = hub.Start(t.Context(), cfg, hclog.NewNullLogger())
	require.ErrorContains(t, err, "as_of: it is not a date")
}
