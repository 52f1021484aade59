package sie_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sie"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// published gives the folder of files that accounting programs wrote and the SIE
// group published. They may not be copied, so that most machines lack them.
func published(t testing.TB) string {
	t.Helper()
	candidates := []string{filepath.Join(os.Getenv("KVITT_SHARED"), "specs", "sie")}
	directory, err := os.Getwd()
	require.NoError(t, err)
	for directory != filepath.Dir(directory) {
		directory = filepath.Dir(directory)
		candidates = append(candidates, filepath.Join(directory, "shared", "specs", "sie"))
	}
	for _, candidate := range candidates {
		if _, err := os.Stat(filepath.Join(candidate, "exempelfil-4e.se")); err == nil {
			return candidate
		}
	}
	return ""
}

// The counts and sums were taken with another reader.
func TestPublishedFilesAreReadToTheLastRow(t *testing.T) {
	t.Parallel()
	folder := published(t)
	if folder == "" {
		t.Skip("the published files are not here")
	}
	cases := map[string]struct {
		kind                   sie.Type
		vouchers, rows, charts int
		debit                  int64
	}{
		"bl-administration-4i.si":         {sie.Import, 1, 10, 0, 3313_00},
		"visma-fakturering-4i.si":         {sie.Import, 1, 3, 3, 8000_00},
		"visma-anlaggningsregister-4i.si": {sie.Import, 1, 18, 0, 125159_00},
		"visma-administration-4i.si":      {sie.Import, 47, 128, 15, 3055147_00},
		"kontek-lon-4i.si":                {sie.Import, 1, 25, 0, 216398_03},
		"norstedts-bokslut-4i-ksumma.si":  {sie.Import, 2, 4, 351, 1114488_11},
		"fortnox-4i.si":                   {sie.Import, 165, 869, 133, 69626519_00},
		"exempelfil-4e.se":                {sie.Export, 26, 148, 540, 2095874_90},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := os.Open(filepath.Join(folder, name))
			require.NoError(t, err)
			defer func() { _ = raw.Close() }()
			file, err := sie.Read(raw)
			require.NoError(t, err)
			rows, debit := 0, money.Zero("SEK")
			for _, voucher := range file.Vouchers {
				for _, row := range voucher.Rows {
					rows++
					if row.Amount.Sign() > 0 {
						debit, err = debit.Add(row.Amount)
						require.NoError(t, err)
					}
				}
			}
			require.Equal(t, c.kind, file.Type)
			require.Len(t, file.Vouchers, c.vouchers)
			require.Equal(t, c.rows, rows)
			require.Len(t, file.Accounts, c.charts)
			require.Equal(t, sek(c.debit), debit)
			require.NotEmpty(t, file.CompanyName)
		})
	}
}

func TestThePublishedFileWithAWrongVoucherIsRefused(t *testing.T) {
	t.Parallel()
	folder := published(t)
	if folder == "" {
		t.Skip("the published files are not here")
	}
	raw, err := os.Open(filepath.Join(folder, "avendo-bad-balance-4e.se"))
	require.NoError(t, err)
	defer func() { _ = raw.Close() }()
	_, err = sie.Read(raw)
	require.Equal(t, sie.CodeUnbalanced, fault.CodeOf(err))
	require.ErrorContains(t, err, "-12771.00")
}
