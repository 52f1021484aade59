package pluginhost_test

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire"
)

// These tests, with their neighbours, hold the host against what has broken others. Each
// trap of go-plugin and where it is met here:
//
//	what broke whom                                              test
//	a line on standard error crashes the host                    TestNothingOnStandardErrorCanCrashTheHub
//	  (hashicorp/go-plugin#38, #43)
//	the host's environment leaks, and wins                       TestAConnectorSeesAnAllowListOfTheEnvironment
//	  (go-plugin#103, hashicorp/vault#25128)
//	Kill is no drain (go-plugin#192, #167)                       TestStoppingLetsCallsUnderWayFinish,
//	                                                             TestAConnectorRestsOnceItsCallsHaveEnded
//	Kill hangs for ever (hashicorp/terraform#38939)              TestAHangingKillDoesNotHangTheHub
//	a panic ends all calls of the process                        TestAPanicInOneCallLeavesTheOthers
//	a client can be used once                                    TestACrashedConnectorStartsAnewAgainAndAgain
//	orphans, stale sockets (go-plugin#10, #203)                  TestConnectorsDieWithAHubThatIsKilledAndTheirSocketsAreSwept,
//	                                                             TestAChildThatHasLeftTheProcessGroupGoesWithTheConnector
//	zombies (langgenius/dify-plugin-daemon#553)                  TestNoZombiesAreLeft
//	reattaching kills strangers (hashicorp/nomad#23969)          TestAConnectorThatRunsUnderADebuggerIsCalledAndOutlivesTheHub:
//	                                                             what is attached is never killed
//	print before the handshake (go-plugin#164, #199)             TestConnectorsThatDoNotBecomeReadySayWhy, and below
//	output after the handshake is lost                           TestStandardInputIsEmptyAndOutputIsLogged
//	limits of messages (hashicorp/terraform-plugin-go#106)       TestMessagesOfSeveralMegabytesCross, TestAHugeAnswerIsRefusedByTheHub
//	mutual TLS breaks other languages (grpc/grpc#34867)          TestConnectorsThatDoNotBecomeReadySayWhy (no-tls)
//	paths of sockets are too long (hashicorp/terraform#22198)    TestSocketFoldersThatCannotBeUsedAreRefused
//	levels of foreign loggers (go-plugin#308)                    TestLinesOfAConnectorBecomeEntriesOfTheHub
//	defaults: net/rpc, standard input, check-then-exec           TestConnectorsThatDoNotBecomeReadySayWhy (net-rpc),
//	                                                             TestStandardInputIsEmptyAndOutputIsLogged, install_test.go
//	exact versions of the protocol (ava-labs/builders-hub#1522)  TestConnectorsThatDoNotBecomeReadySayWhy (protocol-2)
//	an exit goes unnoticed until the next call (dkron#652)       TestAKilledConnectorIsNoticedAtOnce
//	memory per process (hashicorp/terraform#32744)               memory_test.go
//	restarts without end (mattermost#14110, grafana's loop)      TestTheBackOffDoublesUpToItsMostAndEndsInQuarantine
//
// go-plugin's broker (go-plugin#89, #220) and library types on the wire have no test:
// calls go one way, and there is nothing but kvitt's own protocol.

// asker asks a connector all the time.
type asker struct {
	answers atomic.Int64
	problem chan error
	stop    chan struct{}
}

func keepAsking(connector *pluginhost.Instance) *asker {
	a := &asker{problem: make(chan error, 1), stop: make(chan struct{})}
	go func() {
		for {
			select {
			case <-a.stop:
				a.problem <- nil
				return
			default:
			}
			if _, err := ask(connector, "pid"); err != nil {
				a.problem <- err
				return
			}
			a.answers.Add(1)
			time.Sleep(time.Millisecond)
		}
	}()
	return a
}

// goesOn waits for some more answers.
func (a *asker) goesOn(t *testing.T) {
	t.Helper()
	before := a.answers.Load()
	eventually(t, "answers of the healthy connector", func() bool {
		select {
		case err := <-a.problem:
			t.Fatalf("the healthy connector failed: %v", err)
		default:
		}
		return a.answers.Load() >= before+3
	})
}

// footprint is what the hub itself uses.
type footprint struct {
	goroutines int
	heap       uint64
}

func measure() footprint {
	runtime.GC()
	runtime.GC() // what pools hold goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return footprint{runtime.NumGoroutine(), m.HeapAlloc}
}

