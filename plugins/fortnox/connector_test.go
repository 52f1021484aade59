package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/sdk/wire/wiretest"
)

func TestTheDescriptionIsWholeAndTheSameOverTheWire(t *testing.T) {
	t.Parallel()
	d := New().Describe()
	require.Equal(t, "fortnox", d.ID)
	require.Equal(t, ports.Quota{Calls: 25, Window: 5_000_000_000, InFlight: 4, Account: []string{"client_id", "tenant_id"}}, d.Quota)
	require.Equal(t, map[string]string{"TenantId": "{tenant_id}"}, d.OAuth.Headers)
	for _, method := range []string{
		"Verify", "ListDocuments", "FindDocuments", "ListPayments", "EnsurePayment", "EnsureVoucher", "EnsureAttachment",
		"ListChoices", "Period", "ExportBooks", "EnsureInvoice", "EnsureCredit", "EnsureBooked", "EnsureCancelled", "ReadInvoice",
		"EnsureOrder", "EnsureOrderCancelled",
	} {
		op, declared := d.Operation(method)
		require.True(t, declared, method)
		require.Positive(t, op.Calls, method)
		require.LessOrEqual(t, max(op.Calls, op.RecoveryCalls), d.Quota.Calls, "the window can hold %s", method)
		require.Equal(t, op.Recovery != "", op.RecoveryCalls > 0, method)
	}
	over := wiretest.Client(t, New()).Describe()
	require.JSONEq(t, asJSON(t, d), asJSON(t, over))
}

func asJSON(tb testing.TB, value any) string {
	tb.Helper()
	text, err := json.Marshal(value)
	require.NoError(tb, err)
	return string(text)
}

func compile(tb testing.TB, raw []byte) *jsonschema.Schema {
	tb.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(tb, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(tb, compiler.AddResource("schema.json", document))
	schema, err := compiler.Compile("schema.json")
	require.NoError(tb, err)
	return schema
}

func TestTheSchemasTakeWhatIsRightAndRefuseWhatIsNot(t *testing.T) {
	t.Parallel()
	d := New().Describe()
	tests := map[string]struct {
		schema []byte
		text   string
		valid  bool
	}{
		"no settings":             {d.Settings, `{}`, true},
		"a mode of payment":       {d.Settings, `{"mode_of_payment":"KLARNA"}`, true},
		"an empty mode":           {d.Settings, `{"mode_of_payment":""}`, false},
		"an unknown setting":      {d.Settings, `{"mode":"KLARNA"}`, false},
		"a customer policy":       {d.Settings, `{"customer_policy":"own","oss_vat_type":"SEVAT","row_quantity":"real","terms_of_payment":"10"}`, true},
		"an unknown policy":       {d.Settings, `{"customer_policy":"none"}`, false},
		"credentials":             {d.Credentials, `{"client_id":"a","client_secret":"b","tenant_id":"4711"}`, true},
		"no secret":               {d.Credentials, `{"client_id":"a","tenant_id":"4711"}`, false},
		"a tenant that is a name": {d.Credentials, `{"client_id":"a","client_secret":"b","tenant_id":"acme"}`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(test.text)))
			require.NoError(t, err)
			err = compile(t, test.schema).Validate(document)
			require.Equal(t, test.valid, err == nil, "%v", err)
		})
	}
}

func TestEveryPropertyIsExplainedAndTheSecretIsHidden(t *testing.T) {
	t.Parallel()
	hidden := map[string]bool{}
	for _, raw := range [][]byte{settingsSchema, credentialsSchema} {
		var schema struct {
			Properties map[string]struct {
				Title, Description string
				WriteOnly          bool
			}
		}
		require.NoError(t, json.Unmarshal(raw, &schema))
		for name, p := range schema.Properties {
			require.NotEmpty(t, p.Title, name)
			require.NotEmpty(t, p.Description, name)
			hidden[name] = p.WriteOnly
		}
	}
	require.Equal(t, map[string]bool{
		"mode_of_payment": false, "customer_policy": false, "oss_vat_type": false, "row_quantity": false, "terms_of_payment": false,
		"client_id": false, "client_secret": true, "tenant_id": false,
	}, hidden)
}

