package settlement

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// counted fetches its own name and counts how often.
func counted(name string, times *int) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { *times++; return name, nil }
}

func TestWhatIsUnderWayIsTakenOnce(t *testing.T) {
	t.Parallel()
	var a ahead[string]
	var early, late int
	a.start(t.Context(), "2", counted("2", &early))
	got, err := a.take(t.Context(), "2", counted("2", &late))
	require.NoError(t, err)
	require.Equal(t, "2", got)
	_, err = a.take(t.Context(), "2", counted("2", &late))
	require.NoError(t, err)
	require.Equal(t, []int{1, 1}, []int{early, late})
}

func TestAnotherThingIsFetchedAndWhatIsUnderWayEnds(t *testing.T) {
	t.Parallel()
	var a ahead[string]
	ended := make(chan error, 1)
	a.start(t.Context(), "2", func(ctx context.Context) (string, error) {
		<-ctx.Done()
		ended <- ctx.Err()
		return "", ctx.Err()
	})
	var times int
	got, err := a.take(t.Context(), "7", counted("7", &times))
	require.NoError(t, err)
	require.Equal(t, "7", got)
	require.ErrorIs(t, <-ended, context.Canceled)
}

func TestAFailureIsToldToWhoeverTakesIt(t *testing.T) {
	t.Parallel()
	var a ahead[string]
	failure := errors.New("no answer")
	a.start(t.Context(), "2", func(context.Context) (string, error) { return "", failure })
	_, err := a.take(t.Context(), "2", nil)
	require.ErrorIs(t, err, failure)
	a.drop()
}
