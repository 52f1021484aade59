package e2e_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rehearsal is an undisturbed run: what it did step by step, and what came of it.
type rehearsal struct {
	cast     cast
	template string // data folder of an onboarded merchant before the run
	commits  []string
	requests map[string][]request
	picture
	documents map[string]int64
}

// rehearse onboards a merchant, keeps the hub's data folder as template, and makes
// an undisturbed run on a copy of it.
func rehearse(t *testing.T) rehearsal {
	t.Helper()
	r := rehearsal{template: filepath.Join(t.TempDir(), "template")}
	first := raise(t, "")
	first.open()
	r.cast = first.onboard()
	require.NoError(t, first.hub.Stop(patience))
	first.hub = nil
	copyFiles(t, filepath.Join(first.folder, "data"), r.template)

	s := raise(t, r.template)
	s.open()
	began := time.Now()
	run := s.settle(r.cast)
	took := time.Since(began)
	r.requests = map[string][]request{"klarna": s.klarna.requests(t), "fortnox": s.fortnox.requests(t)}
	r.documents, r.picture = documentsOf(run), s.look(r.cast)
	require.NoError(t, s.hub.Stop(patience))
	s.hub = nil
	r.commits = s.commits()
	t.Logf("an undisturbed run takes %v, %d commits, %d requests to klarna and %d to fortnox",
		took.Round(time.Millisecond), len(r.commits), len(r.requests["klarna"]), len(r.requests["fortnox"]))
	return r
}