// methods calls every method once with a call.
func methods(ctx context.Context, c everything, call ports.Call, tb testing.TB) map[string]error {
	errs := map[string]error{}
	write := ports.Write{Call: call, Key: "kv:1;", Attempt: 1}
	_, errs["Verify"] = c.Verify(ctx, ports.VerifyRequest{Call: call, Today: noon(tb, "2026-04-20")})
	_, errs["ListDocuments"] = c.ListDocuments(ctx, ports.ListDocumentsRequest{Call: call})
	_, errs["FindDocuments"] = c.FindDocuments(ctx, ports.FindDocumentsRequest{Call: call, Reference: invoice.OCR, Value: "1"})
	_, errs["ListPayments"] = c.ListPayments(ctx, ports.ListPaymentsRequest{Call: call, DocumentNumber: "1001"})
	_, errs["EnsurePayment"] = c.EnsurePayment(ctx, ports.PaymentRequest{Write: write, Payment: payment("1001", invoice.Invoice, "1.00")})
	_, errs["EnsureVoucher"] = c.EnsureVoucher(ctx, ports.VoucherRequest{Write: write, Series: "K", Voucher: aVoucher(tb)})
	_, errs["EnsureAttachment"] = c.EnsureAttachment(ctx, ports.AttachmentRequest{
		Write: write, Voucher: ports.VoucherNumber{Series: "K", Number: "1", Year: "3"}, FileName: "a.pdf", MediaType: "application/pdf", Content: []byte("x"),
	})
	_, errs["EnsureInvoice"] = c.EnsureInvoice(ctx, ports.InvoiceRequest{Write: write, Draft: aSale()})
	_, errs["EnsureCredit"] = c.EnsureCredit(ctx, ports.CreditRequest{Write: write, Draft: aReturn(), Original: "1001", Linked: true})
	_, errs["EnsureBooked"] = c.EnsureBooked(ctx, ports.DocumentRequest{Write: write, Number: "1006", Kind: invoice.Invoice})
	_, errs["EnsureCancelled"] = c.EnsureCancelled(ctx, ports.DocumentRequest{Write: write, Number: "1007", Kind: invoice.Invoice})
	_, errs["ReadInvoice"] = c.ReadInvoice(ctx, ports.ReadInvoiceRequest{Call: call, Number: "1001", Kind: invoice.Invoice})
	order, err := c.EnsureOrder(ctx, ports.OrderRequest{Write: write, Draft: aSale()})
	errs["EnsureOrder"] = err
	_, errs["EnsureOrderCancelled"] = c.EnsureOrderCancelled(ctx, ports.CancelOrderRequest{Write: write, Number: cmp.Or(order.Number, "1")})
	_, errs["ListChoices"] = c.ListChoices(ctx, ports.ChoicesRequest{Call: call, Kind: ports.ChooseAccount, On: on("2026-04-20")})
	_, errs["Period"] = c.Period(ctx, ports.PeriodRequest{Call: call, On: on("2026-04-20")})
	_, errs["ExportBooks"] = c.ExportBooks(ctx, ports.ExportBooksRequest{Call: call, On: on("2026-04-20")})
	return errs
}

func TestACallWithoutTokenOrWithWrongSettingsSendsNothing(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		untrusted := r.call(25)
		untrusted.Connection.Credentials = map[string]string{"client_secret": "exampleSecret"}
		for method, err := range methods(t.Context(), c, untrusted, t) {
			r.requireFault(err, CodeTokenMissing, fault.Auth)
			require.NotContains(t, err.Error(), "exampleSecret", method)
		}
		wrong := r.call(25)
		wrong.Connection.Settings = json.RawMessage(`{"mode":"KLARNA"}`)
		for _, err := range methods(t.Context(), c, wrong, t) {
			r.requireFault(err, CodeSettings, fault.Validation)
		}
		require.Empty(t, r.requests())
	})
}

