package rest_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"time"
)

// signer is a fake whose tokens can be read.
type signer struct{}

func (signer) Sign(subject string, expires time.Time) string {
	return subject + "|" + expires.Format(time.RFC3339)
}

func (signer) Verify(token, subject string, now time.Time) error {
	signed, until, _ := strings.Cut(token, "|")
	expires, err := time.Parse(time.RFC3339, until)
	if err != nil || signed != subject || now.After(expires) {
		return errors.New("refused")
	}
	return nil
}

// syncBuffer is a log that may be written from several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
