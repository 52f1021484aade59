package porttest

import (
	"testing"
)

func model(t *testing.T, open func(t *testing.T) Opened) {
	t.Skip("not written")
	_ = open
}