// These run one at a time, because they measure the hub.
func TestWhateverOneConnectorDoesAnotherAnswersAndTheHubStaysSmall(t *testing.T) {
	deed := func(what string, code fault.Code) func(*testing.T, *pluginhost.Instance) {
		return func(t *testing.T, bad *pluginhost.Instance) {
			t.Helper()
			_, err := ask(bad, what)
			require.Equal(t, code, fault.CodeOf(err), "%v", err)
		}
	}
	start := func(says string) func(*testing.T, *pluginhost.Instance) {
		return func(t *testing.T, bad *pluginhost.Instance) {
			t.Helper()
			err := bad.Start(t.Context())
			require.Equal(t, pluginhost.CodeUnavailable, fault.CodeOf(err))
			require.Contains(t, err.Error(), says)
		}
	}
	const none fault.Code = ""
	cases := map[string]struct {
		mode string
		deed func(t *testing.T, bad *pluginhost.Instance)
	}{
		"answers with 100 MB":                    {"huge", deed("", wire.CodeBroken)},
		"prints before it shakes hands":          {"print-first", start("Welcome to the connector!")},
		"writes 64 MB before it shakes hands":    {"chatterbox", start("standard output")},
		"exits in the middle of a call":          {"", deed("exit", wire.CodeCutOff)},
		"panics":                                 {"", deed("panic", wire.CodePanic)},
		"uses up memory":                         {"", deed("eat:1000000", wire.CodeCutOff)},
		"reserves more than there is":            {"", deed("reserve:8192", wire.CodeCutOff)},
		"leaks goroutines":                       {"", deed("leak:5000", none)}, // the race detector allows for 8128
		"floods its log":                         {"", deed("flood:32", none)},
		"has a child":                            {"", deed("child", none)},
		"has a child that leaves, pipes in hand": {"", deed("stray", none)},
		"ignores that it should end":             {"undying", deed("pid", none)},
		"hangs": {"", func(t *testing.T, bad *pluginhost.Instance) {
			var hung sync.WaitGroup
			for range 50 {
				hung.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
					defer cancel()
					_, err := askUntil(ctx, bad, "hang")
					assert.Error(t, err)
				})
			}
			hung.Wait()
		}},
		"writes secrets to its log": {"", func(t *testing.T, bad *pluginhost.Instance) {
			call := ports.Call{Connection: ports.Connection{ID: "c1", Credentials: map[string]string{"token": "tok-5f2a9c"}}}
			_, err := bad.ListPayouts(t.Context(), ports.ListPayoutsRequest{
				Call: call, Cursor: "stderr:" + strings.Repeat("I know tok-5f2a9c\n", 50) + "that is all\n",
			})
			require.NoError(t, err)
			eventually(t, "the lines", func() bool { return len(said(bad, "that is all")) == 1 })
			require.NotEmpty(t, said(bad, "I know [redacted]"))
		}},
		"is killed again and again": {"", func(t *testing.T, bad *pluginhost.Instance) {
			for i := range 5 {
				eventually(t, "the connector to be back", func() bool {
					_, err := ask(bad, "pid")
					return err == nil
				})
				kill(t, bad.Status().PID)
				eventually(t, "the exit", func() bool { return bad.Status().Restarts == i+1 })
			}
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			onLinux(t)
			h := newHub(t, func(config *pluginhost.Config) {
				config.KillTimeout = time.Second
				config.MemoryOf = map[string]int64{"hostile": 2 * roomy}
				if c.mode == "huge" {
					config.MemoryOf["hostile"] = -1 // its answer is to get as far as the hub
				}
			})
			beside, bad := h.load(t, "healthy"), h.load(t, c.mode)
			_, err := ask(beside, "pid")
			require.NoError(t, err)
			pid := beside.Status().PID
			before := measure()

			asking := keepAsking(beside)
			asking.goesOn(t)
			c.deed(t, bad)
			asking.goesOn(t)
			require.NoError(t, bad.Rest(t.Context()))
			require.Zero(t, bad.Status().PID)
			asking.goesOn(t)
			close(asking.stop)
			require.NoError(t, <-asking.problem)

			require.Equal(t, pid, beside.Status().PID)
			require.Zero(t, beside.Status().Restarts)
			require.Zero(t, beside.Calls().Failed)
			require.NotContains(t, h.log.String(), "tok-5f2a9c")
			const slack = 16 << 20
			var now footprint
			deadline := time.Now().Add(patience)
			for now = measure(); now.goroutines > before.goroutines || now.heap > before.heap+slack; now = measure() {
				require.True(t, time.Now().Before(deadline), "the hub was %+v and is %+v", before, now)
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
}

// A process that has ended and that nobody waits for is a zombie; enough of them and no
// process can be started any more (langgenius/dify-plugin-daemon#553).
func TestNoZombiesAreLeft(t *testing.T) {
	onLinux(t)
	h := newHub(t, func(c *pluginhost.Config) { c.KillTimeout = 50 * time.Millisecond })
	connector := h.load(t, "")
	for _, deed := range []string{"exit", "child", "stray"} {
		eventually(t, "the connector to be back", func() bool {
			_, err := ask(connector, "pid")
			return err == nil
		})
		_, _ = ask(connector, deed) // it may end in the middle
		require.NoError(t, connector.Rest(t.Context()))
	}
	_ = newHub(t, func(c *pluginhost.Config) { c.StartTimeout = 100 * time.Millisecond }).load(t, "never-ready").Start(t.Context())
	_, err := h.Load(t.Context(), pluginhost.Source{Path: executable(t), Env: map[string]string{envHostile: "describe-fails"}})
	require.Error(t, err)
	require.NoError(t, h.Stop(t.Context()))
	eventually(t, "all to be waited for", func() bool { return len(children(t)) == 0 })
}

// children lists the processes that the hub has started and not waited for.
func children(t *testing.T) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	require.NoError(t, err)
	var found []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if err != nil {
			continue
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(after); len(fields) > 1 && fields[1] == strconv.Itoa(syscall.Getpid()) {
			found = append(found, pid)
		}
	}
	return found
}
