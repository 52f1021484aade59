package server_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestACredentialOpensTheAPI(t *testing.T) {
	t.Parallel()
	k := start(t, nil)
	for name, c := range map[string]struct {
		authorization string
		status        int
	}{
		"the key as it is":                {"Basic " + apiKey, 200},
		"the key with a lower-case basic": {"basic " + apiKey, 200},
		"username and key in base64":      {basic(username + ":" + apiKey), 200},
		"nothing":                         {"", 401},
		"a wrong key":                     {"Basic klarna_test_api_WRONG", 401},
		"the key in base64":               {basic(apiKey), 401},
		"the key without a username":      {basic(":" + apiKey), 401},
		"another username":                {basic("K654321_abc:" + apiKey), 401},
		"the right user, a wrong key":     {basic(username + ":wrong"), 401},
		"another scheme":                  {"Bearer " + apiKey, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, body := k.send(http.MethodGet, k.url+"/settlements/v1/payouts", c.authorization, "")
			require.Equal(t, c.status, response.StatusCode)
			if c.status == http.StatusUnauthorized {
				require.Empty(t, body)
			}
		})
	}
}

func TestTheDocumentedExampleOfBasicAuthentication(t *testing.T) {
	t.Parallel()
	// The header is the worked example of Klarna's page on authentication.
	k := start(t, map[string]any{"username": "K000000_abc123"})
	response, _ := k.send(http.MethodGet, k.url+"/settlements/v1/payouts",
		"Basic SzAwMDAwMF9hYmMxMjM6a2xhcm5hX3Rlc3RfYXBpX1NFQ1JFVA==", "")
	require.Equal(t, http.StatusOK, response.StatusCode)
}

func TestEveryAnswerHasACorrelationID(t *testing.T) {
	t.Parallel()
	k := start(t, nil)
	seen := map[string]bool{}
	for _, c := range [][2]string{
		{"/payouts", "Basic " + apiKey}, {"/payouts/NONE", "Basic " + apiKey}, {"/payouts", "Basic wrong"},
	} {
		response, _ := k.send(http.MethodGet, k.url+"/settlements/v1"+c[0], c[1], "")
		id := response.Header.Get("klarna-correlation-id")
		require.Regexp(t, regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`), id)
		seen[id] = true
	}
	require.Len(t, seen, 3)
}

func TestAnErrorHasACodeAndItsMessages(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		path        string
		status      int
		code        string
		contentType string
	}{
		"an unknown payout":           {"/payouts/NONE", 404, "NOT_FOUND", "application/json"},
		"a report of none, as csv":    {"/reports/payout-with-transactions?payment_reference=NONE", 404, "NOT_FOUND", "text/csv"},
		"a report of none, as pdf":    {"/reports/payout?payment_reference=NONE", 404, "NOT_FOUND", "application/pdf"},
		"a report without reference":  {"/reports/payout", 400, "BAD_VALUE", "application/pdf"},
		"a page above the maximum":    {"/payouts?size=501", 400, "BAD_VALUE", "application/json"},
		"a page of nothing":           {"/payouts?size=0", 400, "BAD_VALUE", "application/json"},
		"a size that is no number":    {"/transactions?payment_reference=XISA93DJ&size=all", 400, "BAD_VALUE", "application/json"},
		"a negative offset":           {"/payouts?offset=-1", 400, "BAD_VALUE", "application/json"},
		"a date that is none":         {"/payouts?start_date=yesterday", 400, "BAD_VALUE", "application/json"},
		"a date without a zone":       {"/payouts?end_date=2026-04-02T00:00:00", 400, "BAD_VALUE", "application/json"},
		"a summary without dates":     {"/payouts/summary?start_date=2026-04-01", 400, "BAD_VALUE", "application/json"},
		"a range report without them": {"/reports/payouts-summary", 400, "BAD_VALUE", "application/pdf"},
		"rows of nothing in question": {"/transactions", 400, "BAD_VALUE", "application/json"},
		"a path that Klarna has not":  {"/payments", 403, "NOT_ALLOWED", "application/json"},
	}
	denied := start(t, map[string]any{"denied": []string{"settlements"}})
	response, body := denied.settlements("/payouts")
	require.Equal(t, 403, response.StatusCode)
	require.Contains(t, body, "NOT_ALLOWED")
	for style, member := range map[string]string{"messages": "error_messages", "message": "error_message"} {
		k := start(t, map[string]any{"error_style": style})
		for name, c := range cases {
			t.Run(style+": "+name, func(t *testing.T) {
				t.Parallel()
				response, body := k.settlements(c.path)
				require.Equal(t, c.status, response.StatusCode)
				require.Equal(t, c.contentType, response.Header.Get("Content-Type"))
				var got map[string]any
				require.NoError(t, json.Unmarshal([]byte(body), &got), "errors are JSON whatever the type says")
				require.Len(t, got, 3)
				require.Equal(t, c.code, got["error_code"])
				require.Equal(t, response.Header.Get("klarna-correlation-id"), got["correlation_id"])
				if style == "message" {
					require.IsType(t, "", got[member])
				} else {
					require.Len(t, got[member], 1)
				}
			})
		}
	}
}
