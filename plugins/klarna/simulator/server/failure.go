package server

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// failure is an answer other than success, with Klarna's code of the error.
type failure struct {
	status  int
	code    string
	message string
}

func badValue(format string, args ...any) *failure {
	return &failure{http.StatusBadRequest, "BAD_VALUE", fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) *failure {
	return &failure{http.StatusNotFound, "NOT_FOUND", fmt.Sprintf(format, args...)}
}

// fail writes the body of an error in the style of the world: Klarna's services
// send either an array of messages or one message.
func (s *server) fail(w http.ResponseWriter, f *failure) {
	body := map[string]any{
		"error_code":     f.code,
		"correlation_id": w.Header().Get(correlationHeader),
	}
	if s.world.ErrorStyle == ErrorMessage {
		body["error_message"] = f.message
	} else {
		body["error_messages"] = []string{f.message}
	}
	w.WriteHeader(f.status)
	_ = json.NewEncoder(w).Encode(body) // a client that has gone notices by itself
}
