package server

import (
	"net/http"
	"time"
)

const (
	idempotencyHeader = "Klarna-Idempotency-Key"
	// remembered is how long Klarna knows a key.
	remembered = 24 * time.Hour
)

// outcomes are the answers to writes that had an idempotency key. The body of a write
// is not looked at: the same key with another body gets the first answer.
type outcomes map[string]outcome

type outcome struct {
	at     time.Time
	answer reply
	failed *failure
}

// once does a write, unless its key has an outcome already. A key counts for one
// operation on one order.
func (all outcomes) once(r *http.Request, now time.Time, write func() (reply, *failure)) (reply, *failure) {
	key := r.Header.Get(idempotencyHeader)
	if key == "" {
		return write()
	}
	key = r.Method + " " + r.URL.Path + " " + key
	if before, known := all[key]; known && now.Sub(before.at) < remembered {
		return before.answer, before.failed
	}
	answer, failed := write()
	all[key] = outcome{now, answer, failed}
	return answer, failed
}
