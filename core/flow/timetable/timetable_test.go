package timetable_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones are the same on any machine

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/jsonschema"
	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/flow/onboarding/onboardingtest"
	"github.com/kvitt/kvitt/core/flow/timetable"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// hub is a timetable on a real store. Its clocks and its queue are the test's.
type hub struct {
	*testing.T
	*onboarding.Service
	store ports.Store
	table *timetable.Service
	// now is the business clock, which the machine's is ahead of by years.
	now time.Time
	log bytes.Buffer
	// jobs that starts wait for, by flow.
	jobs map[string]time.Time
}

const aheadBy = 5 * 365 * 24 * time.Hour

func newHub(t *testing.T, now string) *hub {
	t.Helper()
	h := &hub{T: t, now: moment(t, now), jobs: map[string]time.Time{}}
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{Enqueue: h.enqueue})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	h.store = store
	h.Service = onboarding.New(onboardingtest.NewRemote().Parts(store, jsonschema.New(), func() time.Time { return h.now }))
	h.restart()
	return h
}

// restart gives the hub a new timetable, as after a crash.
func (h *hub) restart() {
	log := hclog.New(&hclog.LoggerOptions{Output: &h.log, Level: hclog.Info})
	h.table = timetable.New(h.store, onboardingtest.Clock(func() time.Time { return h.now }), func() time.Time { return h.now.Add(aheadBy) }, log, time.Minute)
}

// enqueue keeps starts as the queue does: one of a flow waits, at the earlier time.
func (h *hub) enqueue(_ context.Context, _ *sql.Tx, job ports.Job) error {
	if job.Kind != ports.StartFlow {
		return nil
	}
	at := job.RunAt.Add(-aheadBy)
	if waiting, ok := h.jobs[job.Subject]; !ok || at.Before(waiting) {
		h.jobs[job.Subject] = at
	}
	return nil
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return at
}

// flow is one that is switched on, with a schedule without jitter.
func (h *hub) flow(cron string) string {
	h.Helper()
	f := h.join(cron)
	_, err := h.Enable(h.Context(), f.ID, "test")
	require.NoError(h, err)
	return f.ID
}

func (h *hub) join(cron string) merchant.Flow {
	h.Helper()
	ctx := h.Context()
	m, err := h.CreateMerchant(ctx, onboarding.NewMerchant{Name: "Blåbär AB", OrganisationNumber: "5560160680", Country: "SE", Zone: "Europe/Stockholm", Currency: "SEK"}, "test")
	require.NoError(h, err)
	ends := map[string]string{}
	for connector, credentials := range map[string]string{"klarna": `{"username":"K1_x","password":"live_hunter2"}`, "fortnox": `{"client_secret":"hunter2"}`} {
		c, err := h.CreateConnection(ctx, onboarding.NewConnection{MerchantID: m.ID, Connector: connector, Credentials: json.RawMessage(credentials)}, "test")
		require.NoError(h, err)
		_, err = h.Verify(ctx, c.ID, "test")
		require.NoError(h, err)
		ends[connector] = c.ID
	}
	f, err := h.CreateFlow(ctx, onboarding.NewFlow{MerchantID: m.ID, Kind: merchant.Payouts, Source: ends["klarna"], Target: ends["fortnox"]}, "test")
	require.NoError(h, err)
	h.schedule(f.ID, cron)
	return f
}

func (h *hub) schedule(flowID, cron string) {
	h.Helper()
	none := time.Duration(0)
	_, err := h.SaveSchedule(h.Context(), flowID, onboarding.NewSchedule{Cron: cron, Jitter: &none}, "test")
	require.NoError(h, err)
}

// live lets the hub run until a moment, in steps of a second around each start and
// of a minute otherwise.
func (h *hub) live(until string) {
	h.Helper()
	for end := moment(h.T, until); !h.now.After(end); h.now = h.now.Add(time.Minute) {
		require.NoError(h, h.table.Find(h.Context()))
		h.work()
	}
}

// work calls the jobs that are due within the minute, at their time.
func (h *hub) work() {
	h.Helper()
	minute := h.now
	for id, at := range h.jobs {
		delete(h.jobs, id)
		h.now = at
		require.NoError(h, h.table.Start(h.Context(), id))
	}
	h.now = minute
}

// down lets time pass without a hub.
func (h *hub) down(until string) {
	h.Helper()
	h.now = moment(h.T, until)
	h.restart()
}

