package server_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnswersSayWhatIsLeftOfTheRate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings map[string]any
		limit    string
		left     string
	}{
		"50 per second by default": {nil, "50, 50;w=1", "49"},
		"another by setting":       {map[string]any{"rate_limit": 200}, "200, 200;w=1", "199"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := start(t, c.settings)
			response, _ := k.settlements("/payouts")
			require.Equal(t, c.limit, response.Header.Get("x-ratelimit-limit"))
			require.Equal(t, c.left, response.Header.Get("x-ratelimit-remaining"))
			require.Equal(t, "1", response.Header.Get("x-ratelimit-reset"))
		})
	}
}

func TestAboveTheRateTheAnswerIs429(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings   map[string]any
		retryAfter string
	}{
		"with the reset alone":  {map[string]any{"rate_limit": 1}, ""},
		"with Retry-After also": {map[string]any{"rate_limit": 1, "retry_after": true}, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := start(t, c.settings)
			var limited *http.Response
			var body string
			require.Eventually(t, func() bool {
				limited, body = k.settlements("/payouts")
				return limited.StatusCode == http.StatusTooManyRequests
			}, 10*time.Second, time.Millisecond)
			require.Contains(t, body, `"TOO_MANY_REQUESTS"`)
			require.Equal(t, "0", limited.Header.Get("x-ratelimit-remaining"))
			require.Equal(t, "1", limited.Header.Get("x-ratelimit-reset"))
			require.Equal(t, c.retryAfter, limited.Header.Get("Retry-After"))
			_, log := k.send(http.MethodGet, k.url+"/_sim/requests", "", "")
			require.Contains(t, log, `"rate_limited":1`)
			require.Eventually(t, func() bool {
				response, _ := k.settlements("/payouts")
				return response.StatusCode == http.StatusOK
			}, 10*time.Second, 50*time.Millisecond, "it passes")
		})
	}
}
