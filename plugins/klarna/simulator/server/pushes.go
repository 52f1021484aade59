package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// controlledPushes is where a test has Klarna send messages.
const controlledPushes = "/_sim/klarna/pushes"

// firstPauses are those between the first tries of a push; more follow every
// laterPause, until lastTry after the first. Klarna's page "Confirm purchase" gives the
// times.
var firstPauses = []time.Duration{5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}

const (
	laterPause = 4 * time.Hour
	lastTry    = 48 * time.Hour
	// notifyPause and notifyFor are those of notifications.
	notifyPause = 10 * time.Minute
	notifyFor   = 24 * time.Hour
	// patience is how long the receiver may take.
	patience = 10 * time.Second
)

// push is a message about an order to an address that the shop has given.
type push struct {
	OrderID string `json:"order_id"`
	URL     string `json:"url"`
	// EventType makes it a notification, which has a body.
	EventType string `json:"event_type"`

	began, next time.Time
	tries       int
	over        bool
}

// delivery is one try to send a push.
type delivery struct {
	OrderID string `json:"order_id"`
	Try     int    `json:"try"`
	// Status is that of the answer, 0 if there was none.
	Status int `json:"status"`
}

// pushes are those that were ever sent.
type pushes struct {
	mu     sync.Mutex
	all    []*push
	client *http.Client
	now    func() time.Time
}

func newPushes(now func() time.Time) *pushes {
	return &pushes{client: &http.Client{Timeout: patience}, now: now}
}

// routePushes adds the controls of messages.
func (s *server) routePushes(mux *http.ServeMux) {
	mux.HandleFunc("POST "+controlledPushes, s.addPush)
	mux.HandleFunc("POST "+controlledPushes+"/due", s.sendDue)
	mux.HandleFunc("POST "+controlledPushes+"/{order_id}/acknowledge", func(w http.ResponseWriter, r *http.Request) {
		s.pushes.acknowledge(r.PathValue("order_id"))
		w.WriteHeader(http.StatusNoContent)
	})
}

// addPush sends a message for the first time.
func (s *server) addPush(w http.ResponseWriter, r *http.Request) {
	var p push
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = decodeStrictly(body, &p)
	}
	if err == nil && (p.OrderID == "" || !strings.HasPrefix(p.URL, "http")) {
		err = fmt.Errorf("order_id and url are needed")
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "reading push: %v", err)
		return
	}
	s.answerDeliveries(w, s.pushes.add(r.Context(), &p))
}

// sendDue sends again what was not taken, as far as the simulated clock says.
func (s *server) sendDue(w http.ResponseWriter, r *http.Request) {
	s.answerDeliveries(w, s.pushes.due(r.Context()))
}

func (s *server) answerDeliveries(w http.ResponseWriter, made []delivery) {
	w.Header().Set("Content-Type", typeJSON)
	_ = json.NewEncoder(w).Encode(map[string]any{"deliveries": made}) // a client that has gone notices by itself
}

func (p *pushes) add(ctx context.Context, one *push) []delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	one.began, one.next = p.now(), p.now()
	p.all = append(p.all, one)
	return []delivery{p.try(ctx, one)}
}

// due makes one try of each push that is due.
func (p *pushes) due(ctx context.Context) []delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	made := []delivery{}
	for _, one := range p.all {
		if !one.over && !p.now().Before(one.next) {
			made = append(made, p.try(ctx, one))
		}
	}
	return made
}

// acknowledge ends the pushes of an order. Nothing else does, not even a good answer.
func (p *pushes) acknowledge(order string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.all {
		if one.OrderID == order && one.EventType == "" {
			one.over = true
		}
	}
}

// try makes one try; the lock is held before and after it.
func (p *pushes) try(ctx context.Context, one *push) delivery {
	one.tries++
	made := delivery{OrderID: one.OrderID, Try: one.tries}
	p.mu.Unlock() // the receiver may acknowledge the order before it answers
	made.Status = p.send(ctx, one)
	p.mu.Lock()
	pause, until := laterPause, lastTry
	if one.tries <= len(firstPauses) {
		pause = firstPauses[one.tries-1]
	}
	if one.EventType != "" {
		pause, until = notifyPause, notifyFor
	}
	one.over = one.over || made.Status == http.StatusOK && one.EventType != ""
	if one.next = p.now().Add(pause); one.next.Sub(one.began) > until {
		one.over = true
	}
	return made
}

// send makes the request: a push has no body, a notification names the order in it.
func (p *pushes) send(ctx context.Context, one *push) int {
	body := ""
	if one.EventType != "" {
		body = fmt.Sprintf(`{"order_id":%q,"event_type":%q}`, one.OrderID, one.EventType)
	}
	address := one.URL
	for _, placeholder := range []string{"{checkout.order.id}", "{order.id}"} {
		address = strings.ReplaceAll(address, placeholder, url.QueryEscape(one.OrderID))
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return 0
	}
	if body != "" {
		request.Header.Set("Content-Type", typeJSON)
	}
	answer, err := p.client.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	return answer.StatusCode
}
