package e2e_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/sdk/conformance"
	"github.com/kvitt/kvitt/sdk/conformance/report"
)

// TestAConnectorInAnotherLanguagePassesTheSuite does what `kvitt connector check` does.
func TestAConnectorInAnotherLanguagePassesTheSuite(t *testing.T) {
	t.Parallel()
	folder := needTypeScript(t)
	found, err := conformance.Check(t.Context(), conformance.Program{
		Path:      filepath.Join(folder, "dist", "tinypay"),
		Plan:      filepath.Join(folder, "tinypay", "conformance.json"),
		PlainText: true,
	}, nil)
	require.NoError(t, err)
	for _, c := range found.Cases {
		require.NotEqual(t, report.Failed, c.State, "%s: %s", c.ID, c.Reason)
	}
	require.Equal(t, found.Claimed, found.Reached)
	require.Equal(t, 4, found.Reached)
}
