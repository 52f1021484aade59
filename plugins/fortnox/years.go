package main

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
)

// years remembers for a short while which financial year a date lies in, as
// Fortnox asks of its callers (developer guide, best practices for vouchers). A
// year that is missing is not remembered: somebody may just be making it.
type years struct {
	now func() time.Time

	mu   sync.Mutex
	kept map[string][]keptYear
}

type keptYear struct {
	client.Year
	until time.Time
}

const (
	yearKept = 10 * time.Minute
	// mostCompanies bounds the memory; beyond it everything is forgotten.
	mostCompanies = 10_000
)

func newYears(now func() time.Time) *years { return &years{now: now, kept: map[string][]keptYear{}} }

func (y *years) find(company string, on civil.Date) (client.Year, bool) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, kept := range y.kept[company] {
		if kept.Holds(on) && y.now().Before(kept.until) {
			return kept.Year, true
		}
	}
	return client.Year{}, false
}

func (y *years) keep(company string, year client.Year) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if len(y.kept) >= mostCompanies {
		clear(y.kept)
	}
	fresh := []keptYear{{year, y.now().Add(yearKept)}}
	for _, old := range y.kept[company] {
		if old.ID != year.ID && y.now().Before(old.until) {
			fresh = append(fresh, old)
		}
	}
	y.kept[company] = fresh
}

// company names whose memory a call shares: the same connection at the same
// place. Without an id nothing is shared.
func (s *session) company() string {
	if s.connection.ID == "" {
		return ""
	}
	return s.connection.ID + "\x00" + s.connection.Hosts[client.Base]
}

// askYear finds the financial year of a date at Fortnox and remembers it.
func (s *session) askYear(ctx context.Context, on civil.Date) (client.Year, bool, error) {
	year, ok, err := s.YearOf(ctx, on)
	if err == nil && ok && s.company() != "" {
		s.connector.years.keep(s.company(), year)
	}
	return year, ok, err
}

// year gives the financial year of a date, from memory or with one request. It
// fails with client.CodeYearMissing if there is none.
func (s *session) year(ctx context.Context, on civil.Date) (client.Year, error) {
	if year, ok := s.connector.years.find(s.company(), on); ok {
		return year, nil
	}
	year, ok, err := s.askYear(ctx, on)
	if err != nil {
		return client.Year{}, err
	}
	if !ok {
		return client.Year{}, fault.New(client.CodeYearMissing, fault.Validation, "no financial year holds "+on.String()).
			From(fault.Upstream).WithRemedy(client.RemedyYear)
	}
	return year, nil
}

func yearID(y client.Year) string { return strconv.Itoa(int(y.ID)) }
