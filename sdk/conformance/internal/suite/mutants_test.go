package suite_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/sdk/conformance/internal/launch"
	"github.com/kvitt/kvitt/sdk/conformance/internal/remote"
	"github.com/kvitt/kvitt/sdk/conformance/internal/suite"
	"github.com/kvitt/kvitt/sdk/conformance/plan"
	"github.com/kvitt/kvitt/sdk/conformance/report"
)

// envBroken has the test binary become the connector with this fault; "-" is the
// one without.
const envBroken = "KVITT_TEST_BROKEN"

const largePage, smallPage = 1000, 2

func TestMain(m *testing.M) {
	if broken, ok := os.LookupEnv(envBroken); ok {
		if broken == "-" {
			broken = ""
		}
		sdk.Main(newAcorn(broken, largePage))
	}
	os.Exit(m.Run())
}

// mutants are connectors that do one thing wrong, each with the case that is there
// to notice. Those of a process are seen only there.
func mutants() []struct{ broken, caughtBy string } {
	return append(slices.Concat(invoiceMutants(), subscriptionMutants()), []struct{ broken, caughtBy string }{
		{"is another version each time it comes up", "describe.handshake"},
		{"describes itself anew each time", "describe.static"},
		{"has a version with spaces", "describe.identity"},
		{"calls a host without TLS", "describe.identity"},
		{"does not declare an operation", "describe.operations"},
		{"declares no recovery of a write", "describe.operations"},
		{"has a quota without a window", "describe.quota"},
		{"counts its quota by a credential that is none", "describe.quota"},
		{"declares more calls than its quota gives", "describe.grants"},
		{"declares a recovery of more calls than its quota gives", "describe.grants"},
		{"takes a list for settings", "config.settings-schema"},
		{"has a schema that is none", "config.settings-schema"},
		{"wants a credential that is no text", "config.credentials-schema"},
		{"does not flag a secret", "config.secret-flags"},
		{"keeps a secret among the settings", "config.secret-flags"},
		{"ignores settings that make no sense", "config.refused"},
		{"has a check without a name", "credentials.accepted"},
		{"takes refused credentials for an outage", "credentials.refused"},
		{"tries refused credentials again", "credentials.refused"},
		{"sends requests without credentials", "credentials.missing"},
		{"verifies blindly", "verify.expected"},
		{"says what it may do of another system", "verify.capabilities"},
		{"says twice what it may do", "verify.capabilities"},
		{"refuses a capability without a reason", "verify.capabilities"},
		{"writes when it verifies", "verify.harmless"},
		{"cannot read lines", "read.answers"},
		{"gives lines other keys each time", "read.again"},
		{"names raw pages wrongly", "read.evidence"},
		{"points beyond the page", "read.evidence"},
		{"points to nothing", "read.evidence"},
		{"gives moments in another zone", "read.utc"},
		{"makes up a currency", "read.currencies"},
		{"sends more than goes over the wire", "read.limits"},
		{"loses an item between two pages", "paging.whole"},
		{"moves its cursors", "paging.cursor"},
		{"keeps its cursors in memory", "paging.restart"},
		{"takes any cursor", "paging.foreign"},
		{"counts fewer calls than it makes", "grant.counted"},
		{"does not count what failed", "grant.failures"},
		{"ignores its grant", "grant.exhausted"},
		{"takes credentials that are refused to lines for an outage", "errors.unauthorised"},
		{"takes a missing right for a mistake", "errors.forbidden"},
		{"takes a 404 for an empty list", "errors.not-found"},
		{"does not say how long to wait", "errors.rate-limited"},
		{"takes a read that failed for a mistake", "errors.server-error"},
		{"takes a cut connection for a mistake", "errors.cut"},
		{"takes half an answer for a mistake", "errors.half-answer"},
		{"takes a web page for an empty list", "errors.nonsense"},
		{"takes an unreachable system for an outage", "errors.unreachable"},
		{"ignores its context", "calls.cancelled"},
		{"follows redirects with credentials", "hosts.redirects"},
		{"remembers the first connection", "merchants.apart"},
		{"mixes up calls at the same time", "merchants.at-once"},
		{"logs a credential", "secrets.hidden"},
		{"logs a credential in its URL", "secrets.hidden"},
		{"repeats what the remote system says", "secrets.hidden"},
		{"does not care since when", "payouts.list"},
		{"gives a refund the wrong sign", "payouts.lines"},
		{"gives all lines one key", "payouts.lines"},
		{"forgets the provider's type", "payouts.lines"},
		{"forgets fees", "payouts.proof"},
		{"guesses what it does not know", "payouts.unknown"},
		{"gives no lines of an unknown payout", "payouts.not-found"},
		{"calls an order by another id", "purchases.valid"},
		{"names an order as no line of a payout does", "purchases.valid"},
		{"gives all captures one id", "purchases.valid"},
		{"gives a refund of an order a negative amount", "purchases.valid"},
		{"gives a discount the sign of a sale", "purchases.valid"},
		{"finds VAT in a gift card", "purchases.valid"},
		{"loses a row of an order", "purchases.amounts"},
		{"gives a capture the rows of its order", "purchases.amounts"},
		{"gives a capture the total of its order", "purchases.amounts"},
		{"refunds what was not captured", "purchases.amounts"},
		{"tells a capture in another currency", "purchases.amounts"},
		{"keeps when the buyer was born", "purchases.withheld"},
		{"takes an unknown order for an outage", "purchases.not-found"},
		{"does not say what to do about an unknown order", "purchases.not-found"},
		{"tells the provider that it has read an order", "purchases.read-only"},
		{"tells an order of another country than there is", "orders.list"},
		{"gives an order too long a number", "orders.list"},
		{"gives all events one key", "orders.list"},
		{"gives an event no key", "orders.list"},
		{"gives a refund of an order the wrong sign", "orders.list"},
		{"names the order in its events", "orders.list"},
		{"does not know when events happened", "orders.list"},
		{"states VAT that parts of an event do not contain", "orders.list"},
		{"points beyond the page with events", "orders.list"},
		{"tells of the events since then alone", "orders.again"},
		{"numbers events from where it reads", "orders.again"},
		{"has no watermark of orders", "orders.watermark"},
		{"has a watermark on every page of orders", "orders.watermark"},
		{"sets the watermark of orders back", "orders.watermark"},
		{"gives a credit invoice a positive total", "documents.valid"},
		{"finds nothing", "documents.find"},
		{"takes any watermark", "documents.watermark"},
		{"offers a choice twice", "choices.valid"},
		{"has a year for every day", "books.period"},
		{"exports something else", "books.export"},
		{"says found of what it made", "write.created"},
		{"counts fewer calls of a write", "write.counted"},
		{"never looks for what it has made", "write.found"},
		{"stops halfway as if nothing was sent", "write.granted"},
		{"takes a refusal of a write for an outage", "write.refused"},
		{"takes a write that was cut off for one that was not sent", "recovery.cut-after"},
		{"takes a 500 of a write for a refusal", "recovery.error-after"},
		{"takes half an answer to a write for a refusal", "recovery.half-answer"},
		{"takes a write whose time ended for one that was not sent", "recovery.deadline"},
		{"only looks for what it has made", "recovery.cut-before"},
		{"gives up what it does not find after a 500", "recovery.error-before"},
		{"declares a voucher unsafe and tries its luck", "recovery.unsafe"},
		{"takes one of two payments", "payments.ambiguous"},
		{"forgets what the hub knows", "payments.known"},
		{"takes no large files", "attachments.large"},
		{"asks the provider for what was kept", "pages.same"},
		{"forgets references when it reads a page again", "pages.same"},
		{"answers messages by a redirect", "callbacks.declared"},
		{"answers messages with a body of no type", "callbacks.declared"},
		{"does not say how messages are answered", "callbacks.declared"},
		{"takes a message about a refund for one about an order", "callbacks.read"},
		{"numbers the events of messages", "callbacks.again"},
		{"believes every message", "callbacks.forged"},
		{"believes messages without a signature", "callbacks.forged"},
		{"takes a forged message for a broken one", "callbacks.forged"},
		{"crashes on a message that is no text", "callbacks.garbage"},
		{"asks the provider whether a message is true", "callbacks.offline"},
		{"says how a message should have been signed", "callbacks.hidden"},
	}...)
}