// runs gives when runs started on the business clock, and why, oldest first, and ends
// those under way.
func (h *hub) runs(flowID string) []string {
	h.Helper()
	var all []string
	require.NoError(h, h.store.Update(h.Context(), func(ctx context.Context, tx ports.Tx) error {
		f, err := tx.Flows().Get(ctx, flowID)
		if err != nil {
			return err
		}
		runs, err := tx.Runs().List(ctx, f.MerchantID, ports.RunFilter{}, ports.Page{Limit: 1000})
		for _, run := range runs {
			all = append([]string{run.StartedAt.Add(-aheadBy).Format(time.RFC3339) + " " + run.Trigger}, all...)
		}
		return err
	}))
	return all
}

// finish ends the run under way.
func (h *hub) finish(flowID string) {
	h.Helper()
	require.NoError(h, h.store.Update(h.Context(), func(ctx context.Context, tx ports.Tx) error {
		run, err := tx.Runs().Current(ctx, flowID)
		if err != nil {
			return err
		}
		return tx.Runs().Finish(ctx, run.ID, ports.RunDone, h.now.Add(aheadBy), nil)
	}))
}

func (h *hub) next(flowID string) string {
	h.Helper()
	f, err := h.Flow(h.Context(), flowID)
	require.NoError(h, err)
	if f.NextRunAt.IsZero() {
		return ""
	}
	return f.NextRunAt.Format(time.RFC3339)
}

func TestElevenOClockIsElevenOClockOverBothChangesOfTheYear(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from string
		days []string
	}{
		"spring": {"2026-03-28T21:55:00Z", []string{"2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z", "2026-03-30T21:00:00Z"}},
		"autumn": {"2026-10-24T20:55:00Z", []string{"2026-10-24T21:00:00Z", "2026-10-25T22:00:00Z", "2026-10-26T22:00:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t, c.from)
			f := h.flow("0 23 * * *")
			var want []string
			for _, day := range c.days {
				require.Equal(t, day, h.next(f))
				h.live(day)
				h.finish(f)
				want = append(want, day+" schedule")
			}
			require.Equal(t, want, h.runs(f))
		})
	}
}

func TestMissedRunsAreMadeUpOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, back, next string
		want             []string
	}{
		"down from 22:50 to 23:30": {
			"2026-04-20T20:50:00Z", "2026-04-20T21:30:00Z", "2026-04-21T21:00:00Z", []string{"2026-04-20T21:30:00Z made_up"},
		},
		"down for three days": {
			"2026-04-20T20:50:00Z", "2026-04-23T06:00:00Z", "2026-04-23T21:00:00Z", []string{"2026-04-23T06:00:00Z made_up"},
		},
		"down while the clock was put back": {
			"2026-10-24T22:00:00Z", "2026-10-25T22:30:00Z", "2026-10-26T22:00:00Z", []string{"2026-10-25T22:30:00Z made_up"},
		},
		"back within the grace": {
			"2026-04-20T20:59:00Z", "2026-04-20T21:01:30Z", "2026-04-21T21:00:00Z", []string{"2026-04-20T21:01:30Z schedule"},
		},
		"back before anything was missed": {
			"2026-04-20T19:00:00Z", "2026-04-20T20:30:00Z", "2026-04-20T21:00:00Z", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t, c.from)
			f := h.flow("0 23 * * *")
			h.down(c.back)
			h.live(h.now.Add(3 * time.Minute).Format(time.RFC3339))
			require.Equal(t, c.want, h.runs(f))
			require.Equal(t, c.next, h.next(f))
		})
	}
}

func TestATimeHasOneRunWhateverIsRepeated(t *testing.T) {
	t.Parallel()
	h := newHub(t, "2026-04-20T20:59:30Z")
	f := h.flow("0 23 * * *")
	ctx := t.Context()
	for range 2 {
		require.NoError(t, h.table.Find(ctx))
	}
	require.Len(t, h.jobs, 1)
	require.NoError(t, h.table.Start(ctx, f), "a job that comes too early starts nothing")
	require.Empty(t, h.runs(f))
	h.work()
	h.restart()
	h.now = moment(t, "2026-04-20T21:00:10Z")
	require.NoError(t, h.table.Find(ctx))
	require.NoError(t, h.table.Start(ctx, f), "the job of a hub that died after it had stored its work")
	h.finish(f)
	require.NoError(t, h.table.Start(ctx, f))
	require.Equal(t, []string{"2026-04-20T21:00:00Z schedule"}, h.runs(f))
	stored, err := h.Flow(ctx, f)
	require.NoError(t, err)
	require.Equal(t, ports.TriggerSchedule, stored.LastTrigger)
}

