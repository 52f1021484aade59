package upstream_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

const declared = "https://api.example.com/v1"

// system starts a remote system and gives a client that reaches it in the place
// of the declared host.
func system(t *testing.T, grant int, handler http.HandlerFunc) (*upstream.Client, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return client(server.URL, grant), server
}

func client(url string, grant int) *upstream.Client {
	config := upstream.Config{
		Hosts: []string{declared}, UserAgent: "kvitt-test/1", MaxBody: 1000,
		Authorize: func(h http.Header) { h.Set("Authorization", "Bearer secret") },
	}
	return upstream.New(config, ports.Call{
		Grant: grant, Connection: ports.Connection{Hosts: map[string]string{declared: url}},
	})
}

func get(path string) upstream.Request {
	return upstream.Request{Method: http.MethodGet, URL: declared + path}
}

func post(path string) upstream.Request {
	return upstream.Request{Method: http.MethodPost, URL: declared + path, Body: []byte(`{}`)}
}

func TestARequestReachesTheHostThatStandsInForTheDeclaredOne(t *testing.T) {
	t.Parallel()
	var seen *http.Request
	var body []byte
	c, server := system(t, 3, func(w http.ResponseWriter, r *http.Request) {
		seen = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "hello")
	})
	req := post("/a%2Fb/c?x=1")
	req.Header = http.Header{"X-Trace": {"7"}}
	answer, err := c.Do(context.Background(), req)
	require.NoError(t, err)
	require.Equal(t, "/a%2Fb/c?x=1", seen.URL.RequestURI())
	require.Equal(t, "{}", string(body))
	require.Equal(t, "kvitt-test/1", seen.Header.Get("User-Agent"))
	require.Equal(t, "Bearer secret", seen.Header.Get("Authorization"))
	require.Equal(t, "7", seen.Header.Get("X-Trace"))
	// printf hello | sha256sum
	require.Equal(t, ports.RawPage{
		SHA256:    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
		MediaType: "application/json", Bytes: []byte("hello"),
	}, answer.Raw())

	// A next-link names the host that answered.
	_, err = c.Do(context.Background(), upstream.Request{Method: http.MethodGet, URL: server.URL + "/next"})
	require.NoError(t, err)
	require.Equal(t, ports.Usage{Calls: 2}, c.Usage())
}

func TestCredentialsNeverReachAHostThatIsNotDeclared(t *testing.T) {
	t.Parallel()
	var leaked atomic.Int32
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { leaked.Add(1) }))
	t.Cleanup(thief.Close)
	c, _ := system(t, 20, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, thief.URL, http.StatusFound) })
	urls := map[string]string{
		"another host":                     thief.URL + "/v1",
		"another scheme":                   "http://api.example.com/v1/x",
		"another port":                     "https://api.example.com:444/v1/x",
		"a path beside the declared one":   "https://api.example.com/v2/x",
		"a path that begins alike":         "https://api.example.com/v1evil",
		"a path that climbs out":           "https://api.example.com/v1/../v2",
		"a name that ends alike":           "https://api.example.com.evil.test/v1",
		"a user in front of the host":      "https://api.example.com@evil.test/v1",
		"credentials in front of the host": "https://u:p@api.example.com/v1/x",
		"a relative link":                  "/v1/x",
		"no URL":                           "://",
		"a file":                           "file:///etc/passwd",
	}
	for name, url := range urls {
		_, err := c.Do(context.Background(), upstream.Request{Method: http.MethodGet, URL: url})
		require.Equal(t, upstream.CodeHostRefused, fault.CodeOf(err), name)
		require.Equal(t, fault.NotSent, fault.ClassOf(err), name)
	}
	require.Zero(t, c.Usage().Calls, "a refused request costs nothing")

	_, err := c.Do(context.Background(), get("/redirect"))
	require.Equal(t, upstream.CodeRedirected, fault.CodeOf(err))
	require.Zero(t, leaked.Load())
}

func TestAnOverrideThatMakesNoSenseDoesNotFallBackToTheRealSystem(t *testing.T) {
	t.Parallel()
	for _, override := range []string{"", "localhost:1", "ftp://127.0.0.1"} {
		_, err := client(override, 1).Do(context.Background(), get("/x"))
		require.Equal(t, upstream.CodeHostRefused, fault.CodeOf(err), override)
	}
}