func source(broken string) launch.Source {
	var made atomic.Int64
	of := func(size int) func() ports.Connector {
		return func() ports.Connector {
			a := newAcorn(broken, size)
			a.serial = made.Add(1)
			return a
		}
	}
	return launch.Source{New: of(largePage), Tiny: of(smallPage)}
}

// itself gives processes of the test binary with a fault.
type itself struct {
	launch.Program
	broken string
}

func (p itself) Start(ctx context.Context, o launch.Options) (*launch.Connector, error) {
	env := map[string]string{envBroken: p.broken}
	for name, value := range o.Env {
		env[name] = value
	}
	o.Env = env
	return p.Program.Start(ctx, o)
}

func asProcess(t *testing.T, broken string) launch.Way {
	t.Helper()
	path, err := os.Executable()
	require.NoError(t, err)
	// Mutual TLS, which takes most of a start, is the correct connector's to show.
	return itself{launch.Program{Path: path, PlainText: broken != "-"}, broken}
}

// run puts all cases up to a level and gives how they ended.
func run(t *testing.T, way launch.Way, level int, change ...func(*suite.Setup)) []report.Case {
	t.Helper()
	p, err := plan.Read("testdata/plan.json")
	require.NoError(t, err)
	world, err := p.World("acorn")
	require.NoError(t, err)
	setup := suite.Setup{
		Way: way, Plan: p, Level: level, Patience: 2 * time.Second, Remote: &remote.Spec{World: world, Build: buildOak},
	}
	for _, c := range change {
		c(&setup)
	}
	session, err := suite.Open(t.Context(), setup)
	require.NoError(t, err)
	var results []report.Case
	for _, c := range session.Cases() {
		results = append(results, session.Do(t.Context(), c))
	}
	session.Close()
	return results
}

