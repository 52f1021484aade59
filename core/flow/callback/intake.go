package callback

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/ports"
)

// Arrival is a message as it arrives.
type Arrival struct {
	Method string
	// Query is what stands behind the question mark.
	Query   string
	Headers map[string][]string
	Body    []byte
}

// Admission is the right to leave messages for a connection.
type Admission struct {
	ConnectionID string
	// Declared is how they are taken and answered.
	Declared ports.Callbacks
}

// Admit looks whether a token opens the address of a connection. A connection that is
// not there and a token that does not open it are the same fault.
func (s *Service) Admit(ctx context.Context, connectionID, token string) (Admission, error) {
	var connector string
	valid, err := walk.View(ctx, s.Store, func(ctx context.Context, tx ports.Tx) ([]ports.CallbackToken, error) {
		record, err := tx.Connections().Get(ctx, connectionID)
		if err != nil && fault.CodeOf(err) != ports.CodeNotFound {
			return nil, err
		}
		connector = record.Connector
		return tx.CallbackTokens().Valid(ctx, connectionID, s.Now())
	})
	if err != nil {
		return Admission{}, err
	}
	given, opened := []byte(hashed(token)), -1
	for i, known := range valid {
		// Hashes tell nothing about how near a guess was; comparing all of them in constant
		// time tells not even which.
		if subtle.ConstantTimeCompare(given, []byte(known.SHA256)) == 1 {
			opened = i
		}
	}
	if opened < 0 {
		return Admission{}, fault.New(ports.CodeNotFound, fault.NotFound, "nothing is at this address").
			WithRemedy("compare the address with the one that POST /v1/connections/{id}/callback-url gave")
	}
	admission := Admission{ConnectionID: connectionID, Declared: valid[opened].Declared}
	// The installed connector knows best; without it counts what it said at the time.
	if declared, err := s.declared(connector); err == nil {
		admission.Declared = declared
	}
	return admission, nil
}

// Take stores a message together with the job that has it read.
func (s *Service) Take(ctx context.Context, admitted Admission, a Arrival) error {
	record := ports.CallbackRecord{
		ID: "callback-" + strings.ToLower(rand.Text()), ConnectionID: admitted.ConnectionID,
		Method: a.Method, Query: strings.ToValidUTF8(a.Query, replaced), Headers: storable(a.Headers), Body: a.Body, ReceivedAt: s.Now(),
	}
	return s.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Callbacks().Create(ctx, record); err != nil {
			return err
		}
		return tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.ReadCallbacks, Subject: admitted.ConnectionID})
	})
}

// replaced stands where bytes were no text.
const replaced = string(utf8.RuneError)

// withheld headers hold credentials for the hub or a proxy before it. No signature
// stands in them.
func withheld() []string {
	return []string{"Authorization", "Cookie", "Proxy-Authorization"}
}

func storable(headers map[string][]string) map[string][]string {
	kept := map[string][]string{}
	for name, values := range headers {
		if slices.Contains(withheld(), name) || len(values) == 0 {
			continue
		}
		texts := make([]string, len(values))
		for i, value := range values {
			texts[i] = strings.ToValidUTF8(value, replaced)
		}
		kept[strings.ToValidUTF8(name, replaced)] = texts
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}
