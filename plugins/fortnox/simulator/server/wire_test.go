package server_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

func TestThe26thRequestIsTooMany(t *testing.T) {
	t.Parallel()
	s := start(t, func(w *world.Fortnox) { w.RateLimit = world.RateLimit{WindowMS: 3_600_000} })
	for range 25 {
		status, _ := s.call("GET", "/3/companyinformation", "")
		require.Equal(t, http.StatusOK, status)
	}
	s.login() // a fresh token of the same tenant shares the window
	response, err := http.DefaultClient.Do(s.request("GET", "/3/companyinformation", ""))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusTooManyRequests, response.StatusCode)
	require.Empty(t, response.Header.Get("Retry-After"))
	_, log := s.call("GET", "/_sim/requests", "")
	require.EqualValues(t, 1, log["rate_limited"])
}

func TestErrorKeysComeInTwoCasings(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, _, body := s.send(s.request("GET", "/3/invoices/123456789", ""))
	require.JSONEq(t, `{"ErrorInformation":{"Error":1,"Message":"Kan inte hitta fakturan.","Code":2000434}}`, body)
	_, _, body = s.send(s.request("GET", "/3/invoices?filter=doesntexist", ""))
	require.JSONEq(t, `{"ErrorInformation":{"error":1,"message":"Ett ogiltigt filter har använts.","code":2000587}}`, body)
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s := start(t)

	t.Run("a PUT without a body needs a content type", func(t *testing.T) {
		request := s.request("PUT", "/3/invoices/1006/bookkeep", "")
		request.Header.Del("Content-Type")
		status, _, body := s.send(request)
		require.Equal(t, http.StatusBadRequest, status)
		require.Contains(t, body, `"code":1000031`)
		require.Equal(t, false, s.do("GET", "/3/invoices/1006", "", "Invoice")["Booked"])
	})
	t.Run("only JSON is answered", func(t *testing.T) {
		request := s.request("GET", "/3/invoices", "")
		request.Header.Set("Accept", "text/csv")
		_, _, body := s.send(request)
		require.Contains(t, body, `"code":1000030`)
	})
	t.Run("every answer bears a support id", func(t *testing.T) {
		for _, path := range []string{"/3/invoices", "/3/invoices/0"} {
			response, err := http.DefaultClient.Do(s.request("GET", path, ""))
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			require.Regexp(t, `^[0-9a-f]{8}$`, response.Header.Get("X-Uid"))
		}
	})
	t.Run("a trailing slash does not matter", func(t *testing.T) {
		items, _ := s.list("/3/financialyears/?date=2026-04-20", "FinancialYears")
		require.Len(t, items, 1)
	})
}

func TestBodiesAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	for name, c := range map[string]struct {
		body string
		code int
	}{
		"that are empty":                    {"", 2001392},
		"without the wrapper":               {`{"InvoiceNumber":1001}`, 2001392},
		"that are no JSON":                  {`{"InvoicePayment":`, 2002115},
		"with a field that does not exist":  {`{"InvoicePayment":{"InvoiceNumber":1001,"Betalt":true}}`, 2001399},
		"with a field that is read-only":    {`{"InvoicePayment":{"InvoiceNumber":1001,"Booked":true}}`, 2001399},
		"with the currency of a payment":    {`{"InvoicePayment":{"InvoiceNumber":1001,"Currency":"SEK"}}`, 2001399},
		"with a text for an amount":         {`{"InvoicePayment":{"InvoiceNumber":1001,"Amount":"mycket"}}`, 2000108},
		"without an invoice":                {`{"InvoicePayment":{"Amount":1}}`, 2001795},
		"with letters in an invoice number": {`{"InvoicePayment":{"InvoiceNumber":"1001a","Amount":1}}`, 2000108},
	} {
		t.Run(name, func(t *testing.T) {
			s.refused("POST", "/3/invoicepayments", c.body, http.StatusBadRequest, c.code)
		})
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	s := start(t)
	for name, path := range map[string]string{
		"an unknown one":          "/3/invoices?nonsense=1",
		"one in capitals":         "/3/invoices?OCR=1",
		"a limit of zero":         "/3/invoices?limit=0",
		"a limit of letters":      "/3/invoices?limit=all",
		"page zero":               "/3/invoices?page=0",
		"sorting by what is not":  "/3/invoices?sortby=balance",
		"sorting sideways":        "/3/invoices?sortorder=sideways",
		"a time that is none":     "/3/invoices?lastmodified=igår",
		"a date that is none":     "/3/invoices?fromdate=2026-02-30",
		"a search of elsewhere":   "/3/invoicepayments?ocr=1",
		"SIE of type 1":           "/3/sie/1",
		"a broken percent escape": "/3/invoices?ocr=%zz",
	} {
		t.Run(name, func(t *testing.T) { s.refused("GET", path, "", http.StatusBadRequest, 2000588) })
	}
}

func TestMissingScopesAndLicences(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		scopes, licences []string
		path             string
		status, code     int
	}{
		"a scope that was not consented to": {scopes: []string{"payment"}, path: "/3/invoicepayments", status: 403, code: 2000663},
		"no bookkeeping licence":            {licences: []string{"bookkeeping"}, path: "/3/vouchers", status: 400, code: 2001101},
		"no invoicing licence":              {licences: []string{"invoicing"}, path: "/3/invoices", status: 400, code: 2001101},
		"no integration licence":            {licences: []string{"integration"}, path: "/3/companyinformation", status: 400, code: 2001103},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, func(w *world.Fortnox) { w.MissingScopes, w.MissingLicences = c.scopes, c.licences })
			s.refused("GET", c.path, "", c.status, c.code)
			status, _ := s.call("PUT", "/_sim/fortnox/switches", `{"missing_scopes":[],"missing_licences":[]}`)
			require.Equal(t, http.StatusOK, status)
			s.login()
			status, _ = s.call("GET", c.path, "")
			require.Equal(t, http.StatusOK, status)
		})
	}
}

func TestAnswersAreDatedByTheSimulatedClock(t *testing.T) {
	t.Parallel()
	s := start(t)
	response, err := http.DefaultClient.Do(s.request(http.MethodGet, "/3/companyinformation", ""))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	at, err := http.ParseTime(response.Header.Get("Date"))
	require.NoError(t, err)
	require.WithinDuration(t, s.control.Now(), at, time.Minute)
}
