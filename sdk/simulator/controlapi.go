package simulator

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

// controlRoutes are the kit's own paths below /_sim/.
func (c *Control) controlRoutes() *http.ServeMux {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /_sim/clock", c.showClock)
	routes.HandleFunc("POST /_sim/clock", c.moveClock)
	routes.HandleFunc("GET /_sim/requests", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, c.log.show())
	})
	routes.HandleFunc("DELETE /_sim/requests", func(w http.ResponseWriter, _ *http.Request) {
		c.log.reset()
		writeJSON(w, http.StatusOK, struct{}{})
	})
	routes.HandleFunc("POST /_sim/faults", c.addFault)
	routes.HandleFunc("GET /_sim/faults", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"faults": c.faults.show()})
	})
	routes.HandleFunc("DELETE /_sim/faults", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]int{"removed": c.faults.clear()})
	})
	routes.HandleFunc("GET /_sim/held", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"held": c.faults.showHeld()})
	})
	routes.HandleFunc("POST /_sim/release", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]int{"released": c.faults.release()})
	})
	return routes
}

func (c *Control) showClock(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]time.Time{"now": c.Now()})
}

// moveClock takes {"advance":"36h"} (a Go duration) or {"set":"2026-04-20T08:00:00Z"}.
func (c *Control) moveClock(w http.ResponseWriter, r *http.Request) {
	var move struct {
		Advance string     `json:"advance"`
		Set     *time.Time `json:"set"`
	}
	if err := readJSON(r, &move); err != nil {
		refuse(w, err)
		return
	}
	if (move.Advance == "") == (move.Set == nil) {
		refuse(w, errors.New("one of advance and set is needed"))
		return
	}
	if move.Set != nil {
		c.clock.set(*move.Set)
		c.showClock(w, r)
		return
	}
	by, err := time.ParseDuration(move.Advance)
	if err != nil {
		refuse(w, err)
		return
	}
	c.clock.advance(by)
	c.showClock(w, r)
}

func (c *Control) addFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	if err := readJSON(r, &f); err != nil {
		refuse(w, err)
		return
	}
	id, err := c.faults.add(f)
	if err != nil {
		refuse(w, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]int{"id": id})
}

// readJSON reads the body as one JSON value without unknown fields.
func readJSON(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value in the body")
	}
	return nil
}

func refuse(w http.ResponseWriter, err error) {
	writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
}

// writeJSON leaves a failed write to the client to notice: it has gone.
func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}
