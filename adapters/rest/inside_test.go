package rest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/console"
	"github.com/kvitt/kvitt/adapters/rest"
	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
)

// shown is a page that can be told from others.
type shown string

func (s shown) Render(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, string(s))
	return err
}

// windows is an API of which only what stands beside the contract is asked for.
func windows(t *testing.T, open bool) http.Handler {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, statementtest.Store(t.Context(), store))
	(&hub{store: store, now: time.Unix(1, 0)}).admit(t)
	pages, err := console.New(nil, nil, nil)
	require.NoError(t, err)
	handler, err := rest.New(rest.Deps{
		Store: store, Pages: pages, Status: shown("everything"), MetricsOpen: open, Now: time.Now, Log: hclog.NewNullLogger(), Options: rest.DefaultOptions(),
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "kvitt_info 1") }),
	})
	require.NoError(t, err)
	return handler
}

// visit asks for a path with a key as a bearer, or as the password of HTTP Basic.
func visit(t *testing.T, handler http.Handler, path, bearer, password string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	if password != "" {
		request.SetBasicAuth("anybody", password)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	return answer
}

func TestMetricsAndStatusAreForSupport(t *testing.T) {
	t.Parallel()
	handler := windows(t, false)
	for _, path := range []string{"/metrics", "/status"} {
		for _, key := range []string{operator, support} {
			require.Equal(t, http.StatusOK, visit(t, handler, path, key, "").Code, "%s %s", path, key)
			require.Equal(t, http.StatusOK, visit(t, handler, path, "", key).Code, "%s %s", path, key)
		}
		for _, key := range []string{own, stranger} {
			require.Equal(t, http.StatusForbidden, visit(t, handler, path, key, "").Code, "%s %s", path, key)
			require.Equal(t, http.StatusForbidden, visit(t, handler, path, "", key).Code, "%s %s", path, key)
		}
		require.Equal(t, http.StatusUnauthorized, visit(t, handler, path, "nonsense", "").Code, path)
		require.Equal(t, http.StatusUnauthorized, visit(t, handler, path, "", "").Code, path)
	}
	require.Equal(t, "Bearer", visit(t, handler, "/metrics", "", "").Header().Get("WWW-Authenticate"))

	page := visit(t, handler, "/status", "", "")
	require.Contains(t, page.Header().Get("WWW-Authenticate"), "Basic ", "a browser asks for the key")
	require.Contains(t, page.Header().Get("Content-Type"), "text/html")
	require.NotContains(t, page.Body.String(), "everything")
	page = visit(t, handler, "/status", "", support)
	require.Equal(t, "everything", page.Body.String())
	require.Contains(t, page.Header().Get("Content-Security-Policy"), "default-src 'none'")
	require.Equal(t, "no-store", page.Header().Get("Cache-Control"))
}

func TestABrowserThatKnowsTheKeyCannotCallTheAPI(t *testing.T) {
	t.Parallel()
	require.Equal(t, http.StatusUnauthorized, visit(t, windows(t, false), "/v1/connectors", "", operator).Code)
}

func TestMetricsCanBeOpenAndStatusCannot(t *testing.T) {
	t.Parallel()
	handler := windows(t, true)
	open := visit(t, handler, "/metrics", "", "")
	require.Equal(t, http.StatusOK, open.Code)
	require.Equal(t, "kvitt_info 1", open.Body.String())
	require.Equal(t, http.StatusUnauthorized, visit(t, handler, "/status", "", "").Code)
}
