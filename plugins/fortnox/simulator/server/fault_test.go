package server_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/server"
	"github.com/kvitt/kvitt/sdk/simulator"
)

func TestWhatWasBookedStandsThoughTheAnswerIsLost(t *testing.T) {
	t.Parallel()
	s := start(t)
	for sentence, fault := range map[string]object{
		"an error instead of the answer": {"kind": "status_after", "status": 500},
		"no answer at all":               {"kind": "cut_after"},
	} {
		before := s.counts()["vouchers"].(float64)
		fault["method"], fault["path"], fault["times"] = "POST", "^/3/vouchers$", 1
		status, answer := s.call("POST", "/_sim/faults", asJSON(t, fault))
		require.Equal(t, http.StatusOK, status, answer)
		response, err := http.DefaultClient.Do(s.request("POST", "/3/vouchers?financialyear=3", voucher(nil)))
		if err == nil {
			require.NoError(t, response.Body.Close())
			require.Equal(t, http.StatusInternalServerError, response.StatusCode)
		}
		require.InDelta(t, before+1, s.counts()["vouchers"], 0, sentence)
	}
}

func TestSectionsWithUnknownFieldsAreRefused(t *testing.T) {
	t.Parallel()
	_, err := server.Build([]byte(`{"round_to_krona":true}`), simulator.New(time.Now()))
	require.ErrorContains(t, err, "round_to_krona")
}
