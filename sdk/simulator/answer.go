package simulator

import (
	"bytes"
	"net/http"
	"strconv"
)

// bufferedAnswer is an answer that is not sent yet, so that a fault can still
// replace, halve or drop it after the request has been handled.
type bufferedAnswer struct {
	header http.Header
	status int
	wrote  bool
	body   bytes.Buffer
}

func newBufferedAnswer() *bufferedAnswer {
	return &bufferedAnswer{header: http.Header{}, status: http.StatusOK}
}

// Header is that of the answer; changes after WriteHeader are sent as well.
func (a *bufferedAnswer) Header() http.Header { return a.header }

// WriteHeader sets the status; only the first call counts.
func (a *bufferedAnswer) WriteHeader(status int) {
	if !a.wrote {
		a.status, a.wrote = status, true
	}
}

// Write adds to the body and never fails.
func (a *bufferedAnswer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

func (a *bufferedAnswer) send(w http.ResponseWriter) { a.sendBytes(w, a.body.Bytes()) }

// sendHalf declares the whole length and sends half of the body; net/http closes
// the connection of an answer that is shorter than declared.
func (a *bufferedAnswer) sendHalf(w http.ResponseWriter) {
	a.header.Set("Content-Length", strconv.Itoa(a.body.Len()))
	a.sendBytes(w, a.body.Bytes()[:a.body.Len()/2])
}

// sendBytes leaves a failed write to the client to notice: it has gone.
func (a *bufferedAnswer) sendBytes(w http.ResponseWriter, body []byte) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body)
}

// cut closes the connection without an answer. Go's http.Client silently repeats
// a GET that is cut on a connection it has used before, so the log then shows the
// request twice; a client that must not do so turns keep-alives off.
func cut(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "this connection cannot be cut: "+err.Error(), http.StatusNotImplemented)
		return
	}
	_ = connection.Close()
}
