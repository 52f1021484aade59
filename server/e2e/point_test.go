package e2e_test

import (
	"fmt"
	"sync"
	"testing"
)

// atOnce is how many points are tried at the same time; most of each is waiting.
const atOnce = 4

// sample is the share of the points that -short tries: one in so many.
const sample = 9

// point is one moment at which something goes wrong.
type point struct {
	name string
	try  func(t *testing.T)
}

// try tries all points, a few at a time.
func try(t *testing.T, points []point) {
	t.Helper()
	queue := make(chan point)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for p := range queue {
				t.Run(p.name, p.try)
			}
		})
	}
	for i, p := range points {
		if !testing.Short() || i%sample == 0 {
			queue <- p
		}
	}
	close(queue)
	workers.Wait()
	t.Logf("%d points", len(points))
}

// everyRequest makes a point of each request of the rehearsal.
func (r rehearsal) everyRequest(what string, try func(t *testing.T, system string, q request)) []point {
	var points []point
	for _, system := range []string{"klarna", "fortnox"} {
		for _, q := range r.requests[system] {
			points = append(points, point{
				name: fmt.Sprintf("%s %s request %d, %s %s", what, system, q.Number, q.Method, q.Path),
				try:  func(t *testing.T) { try(t, system, q) },
			})
		}
	}
	return points
}

// system gives a simulator by its name.
func (s *stage) system(name string) *simulator {
	if name == "klarna" {
		return s.klarna
	}
	return s.fortnox
}