// requireCaught says that exactly one case has failed, the right one, and that
// what leans on it was not run.
func requireCaught(t *testing.T, results []report.Case, id string) {
	t.Helper()
	failed := map[string]string{}
	state := map[string]report.State{}
	for _, r := range results {
		state[r.ID] = r.State
		if r.State == report.Failed {
			failed[r.ID] = r.Reason
		}
	}
	require.Len(t, failed, 1, "%v", failed)
	require.Contains(t, failed, id)
	require.NotEmpty(t, failed[id])
	for _, c := range suite.Cases() {
		for _, before := range c.After {
			if before == id && state[c.ID] != "" {
				require.Equal(t, report.NotRun, state[c.ID], "%s leans on %s", c.ID, id)
			}
		}
	}
}

func levelOf(t *testing.T, id string) int {
	t.Helper()
	for _, c := range suite.Cases() {
		if c.ID == id {
			return c.Level
		}
	}
	require.Fail(t, "there is no case "+id)
	return 0
}

func requirePassed(t *testing.T, results []report.Case) {
	t.Helper()
	for _, r := range results {
		require.NotContains(t, []report.State{report.Failed, report.NotRun}, r.State, "%s: %s", r.ID, r.Reason)
	}
}

func TestAConnectorThatKeepsTheContractPassesEverything(t *testing.T) {
	ways := map[string]launch.Way{
		"direct": launch.Direct{Source: source("")}, "wire": launch.Wire{Source: source("")}, "process": asProcess(t, "-"),
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) { requirePassed(t, run(t, way, 4)) })
	}
}

func levelFourMutants() map[string]string {
	return map[string]string{
		"serves a connection only so often": "load.concurrent",
		"leaks a goroutine for each call":   "load.leaks",
		"takes braces for an empty list":    "load.faults",
	}
}

func upgradeMutants() map[string]string {
	return map[string]string{
		"gives lines other keys than before": "upgrade.answers",
		"requires a setting that it did not": "upgrade.description",
	}
}

func processMutants() map[string]string {
	return map[string]string{
		"prints": "output.silent",
		"reads moments in the zone of the machine": "read.zone",
		"calls another host":                       "hosts.declared",
	}
}

// TestFaultsOfLevelFourAreCaught runs alone, as what leaks is counted in the
// process of the test.
func TestFaultsOfLevelFourAreCaught(t *testing.T) {
	for broken, id := range levelFourMutants() {
		t.Run(id, func(t *testing.T) {
			requireCaught(t, run(t, launch.Direct{Source: source(broken)}, levelOf(t, id)), id)
		})
	}
}

func TestAnUpgradeThatChangesWhatWasIsCaught(t *testing.T) {
	before := func(s *suite.Setup) { s.Previous = launch.Wire{Source: source("")} }
	for broken, id := range upgradeMutants() {
		t.Run(id, func(t *testing.T) {
			requireCaught(t, run(t, launch.Direct{Source: source(broken)}, levelOf(t, id), before), id)
		})
	}
	t.Run("the same again is none", func(t *testing.T) {
		results := run(t, launch.Direct{Source: source("")}, levelOf(t, "upgrade.answers"), before)
		requirePassed(t, results)
		for _, r := range results {
			if strings.HasPrefix(r.ID, "upgrade.") {
				require.Equal(t, report.Passed, r.State, r.ID)
			}
		}
	})
}

func TestFaultsThatOnlyAProcessShowsAreCaught(t *testing.T) {
	t.Parallel()
	for broken, id := range processMutants() {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			requireCaught(t, run(t, asProcess(t, broken), levelOf(t, id)), id)
		})
	}
}

func TestEveryFaultIsCaughtByItsCaseAlone(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, m := range mutants() {
		require.False(t, seen[m.broken], m.broken)
		seen[m.broken] = true
		t.Run(fmt.Sprintf("%s %s", m.caughtBy, m.broken), func(t *testing.T) {
			t.Parallel()
			requireCaught(t, run(t, launch.Direct{Source: source(m.broken)}, levelOf(t, m.caughtBy)), m.caughtBy)
		})
	}
}

// TestEveryCaseHasItsFault keeps a case from being there without anything that
// shows that it notices.
func TestEveryCaseHasItsFault(t *testing.T) {
	t.Parallel()
	caught := map[string]bool{}
	for _, m := range mutants() {
		caught[m.caughtBy] = true
	}
	for _, more := range []map[string]string{levelFourMutants(), upgradeMutants(), processMutants()} {
		for _, id := range more {
			caught[id] = true
		}
	}
	known := map[string]bool{}
	for _, c := range suite.Cases() {
		require.True(t, caught[c.ID], "nothing shows that %s notices anything", c.ID)
		require.False(t, known[c.ID], c.ID)
		require.NotEmpty(t, c.Title, c.ID)
		require.NotEmpty(t, c.Why, c.ID)
		for _, before := range c.After {
			require.True(t, known[before], "%s comes before %s, on which it leans", c.ID, before)
		}
		known[c.ID] = true
	}
	require.Len(t, known, len(caught))
}
