package invoice_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/invoice"
)

func TestEveryReferenceIsListedOnce(t *testing.T) {
	t.Parallel()
	require.ElementsMatch(t, []invoice.Reference{
		"external_reference_1", "external_reference_2", "order_number", "ocr", "number",
	}, invoice.References())
}
