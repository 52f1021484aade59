package client

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/jsonpage"
	"github.com/kvitt/kvitt/sdk/upstream"
)

func TestKlarnasOwnSampleOfAnOrderIsRead(t *testing.T) {
	t.Parallel()
	text := sample(t, "OrderManagementGetOrderResponse.json")
	require.Contains(t, string(text), "1981-09-06")
	kept, err := impersonal(text)
	require.NoError(t, err)
	require.NotContains(t, string(kept), "1981-09-06")
	require.NotContains(t, string(kept), "national_identification_number")
	item, err := jsonpage.Object(kept, ReadOrder)
	require.NoError(t, err)
	o := item.Value
	require.Equal(t, "f3392f8b-6116-4073-ab96-e330819e2c07", o.ID)
	require.Equal(t, []string{"K4MADNY", "10001", "501"}, []string{o.KlarnaReference, o.MerchantReference1, o.MerchantReference2})
	require.Equal(t, []string{"AUTHORIZED", "ACCEPTED", "usd", "us", "INVOICE"}, []string{o.Status, o.FraudStatus, o.Currency, o.Country, o.Method.Type})
	require.Equal(t, Address{
		GivenName: "Klara", FamilyName: "Joyce", Street: "Apartment 10", Street2: "1 Safeway", Postcode: "12345", City: "Knoxville",
		Country: "us", Email: "klara.joyce@klarna.com", Phone: "1-555-555-5555",
	}, o.Billing)
	require.Equal(t, o.Billing, o.Shipping)
	require.Equal(t, "physical", o.Lines[0].Type)
	require.Equal(t, "75001", o.Lines[0].Reference)
	require.Equal(t, "pcs.", o.Lines[0].Unit)
	require.EqualValues(t, 1, o.Lines[0].Quantity)
	require.Equal(t, "4ba29b50-be7b-44f5-a492-113e6a865e22", o.Captures[0].ID)
	require.Equal(t, "2015-11-19T01:51:17+00:00", o.Captures[0].At)
	require.Len(t, o.Refunds[0].Lines, 1)
}

func TestNothingOfTheCustomersPersonIsKept(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"customer":{"date_of_birth":"1981-09-06"},"a":1}`:                 `{"customer":{},"a":1}`,
		` { "a" : 1 , "customer" : { "x" : {"y":"1981-09-06"} } } `:         ` { "a" : 1 , "customer" : {} } `,
		`{"\u0063ustomer":{"d":"1981-09-06"}}`:                              `{"\u0063ustomer":{}}`,
		`{"Customer":{"d":"1981-09-06"},"b":"å","CUSTOMER":"198109061234"}`: `{"Customer":{},"b":"å","CUSTOMER":{}}`,
		`{"customer":null}`: `{"customer":{}}`,
		`{"a":1}`:           `{"a":1}`,
	} {
		kept, err := impersonal([]byte(body))
		require.NoError(t, err)
		require.Equal(t, want, string(kept))
	}
	for _, body := range []string{`{"customer":{},"customer":{"d":"1981-09-06"}}`, `{"customer":{"d":"1981-09-06"}`, `["1981-09-06"]`, ``} {
		_, err := impersonal([]byte(body))
		require.Equal(t, upstream.CodeUnreadable, fault.CodeOf(err))
		require.NotContains(t, err.Error(), "1981")
	}
}

func FuzzNothingOfTheCustomersPersonIsKept(f *testing.F) {
	f.Add(`{"customer":{"date_of_birth":"SECRET"},"a":[1,{"b":null}]}`)
	f.Add(` { "a" : "\u00e5" , "customer":"SECRET" }`)
	f.Fuzz(func(t *testing.T, body string) {
		kept, err := impersonal([]byte(body))
		if err != nil {
			return
		}
		var before, after map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(body), &before))
		require.NoError(t, json.Unmarshal(kept, &after))
		for name, text := range before {
			if strings.EqualFold(name, "customer") {
				text = json.RawMessage("{}")
			}
			require.Equal(t, string(text), string(after[name]))
		}
	})
}
