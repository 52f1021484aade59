package rest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

const idempotencyHeader = "Idempotency-Key"

type idempotencyKey struct{}

// once gives the first answer again when a write is repeated with the same
// Idempotency-Key. Only answers that say that something was done are kept: a
// refused request changed nothing and may be tried anew.
//
// Things that a repeated request would make again get an id that is made from the
// key (see wanted), so that a crash between the deed and its answer doubles
// nothing.
func (s *server) once(contract *contract) gin.HandlerFunc {
	var running keySet
	return func(c *gin.Context) {
		key := c.GetHeader(idempotencyHeader)
		if key == "" || c.Request.Method == http.MethodGet || contract.operation(c).secret {
			return
		}
		who := callerOf(c).ID
		if !running.add(who + " " + key) {
			s.refuse(c, fault.New(CodeInProgress, fault.Conflict, "the first request with this Idempotency-Key is not answered yet").
				WithRemedy("wait a moment and repeat the request"))
			return
		}
		defer running.remove(who + " " + key)
		hash := fingerprint(c)
		replayed, err := s.replay(c, who, key, hash)
		if err != nil {
			s.refuse(c, err)
		}
		if err != nil || replayed {
			return
		}
		c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), idempotencyKey{}, who+" "+key))
		answer := &recorder{ResponseWriter: c.Writer}
		c.Writer = answer
		c.Next()
		s.keep(c, ports.Reply{
			Caller: who, Key: key, Fingerprint: hash, Status: answer.Status(), Body: answer.body.Bytes(), At: s.Now().UTC(),
		})
	}
}

// replay answers with what was answered before, if anything was.
func (s *server) replay(c *gin.Context, who, key, hash string) (bool, error) {
	var before ports.Reply
	err := s.Store.View(c.Request.Context(), func(ctx context.Context, tx ports.Tx) error {
		var err error
		before, err = tx.Access().ReplyTo(ctx, who, key)
		return err
	})
	if fault.CodeOf(err) == ports.CodeNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if before.Fingerprint != hash {
		return false, fault.New(CodeMismatch, fault.Conflict, "this Idempotency-Key was used for another request").
			WithField(idempotencyHeader).WithRemedy("use a new key for a new request")
	}
	c.Abort()
	c.Header("Idempotency-Replayed", "true")
	c.Data(before.Status, "application/json", before.Body)
	return true, nil
}

// keep stores the answer. The deed is done and answered by now, so that a failure
// is only logged.
func (s *server) keep(c *gin.Context, reply ports.Reply) {
	if reply.Status < 200 || reply.Status > 299 {
		return
	}
	ctx := context.WithoutCancel(c.Request.Context())
	err := s.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error { return tx.Access().SaveReply(ctx, reply) })
	if err != nil {
		s.Log.Warn("keeping an answer", "request_id", requestID(c), "error", err)
	}
}

// wanted gives the id that a thing made by this request shall have, or "" if the
// request carries no Idempotency-Key.
func wanted(ctx context.Context, prefix string) string {
	key, ok := ctx.Value(idempotencyKey{}).(string)
	if !ok {
		return ""
	}
	sum := sha256.Sum256([]byte(prefix + key))
	return prefix + hex.EncodeToString(sum[:8])
}

func fingerprint(c *gin.Context) string {
	body, _ := c.Get(bodyKey)
	content, _ := body.([]byte)
	sum := sha256.New()
	sum.Write([]byte(c.Request.Method + " " + c.Request.URL.RequestURI() + "\n"))
	sum.Write(content)
	return hex.EncodeToString(sum.Sum(nil))
}

// recorder keeps a copy of what is answered.
type recorder struct {
	gin.ResponseWriter
	body bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error) {
	r.body.Write(p)
	return r.ResponseWriter.Write(p)
}

func (r *recorder) WriteString(s string) (int, error) {
	r.body.WriteString(s)
	return r.ResponseWriter.WriteString(s)
}

// keySet holds the keys whose requests are under way.
type keySet struct {
	mu   sync.Mutex
	keys map[string]bool
}

func (k *keySet) add(key string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys[key] {
		return false
	}
	if k.keys == nil {
		k.keys = map[string]bool{}
	}
	k.keys[key] = true
	return true
}

func (k *keySet) remove(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.keys, key)
}
