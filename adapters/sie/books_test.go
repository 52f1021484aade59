package sie_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sie"
	"github.com/kvitt/kvitt/core/fault"
)

func TestBooksOfAYear(t *testing.T) {
	t.Parallel()
	raw, err := os.Open(filepath.Join("testdata", "year.se"))
	require.NoError(t, err)
	defer func() { _ = raw.Close() }()
	file, err := sie.Read(raw)
	require.NoError(t, err)
	_, err = raw.Seek(0, 0)
	require.NoError(t, err)

	year, err := sie.Books{}.ReadYear(raw)
	require.NoError(t, err)
	require.Equal(t, file.Years[0].From, year.From)
	require.Equal(t, file.Years[0].To, year.To)
	require.Len(t, year.Vouchers, len(file.Vouchers))
	require.NotEmpty(t, year.Vouchers)
	for i, v := range year.Vouchers {
		want := file.Vouchers[i]
		require.Equal(t, want.Series+want.Number+want.Text+want.Date.String(), v.Series+v.Number+v.Text+v.Date.String())
		require.Len(t, v.Rows, len(want.Rows))
		for j, r := range v.Rows {
			require.Equal(t, want.Rows[j].Account, r.Account)
			require.Equal(t, want.Rows[j].Amount, r.Amount)
		}
	}
}

func TestBooksOfAYearInWhichNothingHappened(t *testing.T) {
	t.Parallel()
	year, err := sie.Books{}.ReadYear(strings.NewReader(
		"#FLAGGA 0\n#PROGRAM \"p\" 1\n#FORMAT PC8\n#GEN 20260101\n#SIETYP 4\n#FNAMN \"F\"\n#RAR 0 20260101 20261231\n#KONTO 1930 \"Bank\"\n"))
	require.NoError(t, err)
	require.Empty(t, year.Vouchers)
	require.Equal(t, "2026-12-31", year.To.String())
}

func TestFilesThatAreNoYearAreRefused(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]fault.Code{"import.si": sie.CodeNotYear, "missing": sie.CodeNotSIE} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(filepath.Join("testdata", name))
			if name != "missing" {
				require.NoError(t, err)
			}
			_, err = sie.Books{}.ReadYear(strings.NewReader(string(raw)))
			require.Equal(t, code, fault.CodeOf(err))
		})
	}
}
