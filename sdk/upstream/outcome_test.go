package upstream_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

func TestAfterTheFirstOfSeveralRequestsNothingIsCertain(t *testing.T) {
	t.Parallel()
	for _, class := range []fault.Class{fault.Validation, fault.NotSent, fault.RateLimited, fault.Temporary} {
		err := upstream.Halfway("payment 7 is registered and may not be booked", fault.New("erp.refused", class, "no").WithRemedy("mend it"))
		f := fault.Of(err)
		require.Equal(t, fault.Unknown, f.Class)
		require.Equal(t, fault.Code("erp.refused"), f.Code)
		require.Equal(t, "payment 7 is registered and may not be booked: no", f.Reason)
		require.Equal(t, "mend it", f.Remedy)
	}
	plain := errors.New("oh")
	require.Equal(t, plain, upstream.Halfway("x", plain))
}

func TestALookUpThatFailsIsNoRefusalOfTheWrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want fault.Class
	}{
		"no rights":               {fault.New("auth.right_missing", fault.Auth, "no"), fault.Auth},
		"a limit":                 {fault.New(upstream.CodeRateLimited, fault.RateLimited, "no"), fault.RateLimited},
		"a failure":               {fault.New(upstream.CodeServerError, fault.Temporary, "no"), fault.Temporary},
		"no connection":           {fault.New(upstream.CodeUnreachable, fault.NotSent, "no"), fault.NotSent},
		"a grant that is used up": {fault.New(ports.CodeGrantExhausted, fault.NotSent, "no"), fault.Unknown},
		"a refusal":               {fault.New("erp.refused", fault.Validation, "no"), fault.Unknown},
		"something gone":          {fault.New("erp.not_found", fault.NotFound, "no"), fault.Unknown},
		"no fault at all":         {errors.New("oh"), fault.Unknown},
	} {
		require.Equal(t, c.want, fault.ClassOf(upstream.Unsettled(c.err)), name)
	}
}

func TestAGrantThatIsTooSmallIsCertainOnlyAtFirst(t *testing.T) {
	t.Parallel()
	for attempt, want := range map[int]fault.Class{1: fault.NotSent, 2: fault.Unknown} {
		err := upstream.Exhausted(ports.Write{Attempt: attempt})
		require.Equal(t, ports.CodeGrantExhausted, fault.CodeOf(err))
		require.Equal(t, want, fault.ClassOf(err))
	}
}
