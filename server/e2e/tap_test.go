package e2e_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// tap stands before a server, passes everything on and remembers every answer.
type tap struct {
	*httptest.Server
	mu    sync.Mutex
	heard bytes.Buffer
}

func listenIn(t *testing.T, server string) *tap {
	t.Helper()
	target, err := url.Parse(server)
	require.NoError(t, err)
	listener := &tap{}
	listener.Server = httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: listener.remember,
	})
	t.Cleanup(listener.Close)
	return listener
}

func (l *tap) remember(answer *http.Response) error {
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := answer.Header.Write(&l.heard); err != nil {
		return err
	}
	l.heard.Write(body)
	return nil
}

// all gives every header and body so far.
func (l *tap) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.heard.String()
}
