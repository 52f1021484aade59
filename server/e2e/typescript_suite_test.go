package e2e_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/sdk/conformance"
	"github.com/kvitt/kvitt/sdk/conformance/report"
)

// TestAConnectorInAnotherLanguagePassesTheSuite does what `kvitt connector check
// --level 2` does. That is all the levels at which a connector that only reads shows
// its protocol; the load and the faults of level 4, which it claims, take most of the
// time of a check, and are for `kvitt connector check` alone.
func TestAConnectorInAnotherLanguagePassesTheSuite(t *testing.T) {
	t.Parallel()
	folder := needTypeScript(t)
	found, err := conformance.Check(t.Context(), conformance.Program{
		Path:      filepath.Join(folder, "dist", "tinypay"),
		Plan:      filepath.Join(folder, "tinypay", "conformance.json"),
		PlainText: true,
		Level:     2,
	}, nil)
	require.NoError(t, err)
	for _, c := range found.Cases {
		require.NotEqual(t, report.Failed, c.State, "%s: %s", c.ID, c.Reason)
	}
	require.Equal(t, 4, found.Claimed)
	require.Equal(t, 2, found.Reached)
}
