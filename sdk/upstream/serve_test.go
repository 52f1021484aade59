package upstream_test

import (
	"errors"
	"reflect"
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

func tellsItsCost[R upstream.Result](t *testing.T) {
	t.Helper()
	var zero R
	result, err := upstream.Serve(opened, func(spent) (R, error) { return zero, nil })
	require.NoError(t, err)
	require.Equal(t, ports.Usage{Calls: 3}, reflect.ValueOf(result).FieldByName("Usage").Interface(), "%T", result)
}

func TestEveryResultTellsItsCost(t *testing.T) {
	t.Parallel()
	tellsItsCost[ports.VerifyReport](t)
	tellsItsCost[ports.PayoutPage](t)
	tellsItsCost[ports.LinePage](t)
	tellsItsCost[ports.DocumentPage](t)
	tellsItsCost[ports.PaymentList](t)
	tellsItsCost[ports.PaymentResult](t)
	tellsItsCost[ports.ReleaseResult](t)
	tellsItsCost[ports.VoucherResult](t)
	tellsItsCost[ports.AttachmentResult](t)
	tellsItsCost[ports.ChoicesPage](t)
	tellsItsCost[ports.Period](t)
	tellsItsCost[ports.BooksPiece](t)
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
