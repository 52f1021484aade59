package server_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/klarna/simulator/server"
)

func TestAWorldThatCannotBeSimulatedIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings map[string]any
		want     string
	}{
		"a misspelt setting":            {map[string]any{"signed": true}, "signed"},
		"no merchant":                   {map[string]any{"merchant_id": ""}, "merchant_id"},
		"no credential":                 {map[string]any{"api_key": ""}, "api_key"},
		"a negative rate":               {map[string]any{"rate_limit": -1}, "rate_limit"},
		"an unknown spelling":           {map[string]any{"spelling": "roman"}, "spelling"},
		"an unknown style of errors":    {map[string]any{"error_style": "polite"}, "error_style"},
		"an unknown pagination":         {map[string]any{"pagination": "cursor"}, "pagination"},
		"an unknown column":             {map[string]any{"report_columns": []string{"colour"}}, "colour"},
		"a payout twice":                {map[string]any{"payouts": []any{plainPayout(), plainPayout()}}, "not unique"},
		"a payout date that is none":    {map[string]any{"payouts": []any{payout("P", "2026-04-02", "SEK", nil)}}, "payout_date"},
		"a total that is not whole":     {map[string]any{"payouts": []any{payout("P", "2026-04-02T07:45:00Z", "SEK", map[string]any{"fee_amount": 1.5})}}, "reading"},
		"an unknown type of settlement": {map[string]any{"payouts": []any{map[string]any{"payment_reference": "P", "payout_date": "2026-04-02T07:45:00Z", "currency_code": "SEK", "merchant_settlement_type": "BRUTTO"}}}, "BRUTTO"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			section, err := json.Marshal(world(c.settings))
			require.NoError(t, err)
			_, err = server.ReadWorld(section)
			require.ErrorContains(t, err, c.want)
		})
	}
}
