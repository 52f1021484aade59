package cassette

import (
	"io"
	"net/http"
	"testing"

	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"

	"github.com/kvitt/kvitt/sdk/redact"
)

// Options say what is recorded and what is left out.
type Options struct {
	// Record asks the vendor and writes the file anew. Else the file is replayed, no
	// request leaves the machine, and one that was not recorded fails.
	Record bool
	// Transport carries the requests while recording; nil means the usual one.
	Transport http.RoundTripper
	// Secrets are the credentials in use, real ones while recording and made-up ones
	// while replaying. One of fewer than redact.Shortest characters cannot be kept
	// out of the file, so recording refuses it.
	Secrets []string
	// Fields are paths in JSON bodies whose values are blanked beside those that
	// usually hold personal data and keys: "buyer.note", "orders.*.comment". A star
	// stands for every element or member.
	Fields []string
	// Headers are headers of answers to keep beside the usual ones.
	Headers []string
}

// Open gives what carries requests in a test, for upstream.Config.Transport. The
// file has the ending .yaml. While recording it is written when the test ends; a
// file that is missing or cannot be written fails the test.
func Open(tb testing.TB, path string, o Options) http.RoundTripper {
	tb.Helper()
	mode := recorder.ModeReplayOnly
	if o.Record {
		mode = recorder.ModeRecordOnly
		for _, secret := range o.Secrets {
			if secret != "" && len(secret) < redact.Shortest {
				tb.Fatal("recording: a secret is too short to be kept out of the file")
			}
		}
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	c := newCensor(o)
	tape, err := recorder.New(path,
		recorder.WithMode(mode), recorder.WithRealTransport(o.Transport), recorder.WithSkipRequestLatency(true),
		recorder.WithMatcher(c.matches), recorder.WithHook(c.censor, recorder.BeforeSaveHook),
		// Its log shows requests with their headers, and an environment variable would
		// turn it on.
		recorder.WithDebugWriter(silence{}),
	)
	if err != nil {
		tb.Fatalf("opening the recording %s, which is made with Record: %v", path, err)
	}
	tb.Cleanup(func() {
		if err := tape.Stop(); err != nil {
			tb.Errorf("writing the recording %s: %v", path, err)
		}
	})
	return tape
}

// silence is io.Discard, but not the same value, which the library takes for
// "nobody has chosen".
type silence struct{}

func (silence) Write(p []byte) (int, error) { return io.Discard.Write(p) }

// matches reports whether a request is the one recorded: in method, URL and body,
// with the same things blanked.
func (c censor) matches(r *http.Request, recorded cassette.Request) bool {
	if r.Method != recorded.Method || c.address(r.URL.String()) != recorded.URL {
		return false
	}
	if r.GetBody == nil { // a request without a body
		return recorded.Body == ""
	}
	body, err := r.GetBody()
	if err != nil {
		return false
	}
	defer func() { _ = body.Close() }()
	sent, err := io.ReadAll(body)
	return err == nil && c.body(string(sent), r.Header.Get("Content-Type")) == recorded.Body
}
