package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
)

const (
	codeRow    fault.Code = "voucher.invalid_row"
	codeLocked fault.Code = "erp.period_locked"
)

func TestTheMessageNamesCodeFieldReasonAndCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("connection reset")
	cases := map[string]struct {
		err  *fault.Error
		want string
	}{
		"code and reason":     {fault.New(codeLocked, fault.Conflict, "march is closed"), "erp.period_locked: march is closed"},
		"field":               {fault.Invalid(codeRow, "rows[2].account", "a row needs an account"), "voucher.invalid_row: rows[2].account: a row needs an account"},
		"cause":               {fault.New(codeLocked, fault.Unknown, "no answer").Wrap(cause), "erp.period_locked: no answer: connection reset"},
		"the remedy is apart": {fault.New(codeLocked, fault.Conflict, "march is closed").WithRemedy("open it"), "erp.period_locked: march is closed"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.EqualError(t, c.err, c.want)
		})
	}
}

func TestAFaultIsFoundThroughWrapping(t *testing.T) {
	t.Parallel()
	inner := fault.Invalid(codeRow, "rows", "no rows")
	wrapped := fmt.Errorf("booking voucher: %w", inner)

	require.Same(t, inner, fault.Of(wrapped))
	require.Equal(t, codeRow, fault.CodeOf(wrapped))
	require.Equal(t, fault.Validation, fault.ClassOf(wrapped))
	require.ErrorIs(t, wrapped, fault.New(codeRow, fault.Conflict, "another reason"), "the code alone tells faults apart")
	require.NotErrorIs(t, wrapped, fault.New(codeLocked, fault.Validation, "no rows"))
}

func TestTheOutermostFaultCounts(t *testing.T) {
	t.Parallel()
	outer := fault.New(codeLocked, fault.Conflict, "march is closed").Wrap(fault.Invalid(codeRow, "rows", "no rows"))
	require.Equal(t, codeLocked, fault.CodeOf(outer))
	require.ErrorIs(t, outer, fault.New(codeRow, fault.Validation, ""))
}

func TestAnErrorWithoutAFaultProvesNothing(t *testing.T) {
	t.Parallel()
	err := errors.New("broken pipe")
	require.Nil(t, fault.Of(err))
	require.Empty(t, fault.CodeOf(err))
	require.Equal(t, fault.Unknown, fault.ClassOf(err))
}

func TestFaultsAreNeverChangedInPlace(t *testing.T) {
	t.Parallel()
	base := fault.New(codeLocked, fault.Conflict, "march is closed")
	before := *base

	changed := base.WithField("date").WithRemedy("open it").From(fault.Upstream).Wrap(errors.New("x"))

	require.Equal(t, before, *base)
	require.Equal(t, "date", changed.Field)
	require.Equal(t, "open it", changed.Remedy)
	require.Equal(t, fault.Upstream, changed.Source)
	require.Equal(t, fault.Hub, base.Source)
}
