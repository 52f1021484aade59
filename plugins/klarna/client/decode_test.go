package client

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/jsonpage"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// sample reads one of the test payloads of Klarna's own SDK, which are kept
// outside the repository.
func sample(t *testing.T, name string) []byte {
	t.Helper()
	folder := os.Getenv("KVITT_SHARED")
	if folder == "" {
		folder = "../../../../shared"
	}
	text, err := os.ReadFile(filepath.Join(folder, "specs", "klarna", "samples", name))
	if err != nil {
		t.Skip("Klarna's samples are not here")
	}
	return text
}

func TestKlarnasOwnSampleOfPayoutsIsRead(t *testing.T) {
	t.Parallel()
	page, err := readPage(upstream.Answer{Body: sample(t, "SettlementsGetAllPayoutsResponse.json")}, "payouts", 0, ReadPayout)
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	require.EqualValues(t, 42, *page.Announced.Total)
	require.EqualValues(t, 10, *page.Announced.Offset)
	p := page.Items[0].Value
	require.Equal(t, "XISA93DJ", p.PaymentReference)
	require.Equal(t, time.Date(2016, 12, 14, 7, 52, 26, 0, time.UTC), p.PayoutDate)
	require.EqualValues(t, "USD", p.Currency)
	require.Equal(t, Net, p.SettlementType)
	require.EqualValues(t, 550, p.Totals.Minor("settlement_amount"))
	require.EqualValues(t, 500, p.Totals.Minor("sale_amount"))
	require.Zero(t, p.Totals.Minor("charge_amount"), "a total that is missing is 0")

	one, err := jsonpage.Object(sample(t, "SettlementsGetPayoutResponse.json"), ReadPayout)
	require.NoError(t, err)
	require.Equal(t, p.PaymentReference, one.Value.PaymentReference)
}

func TestKlarnasOwnSampleOfTransactionsIsRead(t *testing.T) {
	t.Parallel()
	page, err := readPage(upstream.Answer{Body: sample(t, "SettlementsGetTransactionsResponse.json")}, "transactions", 0, ReadTransaction)
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	row := page.Items[0].Value
	require.EqualValues(t, 2000, *row.Amount)
	require.Equal(t, "SALE", row.Type)
	require.Equal(t, "33db6f16-9f43-43fa-a587-cc51411c98e4", row.CaptureID)
	require.Equal(t, "ce17b4cb-147f-48b7-b8e6-dde2fa397f04", row.OrderID)
}

// standing gives the bytes of a page at the place of a value.
func standing(page []byte, v jsonpage.Value) []byte {
	raw := v.Raw(ports.RawPage{})
	return page[raw.Offset : raw.Offset+raw.Length]
}

func TestItemsPointToTheirBytesInAnySpacing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"transactions":[{"type":"SALE","amount":1},{"type":"FEE","amount":2}],"pagination":{"count":2}}`,
		"\n{ \"pagination\" : {\"count\":2} ,\t\"transactions\" : [ {\"type\":\"SALE\", \"amount\":1 } ,\r\n {\"amount\":2,\"type\":\"FEE\"}\n] }\n",
		`{"\u0074ransactions":[{"type":"SALE","amount":1,"klarna_comment":"å\u00e5}{]["},{"type":"FEE","amount":2,"x":[{}]}],"pagination":{}}`,
	} {
		page, err := readPage(upstream.Answer{Body: []byte(text)}, "transactions", 0, ReadTransaction)
		require.NoError(t, err)
		require.Len(t, page.Items, 2)
		for i, kind := range []string{"SALE", "FEE"} {
			item := page.Items[i]
			again, err := ReadTransaction(jsonpage.Whole(standing([]byte(text), item.JSON)), "")
			require.NoError(t, err)
			require.Equal(t, item.Value, again)
			require.Equal(t, kind, again.Type)
		}
	}
}

func TestARowIsCountedFromTheBeginningOfItsList(t *testing.T) {
	t.Parallel()
	text := `{"transactions":[{"type":"SALE","amount":1},{"type":"SALE"}],"pagination":{"count":2}}`
	_, err := readPage(upstream.Answer{Body: []byte(text)}, "transactions", 500, ReadTransaction)
	require.Equal(t, payout.CodeLineInvalid, fault.CodeOf(err))
	require.Equal(t, "transactions[501].amount", fault.Of(err).Field)
}

func TestMomentsAreReadInBothSpellings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"2015-11-29T10:25:40.000Z":      time.Date(2015, 11, 29, 10, 25, 40, 0, time.UTC),
		"2015-11-19T01:51:17+00:00":     time.Date(2015, 11, 19, 1, 51, 17, 0, time.UTC),
		"2015-11-19T01:51:17Z":          time.Date(2015, 11, 19, 1, 51, 17, 0, time.UTC),
		"2015-11-19T01:51:17.125+02:00": time.Date(2015, 11, 18, 23, 51, 17, 125_000_000, time.UTC),
	} {
		got, err := ReadTime(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"", "2015-11-19", "2015-11-19 01:51:17", "2015-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00"} {
		_, err := ReadTime(text)
		require.Error(t, err, text)
	}
}

func FuzzPage(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `[]`, `null`, `{"transactions":null,"pagination":{}}`, `{"transactions":[null],"pagination":{}}`,
		`{"transactions":[{"type":"SALE","amount":1,"vat_rate":2500},{}],"pagination":{"count":2,"total":2,"next":null}}`,
		` { "pagination":{"count":1e2}, "transactions":[ {"amount" : -9223372036854775808 , "type":"X"} ] } `,
		`{"transactions":[{"type":"SALE","amount":1}],"pagination":{}}{}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		page, err := readPage(upstream.Answer{Body: body}, "transactions", 0, ReadTransaction)
		if err != nil {
			if code := fault.CodeOf(err); code != upstream.CodeUnreadable && code != payout.CodeLineInvalid {
				t.Fatalf("a fault of its own: %v", err)
			}
			return
		}
		for _, item := range page.Items {
			again, err := ReadTransaction(jsonpage.Whole(standing(body, item.JSON)), "")
			if err != nil {
				t.Fatalf("the bytes of a row are not the row: %v", err)
			}
			require.Equal(t, item.Value, again)
		}
	})
}

func FuzzPayout(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `{"totals":{}}`, `{"totals":[]}`, `{"totals":null}`,
		`{"payment_reference":"P","payout_date":"2026-04-02T07:45:00Z","currency_code":"SEK","totals":{"settlement_amount":1,"repay_amount":7}}`,
		`{"payment_reference":"P","payout_date":"2026-04-02T07:45:00.000Z","currency_code":"sek","totals" : { "settlement_amount" : -1 , "x":null}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		item, err := jsonpage.Object(body, ReadPayout)
		if err != nil {
			if code := fault.CodeOf(err); code != upstream.CodeUnreadable && code != CodePayoutInvalid {
				t.Fatalf("a fault of its own: %v", err)
			}
			return
		}
		for name, total := range item.Value.Totals {
			var number int64
			if err := json.Unmarshal(standing(body, total.JSON), &number); err != nil || number != total.Minor {
				t.Fatalf("%s does not stand at its place: %v", name, err)
			}
		}
	})
}