func TestTheGrantIsNeverExceeded(t *testing.T) {
	t.Parallel()
	var served atomic.Int32
	c, _ := system(t, 3, func(w http.ResponseWriter, _ *http.Request) {
		if served.Add(1) == 2 {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	_, err := c.Do(context.Background(), get("/1"))
	require.NoError(t, err)
	_, err = c.Do(context.Background(), post("/2"))
	require.Equal(t, upstream.CodeRateLimited, fault.CodeOf(err))
	require.Equal(t, fault.RateLimited, fault.ClassOf(err))
	require.Equal(t, 7*time.Second, fault.Of(err).RetryAfter)
	require.Equal(t, 1, c.Left())
	_, err = c.Do(context.Background(), get("/3"))
	require.NoError(t, err)
	_, err = c.Do(context.Background(), get("/4"))
	require.Equal(t, ports.CodeGrantExhausted, fault.CodeOf(err))
	require.Equal(t, fault.NotSent, fault.ClassOf(err))
	require.EqualValues(t, 3, served.Load())

	usage, known := ports.UsageOf(c.Failed(err))
	require.True(t, known)
	require.Equal(t, ports.Usage{Calls: 3, RateLimited: 1, RetryAfter: 7 * time.Second}, usage)
	require.NoError(t, c.Failed(nil))
}

func TestStatusesSayWhatHasHappened(t *testing.T) {
	t.Parallel()
	cases := map[int]struct {
		code        fault.Code
		read, write fault.Class
	}{
		302: {upstream.CodeRedirected, fault.Temporary, fault.Unknown},
		400: {upstream.CodeRefused, fault.Validation, fault.Validation},
		401: {upstream.CodeUnauthorized, fault.Auth, fault.Auth},
		403: {upstream.CodeForbidden, fault.Auth, fault.Auth},
		404: {upstream.CodeNotFound, fault.NotFound, fault.NotFound},
		408: {upstream.CodeServerError, fault.Temporary, fault.Unknown},
		409: {upstream.CodeConflict, fault.Conflict, fault.Conflict},
		422: {upstream.CodeRefused, fault.Validation, fault.Validation},
		429: {upstream.CodeRateLimited, fault.RateLimited, fault.RateLimited},
		500: {upstream.CodeServerError, fault.Temporary, fault.Unknown},
		503: {upstream.CodeServerError, fault.Temporary, fault.Unknown},
	}
	for status, want := range cases {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			c, _ := system(t, 9, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
			search := post("/search")
			search.Reads = true
			for class, reqs := range map[fault.Class][]upstream.Request{want.read: {get("/"), search}, want.write: {post("/")}} {
				for _, req := range reqs {
					answer, err := c.Do(context.Background(), req)
					require.Equal(t, want.code, fault.CodeOf(err))
					require.Equal(t, fault.Upstream, fault.Of(err).Source)
					require.Equal(t, status, answer.Status)
					if req.Writes() || want.read != want.write {
						require.Equal(t, class, fault.ClassOf(err))
					}
				}
			}
		})
	}
}

func TestTransportErrorsSayWhetherTheRequestMayHaveLeft(t *testing.T) {
	t.Parallel()
	closed := func(t *testing.T) string { // a port that nobody listens on
		t.Helper()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, l.Close())
		return "http://" + l.Addr().String()
	}
	hangUp := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		_ = conn.Close()
	}
	half := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
	}
	cases := map[string]struct {
		handler     http.HandlerFunc
		code        fault.Code
		read, write fault.Class
	}{
		"nobody listens":                      {nil, upstream.CodeUnreachable, fault.NotSent, fault.NotSent},
		"the connection breaks before":        {hangUp, upstream.CodeCutOff, fault.Temporary, fault.Unknown},
		"the connection breaks in the answer": {half, upstream.CodeCutOff, fault.Temporary, fault.Unknown},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var cl *upstream.Client
			if c.handler == nil {
				cl = client(closed(t), 9)
			} else {
				cl, _ = system(t, 9, c.handler)
			}
			_, err := cl.Do(context.Background(), get("/?token=secret"))
			require.Equal(t, c.code, fault.CodeOf(err))
			require.Equal(t, c.read, fault.ClassOf(err))
			require.NotContains(t, err.Error(), "secret", "an error shows no query")
			_, err = cl.Do(context.Background(), post("/"))
			require.Equal(t, c.code, fault.CodeOf(err))
			require.Equal(t, c.write, fault.ClassOf(err))
		})
	}
}

func TestADeadlineDuringAWriteLeavesItOpen(t *testing.T) {
	t.Parallel()
	received := make(chan struct{})
	c, _ := system(t, 1, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // net/http notices a lost client only then
		close(received)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-received; cancel() }()
	_, err := c.Do(ctx, post("/"))
	require.Equal(t, fault.Unknown, fault.ClassOf(err))
	require.Contains(t, fault.Of(err).Reason, "no answer came in time")
}

func TestADeadlineBeforeTheConnectionIsNotSent(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c, _ := system(t, 1, func(http.ResponseWriter, *http.Request) { t.Error("nothing may arrive") })
	_, err := c.Do(ctx, post("/"))
	require.Equal(t, fault.NotSent, fault.ClassOf(err))
}

func TestAnAnswerBeyondTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	c, _ := system(t, 9, func(w http.ResponseWriter, r *http.Request) {
		n := 1000
		if strings.HasSuffix(r.URL.Path, "more") {
			n++
		}
		_, _ = io.WriteString(w, strings.Repeat("x", n))
	})
	answer, err := c.Do(context.Background(), get("/just"))
	require.NoError(t, err)
	require.Len(t, answer.Body, 1000)
	_, err = c.Do(context.Background(), get("/more"))
	require.Equal(t, upstream.CodeTooLarge, fault.CodeOf(err))
	require.Equal(t, fault.Validation, fault.ClassOf(err))
	_, err = c.Do(context.Background(), post("/more"))
	require.Equal(t, fault.Unknown, fault.ClassOf(err))
}

func TestAConnectorClassifiesTheBodiesThatItKnows(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"error":"locked"}`)
	}))
	t.Cleanup(server.Close)
	c := upstream.New(upstream.Config{
		Hosts: []string{server.URL},
		Classify: func(req upstream.Request, answer upstream.Answer) *fault.Error {
			if strings.Contains(string(answer.Body), "locked") {
				return fault.New("erp.period_locked", fault.Conflict, "the period is locked")
			}
			return upstream.Classify(req, answer)
		},
	}, ports.Call{Grant: 1})
	_, err := c.Do(context.Background(), upstream.Request{Method: http.MethodPut, URL: server.URL + "/x"})
	require.Equal(t, fault.Code("erp.period_locked"), fault.CodeOf(err))
	require.Equal(t, fault.Upstream, fault.Of(err).Source)
}
