package client

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

const token = "eyJhbGciOiJIUzI1NiJ9.secret.signature"

// answering is a client whose every request gets one answer.
func answering(tb testing.TB, status int, contentType, body string) *Client {
	tb.Helper()
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("X-Uid", "1a2b3c4d")
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}))
	tb.Cleanup(remote.Close)
	return New(ports.Call{Grant: 10, Connection: ports.Connection{
		Credentials: map[string]string{AccessToken: token}, Hosts: map[string]string{Base: remote.URL},
	}}, Options{})
}

func small(code int, message string) string {
	return fmt.Sprintf(`{"ErrorInformation":{"error":1,"message":%q,"code":%d}}`, message, code)
}

func capitals(code int, message string) string {
	return fmt.Sprintf(`{"ErrorInformation":{"Error":1,"Message":%q,"Code":%d}}`, message, code)
}

func TestRefusalsAreToldApart(t *testing.T) {
	t.Parallel()
	const json = "application/json"
	tests := map[string]struct {
		status            int
		contentType, body string
		code              fault.Code
		read, write       fault.Class
		reason            string
	}{
		"not found, capital keys": {
			404, json, capitals(2000434, "Kan inte hitta fakturan."), CodeNotFound, fault.NotFound, fault.NotFound,
			`Kan inte hitta fakturan", code 2000434, X-Uid 1a2b3c4d`,
		},
		"small keys":                  {400, json, small(2000401, "Perioden är låst."), CodePeriodLocked, fault.Conflict, fault.Conflict, "Perioden är låst"},
		"the code as a text":          {400, json, `{"ErrorInformation":{"error":"1","message":"Låst","code":"2002141"}}`, CodePeriodLocked, fault.Conflict, fault.Conflict, "Låst"},
		"by another content type":     {400, "text/html; charset=UTF-8", small(2000423, "Konto saknas"), CodeAccountMissing, fault.Validation, fault.Validation, "Konto"},
		"account of a row":            {400, json, small(2001304, "x"), CodeAccountMissing, fault.Validation, fault.Validation, ""},
		"inactive account":            {400, json, small(2000550, "x"), CodeAccountInactive, fault.Validation, fault.Validation, ""},
		"already paid":                {400, json, small(2003055, "x"), matching.CodeAlreadyPaid, fault.Conflict, fault.Conflict, ""},
		"before the invoice":          {400, json, small(2001089, "x"), CodeBeforeInvoice, fault.Validation, fault.Validation, ""},
		"characters":                  {400, json, small(2000359, "x"), CodeForbiddenCharacters, fault.Validation, fault.Validation, ""},
		"scope, 400":                  {400, json, small(2000663, "x"), CodeScopeMissing, fault.Auth, fault.Auth, ""},
		"scope, 403":                  {403, json, small(2000663, "x"), CodeScopeMissing, fault.Auth, fault.Auth, ""},
		"licence":                     {400, json, small(2001101, "x"), CodeLicenceMissing, fault.Auth, fault.Auth, ""},
		"licence for the interface":   {400, json, small(2001103, "x"), CodeLicenceMissing, fault.Auth, fault.Auth, ""},
		"a right":                     {400, json, small(2002455, "x"), CodeRightMissing, fault.Auth, fault.Auth, ""},
		"a missing year, in words":    {400, json, small(2999002, "Räkenskapsår saknas."), CodeYearMissing, fault.Validation, fault.Validation, ""},
		"a code nobody knows":         {400, json, small(2999999, "Något annat."), CodeRefused, fault.Validation, fault.Validation, "Något annat"},
		"a code nobody knows, 404":    {404, json, capitals(2999001, "Borta"), CodeNotFound, fault.NotFound, fault.NotFound, "Borta"},
		"a code nobody knows, 403":    {403, json, small(2999999, "Nej"), upstream.CodeForbidden, fault.Auth, fault.Auth, "Nej"},
		"an expired token":            {401, json, `{"message":"unauthorized"}`, upstream.CodeUnauthorized, fault.Auth, fault.Auth, "unauthorized"},
		"the token service, as text":  {401, "text/plain;charset=UTF-8", `{"error":"invalid_client","error_description":"The client credentials are invalid"}`, upstream.CodeUnauthorized, fault.Auth, fault.Auth, "The client credentials are invalid"},
		"the token service, as html":  {400, "text/html", `{"error":"invalid_grant"}`, upstream.CodeRefused, fault.Validation, fault.Validation, "invalid_grant"},
		"too many requests":           {429, json, `{"message":"too many requests"}`, upstream.CodeRateLimited, fault.RateLimited, fault.RateLimited, "too many"},
		"too many requests, a page":   {429, "text/html", "<html>", upstream.CodeRateLimited, fault.RateLimited, fault.RateLimited, ""},
		"a failure of theirs":         {500, json, small(1000003, "Systemfel"), upstream.CodeServerError, fault.Temporary, fault.Unknown, "Systemfel"},
		"their failure, blaming ours": {400, json, small(1000003, "Systemfel"), upstream.CodeServerError, fault.Temporary, fault.Unknown, "Systemfel"},
		"a known code, but a 500":     {500, json, small(2000401, "Låst"), upstream.CodeServerError, fault.Temporary, fault.Unknown, "Låst"},
		"an unknown page":             {404, "text/plain", "404 page not found", upstream.CodeNotFound, fault.NotFound, fault.NotFound, ""},
		"a redirect":                  {302, "text/html", "", upstream.CodeRedirected, fault.Temporary, fault.Unknown, ""},
		"the token repeated":          {400, json, small(2999999, "Fel "+token), CodeRefused, fault.Validation, fault.Validation, "[redacted]"},
		"a long message":              {400, json, small(2999999, "a\nb\"c"), CodeRefused, fault.Validation, fault.Validation, "a b c"},
		"no JSON though it says so":   {200, json, "OK", upstream.CodeUnreadable, fault.Temporary, fault.Unknown, "not JSON"},
		"another wrapper":             {200, json, `{"Order":{}}`, upstream.CodeUnreadable, fault.Temporary, fault.Unknown, "holds no"},
		"a wrapper with nothing":      {200, json, `{"Invoice":null,"Voucher":null}`, upstream.CodeUnreadable, fault.Temporary, fault.Unknown, "holds no"},
		"another type in the wrapper": {200, json, `{"Invoice":[],"Voucher":{"VoucherNumber":"ett"}}`, upstream.CodeUnreadable, fault.Temporary, fault.Unknown, "cannot be read"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := answering(t, test.status, test.contentType, test.body)
			_, reading := c.Invoice(t.Context(), "1")
			_, writing := c.CreateVoucher(t.Context(), 3, NewVoucher{})
			for class, err := range map[fault.Class]error{test.read: reading, test.write: writing} {
				f := fault.Of(err)
				require.NotNil(t, f)
				require.Equal(t, test.code, f.Code, "%v", err)
				require.Contains(t, []fault.Class{test.read, test.write}, class)
				require.Equal(t, fault.Upstream, f.Source)
				require.Contains(t, f.Reason, test.reason)
				require.NotContains(t, err.Error(), token)
			}
			require.Equal(t, test.read, fault.ClassOf(reading), "%v", reading)
			require.Equal(t, test.write, fault.ClassOf(writing), "%v", writing)
		})
	}
}

func TestEveryKnownCodeTellsWhatToDo(t *testing.T) {
	t.Parallel()
	for code, m := range meanings() {
		if m.Failed {
			continue
		}
		require.NotEmpty(t, m.Remedy, code)
		require.Contains(t, []fault.Class{fault.Validation, fault.Conflict, fault.NotFound, fault.Auth}, m.Class, "a refusal proves that nothing happened")
	}
}

func FuzzRefusal(f *testing.F) {
	for _, seed := range []string{small(2000401, "Låst"), capitals(2000434, "Borta"), `{"message":"unauthorized"}`, `{"error":"invalid_grant"}`, "", "null", "[]", "\xff"} {
		f.Add(400, []byte(seed), "1a2b3c4d")
	}
	f.Fuzz(func(t *testing.T, status int, body []byte, uid string) {
		got := refusals().Classify(upstream.Request{Method: http.MethodPost}, upstream.Answer{
			Status: status, Body: body, Header: http.Header{"X-Uid": {uid}},
		})
		if status >= 200 && status < 300 {
			require.Nil(t, got)
			return
		}
		require.NotNil(t, got)
		require.NotEmpty(t, got.Code)
		require.NotEmpty(t, got.Class)
		require.NotContains(t, got.Reason, "\n")
	})
}
