package console

import (
	"cmp"
	"context"
	_ "embed" // for the page
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/sight"
	"github.com/kvitt/kvitt/ports"
)

//go:embed status.html
var statusHTML string

//go:embed status.css
var statusCSS string

// Sight is what the status page shows.
type Sight interface {
	Node() string
	Versions(ctx context.Context) ([]sight.Version, error)
	Failures(v sight.Version) ([]ports.CallFailure, error)
	Lanes(ctx context.Context, connector string, fn func(sight.Lane) error) error
	Swaps(ctx context.Context, connector string, most int) ([]ports.Swap, error)
	Backlog(ctx context.Context) (ports.Backlog, error)
}

// What the page shows at most of what may be many.
const (
	shownErrors  = 3
	shownTrouble = 50
	shownSwaps   = 10
)

// StatusPage writes the page on which support sees how everything fares. It is safe for
// concurrent use.
type StatusPage struct {
	sight    Sight
	version  string
	now      func() time.Time
	since    time.Time
	template *template.Template
}

// NewStatus makes the page of a hub that has just been started; now is machine time.
func NewStatus(sight Sight, version string, now func() time.Time) (*StatusPage, error) {
	page, err := template.New("status").Funcs(template.FuncMap{
		"style": func() template.CSS { return template.CSS(styleCSS + statusCSS) }, //nolint:gosec // our own files
		"words": words, "moment": shownMoment, "span": shownSpan,
	}).Parse(statusHTML)
	if err != nil {
		return nil, fmt.Errorf("reading the status page: %w", err)
	}
	return &StatusPage{sight: sight, version: version, now: now, since: now(), template: page}, nil
}

// statusView is everything that the page shows.
type statusView struct {
	Version, Node string
	Now           time.Time
	Up            time.Duration
	Backlog       ports.Backlog
	Connectors    []connectorView
	// Trouble are connections that somebody should look at; Omitted are not shown.
	Trouble []laneView
	Omitted int
	// Live swaps are under way, Past ones have ended.
	Live, Past []swapView
	// Worries are what is wrong, in a sentence each.
	Worries []string
}

type connectorView struct {
	Name, ID string
	Versions []versionView
}

type versionView struct {
	Version string
	// For says for whom it is wanted, empty for nobody.
	For    string
	Serves bool
	// State is a name of the API, Mood how bad it is: good, amber, bad or soft.
	State, Mood, Words string
	Up                 time.Duration
	Restarts           int
	Calls              string
	Failed             string
	P99                string
	Memory             string
	// Share of the memory limit in per cent, of one that has a limit.
	Share    int
	Limited  bool
	Errors   []ports.CallFailure
	InFlight int
}

type laneView struct {
	ID, Label, Connector, Merchant, State, Words string
}

type swapView struct {
	ports.Swap

	Steps []stepView
	Words string
	Mood  string
}

type stepView struct {
	Name string
	// Mark is done, now or to come.
	Mark string
}

// Render writes the page.
func (p *StatusPage) Render(ctx context.Context, w io.Writer) error {
	now := p.now()
	view := statusView{Version: p.version, Node: p.sight.Node(), Now: now.UTC(), Up: now.Sub(p.since)}
	var err error
	if view.Backlog, err = p.sight.Backlog(ctx); err != nil {
		return err
	}
	if err := p.addVersions(ctx, &view); err != nil {
		return err
	}
	for _, c := range view.Connectors {
		if err := p.addTrouble(ctx, &view, c); err != nil {
			return err
		}
		swaps, err := p.sight.Swaps(ctx, c.ID, shownSwaps)
		if err != nil {
			return err
		}
		for _, s := range swaps {
			view.addSwap(s)
		}
	}
	slices.SortFunc(view.Past, func(a, b swapView) int { return b.StartedAt.Compare(a.StartedAt) })
	view.Past = view.Past[:min(len(view.Past), shownSwaps)]
	return p.template.ExecuteTemplate(w, "status", view)
}

func (p *StatusPage) addVersions(ctx context.Context, view *statusView) error {
	versions, err := p.sight.Versions(ctx)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if n := len(view.Connectors); n == 0 || view.Connectors[n-1].ID != v.Connector {
			view.Connectors = append(view.Connectors, connectorView{ID: v.Connector, Name: cmp.Or(v.Description.Name, v.Connector)})
		}
		shown := shownVersion(v)
		failed, err := p.sight.Failures(v)
		if err != nil {
			return err
		}
		failed = slices.Clone(failed)
		slices.Reverse(failed)
		shown.Errors = failed[:min(len(failed), shownErrors)]
		last := &view.Connectors[len(view.Connectors)-1]
		last.Versions = append(last.Versions, shown)
		if shown.Mood == "bad" {
			view.Worries = append(view.Worries, last.Name+" "+v.Version+" "+worry(shown.State))
		}
	}
	for i := range view.Connectors { // the newest first: it is the one that somebody may just have installed
		slices.Reverse(view.Connectors[i].Versions)
	}
	return nil
}

