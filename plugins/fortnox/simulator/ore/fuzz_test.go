package ore_test

import (
	"testing"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"499.00", "-1.5", "1e2", "1e-20", ".5", "999999999999.995", "", "--1", "1_0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		amount, err := ore.Parse(text)
		if err != nil {
			return
		}
		again, err := ore.Parse(amount.String())
		if err != nil || again != amount {
			t.Fatalf("%q became %s, and that %s (%v)", text, amount, again, err)
		}
	})
}
