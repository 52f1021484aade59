package ports_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/ports"
)

func TestTheInnermostWorkIsWhatACallIsFor(t *testing.T) {
	t.Parallel()
	require.Empty(t, ports.WorkOf(t.Context()))
	flow := ports.WithWork(t.Context(), "flow-1")
	require.Equal(t, "flow-1", ports.WorkOf(flow))
	require.Equal(t, "payout-1", ports.WorkOf(ports.WithWork(flow, "payout-1")))
}