func worry(state string) string {
	switch state {
	case "missing":
		return "is wanted and not loaded"
	case string(ports.ConnectorQuarantined):
		return "is in quarantine"
	}
	return "is down"
}

func shownVersion(v sight.Version) versionView {
	shown := versionView{Version: v.Version, For: wantedFor(v), State: "missing", Words: v.Missing, Calls: "–", Failed: "–", P99: "–", Memory: "–"}
	if s := v.Status; s != nil {
		shown.State, shown.Serves, shown.Up, shown.Restarts, shown.InFlight = string(s.State), s.Serves, s.Uptime, s.Restarts, s.Calls.InFlight
		if s.Draining {
			shown.State = "draining"
		}
		shown.Words = inWords(*s)
		if s.Calls.Total > 0 {
			shown.Calls, shown.P99 = grouped(strconv.FormatInt(s.Calls.Total, 10)), shownLatency(s.Calls.Slow)
		}
		shown.Failed = shownFailures(s.Calls)
		if s.Memory > 0 {
			shown.Memory = mebibytes(s.Memory)
		}
		if shown.Limited = s.Memory > 0 && s.MemoryLimit > 0; shown.Limited {
			shown.Memory += " of " + mebibytes(s.MemoryLimit)
			shown.Share = int(min(100*s.Memory/s.MemoryLimit, 100))
		}
	}
	shown.Mood = mood(shown)
	return shown
}

func wantedFor(v sight.Version) string {
	var whom []string
	if v.Wanted {
		whom = append(whom, "wanted for all")
	}
	if n := len(v.Pinned); n > 0 {
		whom = append(whom, strconv.Itoa(n)+" pinned")
	}
	return strings.Join(whom, ", ")
}

// mood says how bad a state is. What nobody wants may be in any.
func mood(v versionView) string {
	needed := v.For != "" || v.Serves
	switch ports.ConnectorState(v.State) {
	case ports.ConnectorReady, ports.ConnectorAttached:
		return "good"
	case ports.ConnectorStopped:
		return "soft"
	case ports.ConnectorStarting, "draining":
		return "amber"
	case ports.ConnectorQuarantined, ports.ConnectorBackingOff, "missing":
		if needed {
			return "bad"
		}
		return "amber"
	}
	return "soft"
}

// inWords says what a state means, and why it is so.
func inWords(s ports.VersionStatus) string {
	switch {
	case s.Draining:
		return "It ends its last calls; then it rests."
	case s.State == ports.ConnectorQuarantined:
		return "It went down too often and is not started any more; its work waits. Last: " + s.LastExit
	case s.State == ports.ConnectorBackingOff:
		return "It went down and starts again at " + s.RetryAt.UTC().Format("15:04:05Z") + ". Last: " + s.LastExit
	case s.State == ports.ConnectorStopped:
		return "It rests; the first call starts it."
	case s.State == ports.ConnectorAttached:
		return "Its author runs it by hand."
	case s.LastExit != "":
		return "It was down before: " + s.LastExit
	}
	return ""
}

// shownFailures says which share of the calls failed, by who can mend it.
func shownFailures(c ports.CallCounts) string {
	bySource := map[fault.Source]int64{}
	for _, f := range c.Faults {
		bySource[f.Source] += f.Count
	}
	var parts []string
	for _, source := range []fault.Source{fault.Connector, fault.Upstream, fault.Hub} {
		if n := bySource[source]; n > 0 && c.Total > 0 {
			parts = append(parts, fmt.Sprintf("%.1f %% %s", 100*float64(n)/float64(c.Total), source))
		}
	}
	if c.Refused > 0 {
		parts = append(parts, strconv.FormatInt(c.Refused, 10)+" not made")
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func (p *StatusPage) addTrouble(ctx context.Context, view *statusView, c connectorView) error {
	return p.sight.Lanes(ctx, c.ID, func(l sight.Lane) error {
		if !l.Troubled() {
			return nil
		}
		if len(view.Trouble) == shownTrouble {
			view.Omitted++
			return nil
		}
		record := l.Connection
		view.Trouble = append(view.Trouble, laneView{
			ID: record.ID, Label: record.Label, Connector: c.Name, Merchant: record.MerchantID, State: troubleState(l), Words: troubleWords(l),
		})
		return nil
	})
}
