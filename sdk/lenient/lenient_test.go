package lenient_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/sdk/lenient"
)

// row has one member of each type.
type row struct {
	Text   lenient.Text
	Int    lenient.Int
	Number lenient.Number
	Bool   lenient.Bool
	Date   lenient.Date
}

func Example() {
	var invoice struct {
		Number lenient.Text
		Total  lenient.Number
	}
	_ = json.Unmarshal([]byte(`{"number":1001,"total":"12.50"}`), &invoice)
	fmt.Println(invoice.Number, invoice.Total)
	// Output: 1001 12.5
}

func TestAValueIsTakenInEverySpelling(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"Text":"7","Int":7,"Number":7.50,"Bool":true,"Date":"2026-03-10"}`,
		`{"Text":7,"Int":"7","Number":"7.5","Bool":"true","Date":"2026-03-10 00:00:00"}`,
	} {
		var r row
		require.NoError(t, json.Unmarshal([]byte(text), &r))
		require.Equal(t, lenient.Text("7"), r.Text)
		require.Equal(t, lenient.Int(7), r.Int)
		require.Equal(t, "7.5", r.Number.String())
		require.True(t, bool(r.Bool))
		require.Equal(t, "2026-03-10", r.Date.String())
	}
}

func TestNoneIsZero(t *testing.T) {
	t.Parallel()
	for _, none := range []string{`null`, `""`} {
		r := row{Text: "x", Int: 7, Bool: true}
		require.NoError(t, json.Unmarshal(fmt.Appendf(nil, `{"Text":%[1]s,"Int":%[1]s,"Number":%[1]s,"Bool":%[1]s,"Date":%[1]s}`, none), &r))
		require.Empty(t, r.Text)
		require.Zero(t, r.Int)
		require.True(t, r.Number.IsZero())
		require.False(t, bool(r.Bool))
		require.True(t, r.Date.IsZero())
	}
}

func TestSomethingElseIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"Text":{}}`, `{"Text":true}`, `{"Int":1.5}`, `{"Int":"ett"}`, `{"Int":"99999999999999999999"}`, `{"Int":[]}`,
		`{"Number":"ett"}`, `{"Number":true}`, `{"Number":"1e999999999999"}`, `{"Bool":1}`, `{"Bool":"ja"}`,
		`{"Date":"30/1 2023"}`, `{"Date":"2023-02-30"}`, `{"Date":{}}`,
	} {
		require.Error(t, json.Unmarshal([]byte(text), &row{}), text)
	}
}

func FuzzRow(f *testing.F) {
	for _, seed := range []string{`{"Text":7,"Int":"7","Number":"7.5","Bool":"true","Date":""}`, `{"Number":-1e2}`, `null`, `[]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var r row
		if json.Unmarshal(text, &r) == nil && !r.Date.IsZero() {
			require.Len(t, r.Date.String(), len("2026-03-10"))
		}
	})
}