func TestAJobThatComesEarlyByAHairWaitsForItsTime(t *testing.T) {
	t.Parallel()
	h := newHub(t, "2026-04-20T20:59:30Z")
	f := h.flow("0 23 * * *")
	h.now = moment(t, "2026-04-20T21:00:00Z").Add(-300 * time.Microsecond)
	require.NoError(t, h.table.Start(t.Context(), f))
	require.Empty(t, h.runs(f))
	h.work()
	require.Equal(t, []string{"2026-04-20T21:00:00Z schedule"}, h.runs(f))
}

func TestARunUnderWayIsLeftAloneAndTheLogSaysSoOnce(t *testing.T) {
	t.Parallel()
	h := newHub(t, "2026-04-20T20:59:00Z")
	f := h.flow("0 * * * *")
	h.live("2026-04-20T22:30:00Z")
	require.Equal(t, []string{"2026-04-20T21:00:00Z schedule"}, h.runs(f))
	require.Equal(t, 1, strings.Count(h.log.String(), "while another is under way"), "%s", h.log.String())
	h.finish(f)
	h.live("2026-04-20T23:00:00Z")
	require.Len(t, h.runs(f), 2)
}

func TestOnlyFlowsThatAreOnRunAndNothingIsMadeUpForTheTimeOff(t *testing.T) {
	t.Parallel()
	h := newHub(t, "2026-04-20T12:00:00Z")
	off := h.join("0 23 * * *").ID
	require.Empty(t, h.next(off))
	on := h.flow("0 23 * * *")
	_, err := h.Disable(t.Context(), on, "test")
	require.NoError(t, err)
	require.Empty(t, h.next(on))
	require.NoError(t, h.table.Start(t.Context(), on))
	h.now = moment(t, "2026-04-20T20:58:00Z")
	h.live("2026-04-20T21:05:00Z")
	_, err = h.Enable(t.Context(), on, "test")
	require.NoError(t, err)
	require.Equal(t, "2026-04-21T21:00:00Z", h.next(on))
	h.live("2026-04-20T21:10:00Z")
	require.Empty(t, h.runs(on))
	require.Empty(t, h.runs(off))
}

func TestWhatIsDueStaysDueThoughItIsEnabledAgain(t *testing.T) {
	t.Parallel()
	h := newHub(t, "2026-04-20T20:00:00Z")
	f := h.flow("0 23 * * *")
	h.down("2026-04-20T21:00:01Z")
	_, err := h.Enable(t.Context(), f, "test")
	require.NoError(t, err)
	h.schedule(f, "0 23 * * *")
	require.Equal(t, "2026-04-20T21:00:00Z", h.next(f))
}

func TestAChangedScheduleCountsFromNowAndARemovedOneNoMore(t *testing.T) {
	t.Parallel()
	h := newHub(t, "2026-04-20T20:59:30Z")
	f := h.flow("0 23 * * *")
	require.NoError(t, h.table.Find(t.Context()))
	h.schedule(f, "30 22 * * *")
	require.Equal(t, "2026-04-21T20:30:00Z", h.next(f))
	h.work()
	require.Empty(t, h.runs(f), "the job of the schedule before finds nothing due")

	h.now = moment(t, "2026-04-21T20:29:30Z")
	require.NoError(t, h.table.Find(t.Context()))
	_, err := h.RemoveSchedule(t.Context(), f, "test")
	require.NoError(t, err)
	h.work()
	h.live("2026-04-21T20:35:00Z")
	require.Empty(t, h.runs(f))
	require.Empty(t, h.next(f))
}

// Two hundred merchants of one schedule are spread over the jitter, each is started
// once, and each at its own time.
func TestTwoHundredMerchantsAtElevenOClockAreSpread(t *testing.T) {
	t.Parallel()
	h := newHub(t, "2026-04-20T20:59:00Z")
	jitter := 5 * time.Minute
	seconds := map[string]int{}
	var flows []string
	for range 200 {
		f := h.flow("0 12 * * *")
		flow, err := h.SaveSchedule(t.Context(), f, onboarding.NewSchedule{Cron: "0 23 * * *", Jitter: &jitter}, "test")
		require.NoError(t, err)
		flows = append(flows, f)
		seconds[flow.NextRunAt.Format(time.RFC3339)]++
	}
	h.live("2026-04-20T21:05:00Z")
	started := map[string]int{}
	for _, f := range flows {
		runs := h.runs(f)
		require.Len(t, runs, 1)
		started[strings.TrimSuffix(runs[0], " schedule")]++
	}
	require.Equal(t, seconds, started)
	require.Greater(t, len(started), 100, fmt.Sprint(started))
}
