package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
)

// specification is Fortnox's published OpenAPI document, below the shared folder.
const specification = "specs/fortnox/openapi.json"

// deviations are what the document has wrong or leaves out, by method and path, as
// the rest of Fortnox's own documentation and working clients show. Each must come
// up, or it is a deviation no more.
var deviations = map[string]string{
	"POST /3/vouchers Year":                        "the document demands Year in the body; the year goes into the query, and Fortnox reads it there only",
	"PUT /3/invoices CustomerNumber":               "the document demands the customer; an update changes only what it names",
	"VAT":                                          "the document has whole rates; 25.5 is taken (live tests of a client)",
	"GET parameters":                               "the document leaves out limit, offset and sortorder, which every list takes (developer guide, parameters)",
	"GET /3/financialyears date":                   "the document writes Date; parameters are in small letters (developer guide, parameters)",
	"GET /3/sie/4 financialyear":                   "the document writes financialYear; parameters are in small letters",
	"GET financialyear":                            "the document leaves the year out of accounts, series and connections, which are kept by year",
	"GET /3/vouchers/sublist fromdate":             "the document leaves out fromdate and todate (developer guide, parameters)",
	"GET /3/voucherfileconnections vouchernumber":  "the document leaves out every search parameter of connections",
	"POST /3/voucherfileconnections financialyear": "the document leaves the year out; without it the file lands on another year's voucher",
}

// inspector holds every request against the document on its way.
type inspector struct {
	next   http.RoundTripper
	router routers.Router

	mu     sync.Mutex
	asked  map[string]bool
	wrong  []string
	excuse map[string]bool
}

func (i *inspector) RoundTrip(r *http.Request) (*http.Response, error) {
	body := []byte{}
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	i.inspect(r, body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return i.next.RoundTrip(r)
}

func (i *inspector) inspect(r *http.Request, body []byte) {
	i.mu.Lock()
	defer i.mu.Unlock()
	inspected := r.Clone(context.Background())
	inspected.Body = io.NopCloser(bytes.NewReader(body))
	base, err := url.Parse(client.Base)
	if err != nil {
		i.wrong = append(i.wrong, err.Error())
		return
	}
	inspected.URL.Scheme, inspected.URL.Host, inspected.Host = base.Scheme, base.Host, base.Host
	route, parameters, err := i.router.FindRoute(inspected)
	if err != nil {
		i.wrong = append(i.wrong, fmt.Sprintf("%s %s: %v", r.Method, r.URL.Path, err))
		return
	}
	i.asked[r.Method+" "+route.Path] = true
	i.parameters(r, route.Operation)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") || string(body) == "{}" {
		return // the document calls the file an object; an action has nothing to say
	}
	err = openapi3filter.ValidateRequest(context.Background(), &openapi3filter.RequestValidationInput{
		Request: inspected, Route: route, PathParams: parameters,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true},
	})
	switch {
	case err == nil:
	case r.URL.Path == "/3/vouchers" && strings.Contains(err.Error(), `"Year" is missing`) && strings.Count(err.Error(), "Error at") == 1:
		i.excuse["POST /3/vouchers Year"] = true
	case r.Method == http.MethodPut && strings.Contains(err.Error(), `"CustomerNumber" is missing`) && strings.Count(err.Error(), "Error at") == 1:
		i.excuse["PUT /3/invoices CustomerNumber"] = true
	case strings.Contains(err.Error(), "/VAT\"") && strings.Count(err.Error(), "Error at") == 1:
		i.excuse["VAT"] = true
	default:
		i.wrong = append(i.wrong, fmt.Sprintf("%s %s: %v", r.Method, r.URL.Path, err))
	}
}

