package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The merchant's guide is run as it stands, from nothing to a merchant that is live.
func TestTheGuideLeadsAMerchantToLive(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.Symlink(bin, filepath.Join(folder, "bin")))
	requirePageHolds(t, filepath.Join("..", "..", "docs", "guide.md"), folder)
}
