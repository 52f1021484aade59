package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/simulator"
)

func (r *remote) find(c everything, by invoice.Reference, value string) ports.DocumentPage {
	r.tb.Helper()
	r.forget()
	page, err := c.FindDocuments(r.tb.Context(), ports.FindDocumentsRequest{Call: r.granted("FindDocuments", 1), Reference: by, Value: value})
	require.NoError(r.tb, err)
	require.Len(r.tb, r.requests(), page.Usage.Calls)
	require.Empty(r.tb, page.Next)
	return page
}

func TestDocumentsAreFoundByEveryReference(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		by    invoice.Reference
		value string
		want  string
		calls int
	}{
		"external reference":                         {invoice.ExternalReference1, "10001", "1001", 1},
		"one written with zeros and hash in Fortnox": {invoice.ExternalReference2, "AB-77", "2001", 1},
		"in another case":                            {invoice.ExternalReference1, "R-10003", "1004", 1},
		"order number":                               {invoice.OrderNumber, "W-10002", "1002", 2},
		"OCR":                                        {invoice.OCR, "778899", "1003", 1},
		"number":                                     {invoice.Number, "1003", "1003", 1},
		"a document that is paid":                    {invoice.ExternalReference1, "100011", "1005", 1},
		"a document that is cancelled":               {invoice.ExternalReference1, "10007", "1007", 1},
		"letters that need escaping":                 {invoice.ExternalReference2, "Å&B=C/#D", "2002", 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, c everything) {
				r.add(sale("10.00", map[string]any{"number": "2001", "external_reference_2": "#00Ab-77"}))
				r.add(sale("10.00", map[string]any{"number": "2002", "external_reference_2": "å&b=c/#d"}))
				page := r.find(c, test.by, test.value)
				require.Len(t, page.Documents, 1)
				require.Equal(t, test.want, page.Documents[0].Number)
				require.Equal(t, test.calls, page.Usage.Calls)
			})
		})
	}
}

func TestNothingIsFoundWhereNothingIs(t *testing.T) {
	t.Parallel()
	for _, by := range invoice.References() {
		t.Run(string(by), func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, c everything) {
				require.Empty(t, r.find(c, by, "987654321").Documents)
				require.Empty(t, r.find(c, by, "NO/SUCH").Documents)
				require.Zero(t, r.find(c, by, " #00 ").Usage.Calls, "an empty search would find everything")
			})
		})
	}
}

// Searching 10001 finds 100011 at Fortnox as well.
func TestPartsOfOtherReferencesAreLeftOut(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		for i := range 20 {
			r.add(sale("10.00", map[string]any{"external_reference_1": fmt.Sprintf("10001%d", i)}))
		}
		page := r.find(c, invoice.ExternalReference1, "10001")
		require.Len(t, page.Documents, 1)
		require.Equal(t, "1001", page.Documents[0].Number)
	})
}

func TestSeveralPagesAreReadWithinTheGrant(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		for i := range 9 {
			r.add(sale("10.00", map[string]any{"external_reference_1": fmt.Sprintf("10001%d", i)}))
		}
		page := r.find(c, invoice.ExternalReference1, "10001") // the oldest of eleven, two on a page
		require.Equal(t, 6, page.Usage.Calls)
		require.Len(t, page.Documents, 1)
		for i := range 9 {
			r.add(sale("10.00", map[string]any{"external_reference_1": fmt.Sprintf("x10001%d", i)}))
		}
		require.Equal(t, 6, r.find(c, invoice.ExternalReference1, "10001").Usage.Calls)
	}, WithPageSize(2))
}

func TestADocumentFoundByOrderNumberShowsIt(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		page := r.find(c, invoice.OrderNumber, "W-10002")
		require.Equal(t, "W-10002", page.Documents[0].References[invoice.OrderNumber])
		require.False(t, page.Documents[0].Partial)
	})
}

func TestOfManyHitsByOrderNumberTheOpenOnesAreReadFirst(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		wanted := r.add(sale("10.00", map[string]any{"your_order_number": "777"}))
		for i := range 8 {
			number := r.add(sale("10.00", map[string]any{"your_order_number": fmt.Sprintf("7770%d", i)}))
			if i < 5 {
				r.pay(number, "10.00", 1930)
			}
		}
		page := r.find(c, invoice.OrderNumber, "777")
		require.Equal(t, 5, page.Usage.Calls-1)
		require.Contains(t, documentNumbers(page), wanted)
		for _, d := range page.Documents {
			require.NotEmpty(t, d.References[invoice.OrderNumber])
		}
	})
}

func documentNumbers(page ports.DocumentPage) []string {
	var numbers []string
	for _, d := range page.Documents {
		numbers = append(numbers, d.Number)
	}
	return numbers
}

func TestASearchByAnythingElseIsRefused(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		_, err := c.FindDocuments(t.Context(), ports.FindDocumentsRequest{Call: r.granted("FindDocuments", 1), Reference: "customer_name", Value: "ANNA"})
		r.requireFault(err, CodeReference, fault.Validation)
		require.Empty(t, r.requests())
	})
}

func TestASearchThatFailsSaysSo(t *testing.T) {
	t.Parallel()
	for _, by := range invoice.References() {
		t.Run(string(by), func(t *testing.T) {
			t.Parallel()
			r := start(t)
			r.fault(simulator.Fault{Kind: simulator.KindStatus, Status: 503, Headers: map[string]string{"Retry-After": "7"}})
			_, err := New().FindDocuments(t.Context(), ports.FindDocumentsRequest{Call: r.granted("FindDocuments", 1), Reference: by, Value: "1001"})
			require.Equal(t, fault.Temporary, fault.ClassOf(err))
		})
	}
}
