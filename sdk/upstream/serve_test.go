package upstream_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// spent is a session in which three calls were made.
type spent struct{}

func (spent) Usage() ports.Usage     { return ports.Usage{Calls: 3} }
func (spent) Failed(err error) error { return ports.WithUsage(err, spent{}.Usage()) }

func opened() (spent, error) { return spent{}, nil }

// tellsItsCost gives the name of the type.
func tellsItsCost[R upstream.Result](t *testing.T) string {
	t.Helper()
	var zero R
	result, err := upstream.Serve(opened, func(spent) (R, error) { return zero, nil })
	require.NoError(t, err)
	require.Equal(t, ports.Usage{Calls: 3}, reflect.ValueOf(result).FieldByName("Usage").Interface(), "%T", result)
	return reflect.TypeFor[R]().Name()
}

func TestEveryResultTellsItsCost(t *testing.T) {
	t.Parallel()
	require.ElementsMatch(t, resultsOfPorts(t), []string{
		tellsItsCost[ports.VerifyReport](t),
		tellsItsCost[ports.PayoutPage](t),
		tellsItsCost[ports.LinePage](t),
		tellsItsCost[ports.OrderPage](t),
		tellsItsCost[ports.DocumentPage](t),
		tellsItsCost[ports.PaymentList](t),
		tellsItsCost[ports.PaymentResult](t),
		tellsItsCost[ports.ReleaseResult](t),
		tellsItsCost[ports.VoucherResult](t),
		tellsItsCost[ports.AttachmentResult](t),
		tellsItsCost[ports.ChoicesPage](t),
		tellsItsCost[ports.Period](t),
		tellsItsCost[ports.BooksPiece](t),
		tellsItsCost[ports.InvoiceResult](t),
		tellsItsCost[ports.InvoiceReading](t),
		tellsItsCost[ports.OrderResult](t),
		tellsItsCost[ports.PurchaseResult](t),
		tellsItsCost[ports.Subscription](t),
		tellsItsCost[ports.SubscriptionState](t),
		tellsItsCost[ports.Unsubscribed](t),
	}, "every result of package ports, and nothing else")
}

// resultsOfPorts are the types of package ports that say what was spent.
func resultsOfPorts(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../ports/*.go")
	require.NoError(t, err)
	declared := regexp.MustCompile(`(?ms)^type (\w+) struct \{\n([^}]*)^\}`)
	var names []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range declared.FindAllStringSubmatch(string(text), -1) {
			if regexp.MustCompile(`(?m)^\tUsage +Usage$`).MatchString(found[2]) && found[1] != "UsedError" {
				names = append(names, found[1])
			}
		}
	}
	return names
}

func TestAFailureTellsItsCostAndNothingElse(t *testing.T) {
	t.Parallel()
	failed := fault.New("psp.refused", fault.Validation, "no")
	half := func(spent) (ports.Period, error) { return ports.Period{Year: "3"}, failed }
	for name, c := range map[string]struct {
		open  func() (spent, error)
		calls int
	}{
		"while working":         {opened, 3},
		"before anything began": {func() (spent, error) { return spent{}, failed }, 0},
	} {
		period, err := upstream.Serve(c.open, half)
		require.ErrorIs(t, err, failed, name)
		require.Zero(t, period, name)
		usage, known := ports.UsageOf(err)
		require.True(t, known, name)
		require.Equal(t, c.calls, usage.Calls, name)
	}
	_, err := upstream.Serve(opened, func(spent) (ports.Period, error) { return ports.Period{}, errors.New("oh") })
	require.EqualError(t, err, "oh")
}
