package docs_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
)

func connectorPage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("connectors/" + name)
	require.NoError(t, err)
	return string(text)
}

// TestTheHandshakeIsDocumented holds the page that authors in other languages build
// from to what the hub does.
func TestTheHandshakeIsDocumented(t *testing.T) {
	t.Parallel()
	page := connectorPage(t, "protocol.md")
	cookie := sdk.Handshake()
	require.Contains(t, page, "| `"+cookie.MagicCookieKey+"` | `"+cookie.MagicCookieValue+"`.")
	require.EqualValues(t, 1, cookie.ProtocolVersion, "the page says 1")
	require.Contains(t, page, "| `"+sdk.EnvHostPID+"` |")
	require.Contains(t, page, "| `"+sdk.EnvLogLevel+"` |")
	for _, name := range pluginhost.DefaultEnv() {
		if !strings.Contains(strings.ToLower(name), "proxy") { // "the proxy variables"
			require.Contains(t, page, "`"+name+"`")
		}
	}
}

func TestTheDescriptionShownIsOne(t *testing.T) {
	t.Parallel()
	shown := regexp.MustCompile("(?s)```json\n(.*?)```").FindStringSubmatch(connectorPage(t, "protocol.md"))
	require.NotNil(t, shown)
	decoder := json.NewDecoder(bytes.NewReader([]byte(shown[1])))
	decoder.DisallowUnknownFields()
	var d ports.Description
	require.NoError(t, decoder.Decode(&d))
	require.Equal(t, ports.ProtocolVersion, d.Protocol)
	_, declared := d.Operation("ListPayoutLines")
	require.True(t, declared)
}

// TestTheReferenceShowsWhatThereIs counts by other means than the generator's.
func TestTheReferenceShowsWhatThereIs(t *testing.T) {
	t.Parallel()
	page := connectorPage(t, "reference.md")
	for _, kind := range payout.Kinds() {
		require.Equal(t, 1, strings.Count(page, "\n| `"+string(kind)+"` | `LINE_KIND_"), kind)
	}
	require.Contains(t, page, "| `refund` | `LINE_KIND_REFUND` | 0 − | refunds | yes |")
	require.Contains(t, page, "| `fee` | `LINE_KIND_FEE` | 0 | fees | |")
	require.Contains(t, page, "| `"+string(ports.CapabilityPayments)+"` | [`InvoicePayments`](#invoicepayments), [`PaymentSource`](#paymentsource) |")
	require.Contains(t, page, "| `connector.grant_exhausted` | `ports.CodeGrantExhausted` |")
}