func TestNoMethodSpendsMoreThanItsGrant(t *testing.T) {
	t.Parallel()
	for grant := range 3 {
		r := start(t)
		c := New()
		for method, err := range methods(t.Context(), c, r.call(grant), t) {
			if err != nil {
				usage, known := ports.UsageOf(err)
				require.True(t, known, method)
				require.LessOrEqual(t, usage.Calls, grant, method)
			}
		}
	}
}

// A remote system that repeats everything it was sent, to see whether any of it
// comes out again.
func TestNoErrorAndNoLogTellsASecret(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 302, 400, 401, 403, 404, 429, 500} {
		remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			said := r.Header.Get("Authorization") + " " + r.URL.String()
			w.Header().Set("X-Uid", said)
			w.Header().Set("Location", "https://example.com/"+said)
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(map[string]any{"ErrorInformation": map[string]any{"error": 1, "message": said, "code": 2999999}})
		}))
		t.Cleanup(remote.Close)
		var log bytes.Buffer
		ctx := sdk.WithLogger(t.Context(), hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: &log, JSONFormat: true}))
		call := ports.Call{Grant: 25, Connection: ports.Connection{
			ID: "c1", Credentials: map[string]string{client.AccessToken: "the-secret-token"}, Hosts: map[string]string{client.Base: remote.URL},
		}}
		for method, err := range methods(ctx, New(), call, t) {
			if method == "Verify" && err == nil {
				continue // the refusal is in the report, see the next test
			}
			require.Error(t, err, "%s %d", method, status)
			f := fault.Of(err)
			require.NotContains(t, err.Error()+f.Remedy+f.Field+f.Reason, "the-secret-token", method)
		}
		report, _ := New().Verify(ctx, ports.VerifyRequest{Call: call, Today: noon(t, "2026-04-20")})
		require.NotContains(t, asJSON(t, report), "the-secret-token")
		require.NotContains(t, log.String(), "the-secret-token")
	}
}

// With Fortnox's own limit in force the 26th call of a window is refused; the hub
// learns how many were, and waits.
func TestARefusalForTooManyCallsIsCounted(t *testing.T) {
	t.Parallel()
	r := start(t, func(w *world.Fortnox) { w.RateLimit = world.RateLimit{WindowMS: 3_600_000} })
	c := New()
	for range 25 {
		_, err := c.ListDocuments(t.Context(), ports.ListDocumentsRequest{Call: r.call(1)})
		require.NoError(t, err)
	}
	for method, err := range methods(t.Context(), c, r.call(25), t) {
		usage, known := ports.UsageOf(err)
		require.True(t, known, method)
		require.Equal(t, ports.Usage{Calls: 1, RateLimited: 1}, usage, method)
		require.Equal(t, fault.RateLimited, fault.ClassOf(err), method)
	}
	require.Equal(t, 1, r.counts()["invoice_payments"])
}

// Only a request that never had a connection proves that nothing was sent.
func TestAFortnoxThatCannotBeReachedHasDoneNothing(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	r := &remote{tb: t, token: "opaque-token", hosts: map[string]string{client.Base: gone.URL}}
	for method, err := range methods(t.Context(), New(), r.call(25), t) {
		r.requireFault(err, "upstream.unreachable", fault.NotSent)
		require.NotEmpty(t, method)
	}
}

func TestAHostThatIsNotDeclaredIsNeverCalled(t *testing.T) {
	t.Parallel()
	r := &remote{tb: t, token: "opaque-token", hosts: map[string]string{client.Base: "not a url"}}
	for _, err := range methods(t.Context(), New(), r.call(25), t) {
		r.requireFault(err, "upstream.host_refused", fault.NotSent)
	}
}
