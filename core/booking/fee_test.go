package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/payout"
)

func TestTheFirstRuleThatFitsTheRawTypeDecides(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		match string
		fits  []string
		not   []string
	}{
		"a whole name": {"FEE", []string{"FEE"}, []string{"", "FEES", "A FEE", "fee"}},
		"a beginning":  {"FEE/*", []string{"FEE/", "FEE/A", "FEE/A/B"}, []string{"FEE", "A/FEE/"}},
		"an end":       {"*/FIXED", []string{"FEE/FIXED", "/FIXED", "A/FIXED/FIXED"}, []string{"FIXED", "FEE/FIXED/A"}},
		"a middle":     {"*MONTH*", []string{"MONTH", "MONTHLY", "A MONTH B"}, []string{"MON", "M*TH"}},
		"both ends":    {"FEE*FIXED", []string{"FEEFIXED", "FEE/PURCHASE/FIXED"}, []string{"FEE", "FIXED", "FEE/FIXED2", "FEEFIXE"}},
		"no overlap":   {"AB*BC", []string{"ABBC", "ABXBC"}, []string{"ABC"}},
		"three parts":  {"A*B*C", []string{"ABC", "AXBXC", "ABBC", "ABCBC"}, []string{"AC", "ACB", "BC"}},
		"anything":     {"*", []string{"", "A", "A/B"}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := booking.Default()
			s.FeeRules = []booking.FeeRule{
				{Match: c.match, Account: "6064", VAT: booking.NoVAT, Meaning: "fits"},
				{Match: "*", Account: "6570", VAT: booking.NoVAT, Meaning: "other"},
			}
			for raw, account := range accounts(c.fits, c.not) {
				entry, _ := voucherOf(t, s, payout.Line{Kind: payout.Fee, RawType: raw, FeeExVAT: sek(1_00)})
				require.Equal(t, []string{"debit " + account + " 1.00", "credit 1930 1.00"}, postings(entry.Voucher), "%q", raw)
			}
		})
	}
}

func accounts(fits, not []string) map[string]string {
	want := map[string]string{}
	for _, raw := range fits {
		want[raw] = "6064"
	}
	for _, raw := range not {
		want[raw] = "6570"
	}
	return want
}
