package jsonpage_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/jsonpage"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// row gives an item as it stands, with the path to name it by.
func row(item jsonpage.Value, where string) (string, error) {
	return where + "=" + string(item.Bytes), nil
}

func TestItemsKnowTheirPlaceInThePage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		page, path string
		first      int64
		want       []string
		offsets    []int64
	}{
		"under a name":        {`{"data":[{"a":1}, {"b":2} ]}`, "data", 0, []string{`data[0]={"a":1}`, `data[1]={"b":2}`}, []int64{9, 18}},
		"deep":                {` {"_embedded":{"payments":[ 7]}}`, "_embedded.payments", 0, []string{`payments[0]=7`}, []int64{28}},
		"the page itself":     {`[null,"é"]`, "", 0, []string{`[0]=null`, `[1]="é"`}, []int64{1, 6}},
		"counted on":          {`{"data":[1]}`, "data", 500, []string{`data[500]=1`}, []int64{9}},
		"nothing":             {`{"data":[]}`, "data", 0, nil, nil},
		"beside other things": {`{"next":null,"data":[1],"x":{"data":2}}`, "data", 0, []string{`data[0]=1`}, []int64{21}},
	} {
		items, err := jsonpage.List([]byte(c.page), c.path, c.first, row)
		require.NoError(t, err, name)
		require.Len(t, items, len(c.want), name)
		for i, item := range items {
			require.Equal(t, c.want[i], item.Value, name)
			require.Equal(t, c.offsets[i], item.JSON.Offset, name)
			raw := item.Raw(ports.RawPage{SHA256: "abc"})
			require.Equal(t, payout.Raw{Page: "abc", Offset: c.offsets[i], Length: int64(len(item.JSON.Bytes))}, raw, name)
			require.Equal(t, string(item.JSON.Bytes), c.page[raw.Offset:raw.Offset+raw.Length], name)
		}
	}
}

func TestAPageWithoutItsListCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ page, reason string }{
		"no JSON":              {`<html>Anna</html>`, "the answer is not what the remote system documents"},
		"an array":             {`["Anna"]`, "the answer is not what the remote system documents"},
		"no list":              {`{"Anna":1}`, "the answer is not what the remote system documents, see data: there is no such member"},
		"something else":       {`{"data":{"Anna":1}}`, "the answer is not what the remote system documents, see data"},
		"two lists":            {`{"data":[],"data":[]}`, "the answer is not what the remote system documents, see data: the member stands there twice"},
		"a broken item":        {`{"data":[{"Anna"}]}`, "the answer is not what the remote system documents, see data"},
		"something behind":     {`{"data":[]} Anna`, "the answer is not what the remote system documents"},
		"an end that is lacks": {`{"data":[1,`, "the answer is not what the remote system documents, see data"},
	} {
		_, err := jsonpage.List([]byte(c.page), "data", 0, row)
		require.Equal(t, upstream.CodeUnreadable, fault.CodeOf(err), name)
		require.Equal(t, fault.Temporary, fault.ClassOf(err), name)
		require.Equal(t, c.reason, fault.Of(err).Reason, name)
		require.NotContains(t, err.Error(), "Anna", name)
	}
}

func TestWhatIsWrongWithAnItemIsToldAsItIs(t *testing.T) {
	t.Parallel()
	wrong := fault.Invalid(payout.CodeLineInvalid, "data[0].amount", "a row needs an amount")
	_, err := jsonpage.List([]byte(`{"data":[{}]}`), "data", 0, func(jsonpage.Value, string) (int, error) { return 0, wrong })
	require.Same(t, wrong, fault.Of(err))
	_, err = jsonpage.Object([]byte(`{}`), func(jsonpage.Value, string) (int, error) { return 0, wrong })
	require.Same(t, wrong, fault.Of(err))
}

func TestOneObjectMayBeAPage(t *testing.T) {
	t.Parallel()
	item, err := jsonpage.Object([]byte(` {"a":1}`), row)
	require.NoError(t, err)
	require.Equal(t, `= {"a":1}`, item.Value)
	for _, page := range []string{`[]`, ``, `{"a":1,"a":2}`, `{} {}`} {
		_, err = jsonpage.Object([]byte(page), row)
		require.Equal(t, upstream.CodeUnreadable, fault.CodeOf(err), page)
	}
}

func TestTheMemberAtFaultIsNamed(t *testing.T) {
	t.Parallel()
	for page, path := range map[string]string{
		`{"totals":{"fee":1,"fee":2}}`: "totals.fee", `{"totals":{}}`: "totals.sale", `{"totals":1}`: "totals", `{}`: "totals",
	} {
		_, err := jsonpage.Whole([]byte(page)).Member("totals.sale")
		require.Equal(t, path, jsonpage.PathOf(err), page)
		require.ErrorContains(t, err, path+": ", page)
	}
	_, err := jsonpage.Whole([]byte(`{"a":1,"a":1}`)).Members()
	require.ErrorIs(t, err, jsonpage.ErrTwice)
	value, err := jsonpage.Whole([]byte(`{"a":null}`)).Member("a")
	require.NoError(t, err)
	require.True(t, value.IsNull())
}

func FuzzList(f *testing.F) {
	for _, seed := range []string{`{"data":[{"a":1}, 2 ]}`, `{"data":[]}`, `[]`, `{`, `{"data":[{"\ud800":"é"}]}`, `{"data":1,"data":[]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, page []byte) {
		items, err := jsonpage.List(page, "data", 0, row)
		if err != nil {
			require.Equal(t, upstream.CodeUnreadable, fault.CodeOf(err))
			return
		}
		var plain struct{ Data []json.RawMessage }
		require.NoError(t, json.Unmarshal(page, &plain))
		require.Len(t, items, len(plain.Data))
		for _, item := range items {
			require.True(t, json.Valid(page[item.JSON.Offset:item.JSON.Offset+int64(len(item.JSON.Bytes))]))
		}
	})
}

func FuzzMembers(f *testing.F) {
	for _, seed := range []string{`{"a":1,"b":{"c":[2]}}`, `{}`, ``, `{"a"`, `{"a":1}x`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		members, err := jsonpage.Whole(object).Members()
		if err != nil {
			require.NotContains(t, jsonpage.PathOf(err), ".")
			return
		}
		for _, m := range members {
			require.Equal(t, string(m.Bytes), string(object[m.Offset:m.Offset+int64(len(m.Bytes))]))
		}
	})
}