// parameters looks for those that the document does not have: the validation lets
// them pass.
func (i *inspector) parameters(r *http.Request, operation *openapi3.Operation) {
	for name := range r.URL.Query() {
		if operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) != nil {
			continue
		}
		excuse := r.Method + " " + r.URL.Path + " " + name
		switch {
		case slices.Contains([]string{"limit", "offset", "sortorder"}, name):
			excuse = "GET parameters"
		case r.Method == http.MethodGet && name == "financialyear" && r.URL.Path != "/3/sie/4":
			excuse = "GET financialyear"
		case strings.HasPrefix(r.URL.Path, "/3/vouchers/sublist/") && (name == "fromdate" || name == "todate"):
			excuse = "GET /3/vouchers/sublist fromdate"
		}
		if deviations[excuse] == "" {
			i.wrong = append(i.wrong, excuse+" is not in the document")
		}
		i.excuse[excuse] = true
	}
}

func TestRequestsKeepToThePublishedSpecification(t *testing.T) {
	t.Parallel()
	r := start(t)
	i := &inspector{next: http.DefaultTransport, router: router(t), asked: map[string]bool{}, excuse: map[string]bool{}}
	c := New(WithTransport(i), WithPageSize(3))
	for method, err := range methods(t.Context(), c, r.call(25), t) {
		require.NoError(t, err, method)
	}
	for _, by := range invoice.References() {
		r.find(c, by, "W-10002")
		r.find(c, by, "1001")
	}
	since := r.read(c, mirror{}, "", nil)
	r.read(c, mirror{}, since, nil)
	r.choices(c, ports.ChooseVoucherSeries, "2026-04-20")
	r.choices(c, ports.ChooseModeOfPayment, "2026-04-20")
	off := payment("1001", invoice.Invoice, "10.00", writeOff("3740", "0.30", "öre"))
	for attempt := 1; attempt <= 2; attempt++ {
		_, err := r.tryPayment(t.Context(), c, off, "498.00", attempt)
		require.NoError(t, err)
		_, err = r.tryVoucher(t.Context(), c, attempt)
		require.NoError(t, err)
		_, err = r.tryFile(t.Context(), c, attempt)
		require.NoError(t, err)
	}
	for name, w := range sales() {
		other := start(t)
		if w.prepare != nil {
			w.prepare(other, c)
		}
		for attempt := 1; attempt <= 2; attempt++ {
			_, _, err := w.try(t.Context(), other, c, attempt)
			require.NoError(t, err, name)
		}
	}
	buyer := start(t)
	buyer.choose(`{"customer_policy":"own"}`)
	for range 2 {
		_, err := buyer.tryInvoice(t.Context(), c, finnishSale(), 1)
		require.NoError(t, err)
	}
	r.choose(`{"terms_of_payment":"10"}`)
	_, err := r.verify(c, map[string][]string{"currency": {"EUR"}, "capability": {"erp.invoices", "erp.orders"}}, "2026-12-20")
	require.NoError(t, err)

	require.Empty(t, i.wrong)
	require.ElementsMatch(t, slices.Collect(maps.Keys(deviations)), slices.Collect(maps.Keys(i.excuse)))
	require.Len(t, i.asked, 36, "%v", slices.Sorted(maps.Keys(i.asked)))
}

// router finds the operations of the document.
func router(tb testing.TB) routers.Router {
	tb.Helper()
	document, err := openapi3.NewLoader().LoadFromFile(sharedFile(tb, specification))
	require.NoError(tb, err)
	document.Info.Version = "3" // the document has none
	document.Servers = openapi3.Servers{{URL: client.Base}}
	found, err := legacy.NewRouter(document)
	require.NoError(tb, err)
	return found
}

// sharedFile finds a file of the folder of vendors' documents, which is not part
// of this repository, and skips the test where there is none.
func sharedFile(tb testing.TB, name string) string {
	tb.Helper()
	folders := []string{os.Getenv("KVITT_SHARED")}
	at, err := os.Getwd()
	require.NoError(tb, err)
	for ; at != filepath.Dir(at); at = filepath.Dir(at) {
		folders = append(folders, filepath.Join(at, "shared"))
	}
	for _, folder := range folders {
		file := filepath.Join(folder, name)
		if _, err := os.Stat(file); folder != "" && err == nil {
			return file
		}
	}
	tb.Skipf("%s is not here", name)
	return ""
}
