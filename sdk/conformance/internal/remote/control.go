package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/kvitt/kvitt/sdk/simulator"
)

// Fault puts a fault in force.
func (r *Remote) Fault(ctx context.Context, f simulator.Fault) error {
	return r.control(ctx, http.MethodPost, "/_sim/faults", f, nil)
}

// Heal removes all faults and lets go what they hold.
func (r *Remote) Heal(ctx context.Context) error {
	return r.control(ctx, http.MethodDelete, "/_sim/faults", nil, nil)
}

// Forget empties the request log: the next request is number 1.
func (r *Remote) Forget(ctx context.Context) error {
	return r.control(ctx, http.MethodDelete, "/_sim/requests", nil, nil)
}

// Requests gives what has arrived since the log was emptied.
func (r *Remote) Requests(ctx context.Context) (simulator.RequestLog, error) {
	var log simulator.RequestLog
	return log, r.control(ctx, http.MethodGet, "/_sim/requests", nil, &log)
}

// Held tells how many requests a fault holds now.
func (r *Remote) Held(ctx context.Context) (int, error) {
	var held struct{ Held []simulator.Held }
	err := r.control(ctx, http.MethodGet, "/_sim/held", nil, &held)
	return len(held.Held), err
}

// State gives the JSON below a path of the control API, empty for no path.
func (r *Remote) State(ctx context.Context, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	var state any
	if err := r.control(ctx, http.MethodGet, path, nil, &state); err != nil {
		return "", err
	}
	text, err := json.Marshal(state)
	return string(text), err
}

func (r *Remote) control(ctx context.Context, method, path string, body, into any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, r.URL+path, bytes.NewReader(content))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return broken("the simulator does not answer", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return broken("the simulator does not answer", err)
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return broken(fmt.Sprintf("the simulator answers %s %s with %d %q", method, path, resp.StatusCode, answer), nil).
			WithRemedy("build the simulator with sdk/simulator, or serve the same control API below /_sim/")
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}
