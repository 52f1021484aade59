package dev_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/server/dev"
)

// once tries what the rows make, and gives what is shown.
func once(t *testing.T, rows string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	o := newSources(t, rows).options()
	o.Once = true
	err := dev.Run(t.Context(), o, &out)
	return out.String(), err
}

func TestAConnectorThatIsRightIsSaidToBe(t *testing.T) {
	t.Parallel()
	shown, err := once(t, fine)
	require.NoError(t, err)
	require.Regexp(t, `^acme 1\.0\.0: all well \(\d+\.\d s\)\n`, shown)
	require.Contains(t, shown, `verified: 1 check(s), account "Acme"`)
	require.Contains(t, shown, "1 order(s) with 1 event(s) listed")
	require.Contains(t, shown, "payout P1: 2 line(s) add up to 90.00 SEK; voucher of 2 row(s)")
}

func TestWhatIsWrongIsShownWithRowAndRule(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		rows string
		says []string
	}{
		"a sum that is not the payout": {"P1 payout 95.00\ns1 sale 100.00\nr1 refund -10.00\n", []string{
			"WRONG  payout P1\n", "payout.proof_failed, field net: Σ net = 90.00, the provider says 95.00, difference -5.00 SEK", "gross 100.00, refunds -10.00",
		}},
		"a refund with the sign of a sale": {"P1 payout 90.00\ns1 sale 100.00\nr1 refund 10.00\n", []string{
			"WRONG  payout P1, line r1\n", "payout.line_invalid, field gross: a refund cannot be positive", "read from  r1 refund 10.00\n", "do         compare the row",
		}},
		"a type that nobody knows": {"P1 payout 90.00\ns1 sale 100.00\nx1 unknown -10.00\n", []string{
			"WRONG  payout P1, line x1\n", `payout.unknown_type, field raw_type: the connector does not know what a row of type "UNKNOWN" means`, "read from  x1 unknown -10.00\n",
		}},
		"an order whose payment goes the wrong way": {"P1 payout -90.00\ns1 sale -90.00\n", []string{
			"WRONG  order s1, event payment/s1\n", "field amount: an amount is never negative",
		}},
		"a key that two rows share": {"P1 payout 200.00\ns1 sale 100.00\ns1 sale 100.00\n", []string{
			"WRONG  payout P1, line s1\n", "payout.line_invalid, field key: another line of the payout has the same key",
		}},
		"a kind that the protocol lacks": {"P1 payout 90.00\ns1 bonus 90.00\n", []string{
			"WRONG  payout P1\n", "connector.invalid_message, field lines[0].kind",
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown, err := once(t, c.rows)
			require.Equal(t, dev.CodeWrong, fault.CodeOf(err))
			for _, says := range c.says {
				require.Contains(t, shown, says)
			}
		})
	}
}

func TestAKeyThatChangesFromProcessToProcessIsWrong(t *testing.T) {
	t.Parallel()
	shown, err := once(t, "P1 payout 90.00\ns1 sale 100.00\nr1-PID refund -10.00\n")
	require.Equal(t, dev.CodeWrong, fault.CodeOf(err))
	require.Contains(t, shown, "2 wrong")
	require.Regexp(t, `WRONG  payout P1, line r1-\d+\n         dev\.unstable: a second reading does not find it any more\n`, shown)
	require.Regexp(t, `WRONG  payout P1, line r1-\d+\n         dev\.unstable: only a second reading finds it\n`, shown)
}

func TestAnAmountThatChangesFromProcessToProcessIsWrong(t *testing.T) {
	t.Parallel()
	shown, err := once(t, "P1 payout PID.00\ns1 sale PID.00\n")
	require.Equal(t, dev.CodeWrong, fault.CodeOf(err))
	require.Regexp(t, `WRONG  payout P1, line s1\n         dev\.unstable: a second reading gives something else: gross \d+\.00 → \d+\.00\n`, shown)
}

func TestWhatIsPrintedToStandardOutputIsWrong(t *testing.T) {
	t.Parallel()
	s := newSources(t, fine)
	s.write("print.txt", "loading the rates...\n")
	o := s.options()
	o.Once = true
	var out bytes.Buffer
	require.Equal(t, dev.CodeWrong, fault.CodeOf(dev.Run(t.Context(), o, &out)))
	require.Contains(t, out.String(), "1 wrong", "both processes print it, and it is said once")
	require.Contains(t, out.String(), "WRONG  standard output\n         dev.printed: the connector printed loading the rates...\n")
}

