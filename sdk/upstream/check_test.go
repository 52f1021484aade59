package upstream_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

func TestARefusalIsAFailedCheckAndAFailureIsNone(t *testing.T) {
	t.Parallel()
	check, err := upstream.Check("access", "it may be read", nil)
	require.NoError(t, err)
	require.Equal(t, ports.Check{Name: "access", State: ports.CheckOK, Detail: "it may be read"}, check)
	for _, class := range []fault.Class{fault.Auth, fault.Validation, fault.NotFound, fault.Conflict, fault.Duplicate} {
		check, err := upstream.Check("access", "", fault.New("psp.refused", class, "no").WithRemedy("mend it"))
		require.NoError(t, err)
		require.Equal(t, ports.Check{Name: "access", State: ports.CheckFailed, Detail: "no", Remedy: "mend it"}, check, class)
	}
	for _, class := range []fault.Class{fault.RateLimited, fault.Temporary, fault.NotSent, fault.Unknown} {
		failed := fault.New("psp.failed", class, "no")
		_, err := upstream.Check("access", "", failed)
		require.ErrorIs(t, err, failed, class)
	}
	_, err = upstream.Check("access", "", errors.New("oh"))
	require.EqualError(t, err, "oh")
}
