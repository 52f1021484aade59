package world_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/server/demo/world"
)

// load reads the world as a simulator does: from the file that is shipped.
func load(t *testing.T) world.World {
	t.Helper()
	var w world.World
	decoder := json.NewDecoder(bytes.NewReader(world.JSON()))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&w))
	return w
}

func TestTheFileIsWhatTheGeneratorWrites(t *testing.T) {
	t.Parallel()
	generated, err := world.Encode(world.Generate(world.Seed))
	require.NoError(t, err)
	require.True(t, bytes.Equal(generated, world.JSON()), "world.json is out of date: run go generate ./server/demo/world")
}

func TestAnotherSeedTellsTheSameStory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := world.Generate(rapid.IntRange(1, 1_000_000).Draw(t, "seed"))
		checkSums(t, w)
		checkFees(t, w)
		checkExceptions(t, w)
		checkClearing(t, w)
	})
}

func TestTheREADMEShowsTheWorldAsItIs(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	w := load(t)
	for i := range w.Klarna.Payouts {
		require.Contains(t, string(readme), payoutRow(w, i))
	}
	for _, account := range ledgerAccounts {
		require.Contains(t, string(readme), balanceRow(t, w, account))
	}
	for _, row := range exceptionRows(t, w) {
		require.Contains(t, string(readme), row)
	}
}