func TestABuildThatIsInterruptedSaysNothing(t *testing.T) {
	t.Parallel()
	s := newSources(t, fine)
	s.write("build.sh", "touch begun; exec sleep 20\n")
	ctx, cancel := context.WithCancel(t.Context())
	o, shown, ended := s.options(), &screen{}, make(chan error, 1)
	go func() { ended <- dev.Run(ctx, o, shown) }()
	require.Eventually(t, func() bool { _, err := readFile(s.folder, "begun"); return err == nil }, 30*time.Second, 5*time.Millisecond)
	cancel()
	require.NoError(t, <-ended)
	require.Empty(t, shown.text.String())
}

func TestABuildThatFailsShowsWhatTheCompilerSays(t *testing.T) {
	t.Parallel()
	s := newSources(t, fine)
	s.write("build.sh", "echo 'acme.go:7:2: undefined: payuot' >&2; exit 1\n")
	o := s.options()
	o.Once = true
	var out bytes.Buffer
	require.Error(t, dev.Run(t.Context(), o, &out))
	require.Equal(t, "the connector does not build (exit status 1)\nacme.go:7:2: undefined: payuot\n\n", out.String())
}

func TestABuildThatLeavesNothingIsToldWhereToPutIt(t *testing.T) {
	t.Parallel()
	for build, says := range map[string]string{"true": "wrote nothing to $OUT", "": "holds no Go package"} {
		o := newSources(t, fine).options()
		o.Once, o.Build = true, build
		err := dev.Run(t.Context(), o, &bytes.Buffer{})
		require.Equal(t, dev.CodeBuild, fault.CodeOf(err))
		require.Contains(t, err.Error(), says)
		require.Contains(t, fault.Of(err).Remedy, "$OUT")
	}
}

func TestEverySaveIsTriedAndComparedWithTheRunBefore(t *testing.T) {
	t.Parallel()
	s := newSources(t, fine)
	ctx, cancel := context.WithCancel(t.Context())
	shown := &screen{}
	ended := make(chan error, 1)
	go func() { ended <- dev.Run(ctx, s.options(), shown) }()
	require.NotContains(t, shown.await(t, "all well"), "run before")

	s.write("rows.txt", "P1 payout 90.00\ns1 sale 100.00\nr1 bonus -10.00\n")
	require.Contains(t, shown.await(t, "1 wrong"), "nothing read differs from the run before", "what could not be read is not gone")

	s.write("rows.txt", "P1 payout 90.00\ns1 sale 100.00\nr1 refund 10.00\n")
	require.Contains(t, shown.await(t, "1 wrong"), "a refund cannot be positive")

	s.write("build.sh.off", "") // any file of the folder is a source
	shown.await(t, "nothing read differs from the run before")

	build := newSources(t, fine)
	s.write("build.sh", "echo broken; exit 1\n")
	require.Contains(t, shown.await(t, "does not build"), "; the connector of before keeps running\nbroken")

	s.write("rows.txt", "P1 payout 95.00\ns1 sale 105.00\nr2 refund -10.00\n")
	shown.await(t, "does not build")
	text, err := readFile(build.folder, "build.sh")
	require.NoError(t, err)
	s.write("build.sh", text)
	changed := shown.await(t, "since the run before")
	require.Contains(t, changed, "all well")
	require.Contains(t, changed, "since the run before: 1 added, 1 removed, 4 changed\n  + payout P1, line r2\n  - payout P1, line r1\n"+
		"  ~ order s1: total 100.00 SEK → 105.00 SEK\n  ~ order s1, event payment/s1: amount 100.00 SEK → 105.00 SEK\n"+
		"  ~ payout P1: net 90.00 SEK → 95.00 SEK\n  ~ payout P1, line s1: gross 100.00 → 105.00")
	cancel()
	require.NoError(t, <-ended)
}

func TestAWorkshopEndsWhenItIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, dev.Run(ctx, newSources(t, fine).options(), &bytes.Buffer{}))
}
