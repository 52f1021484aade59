package redact_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/sdk/redact"
)

func Example() {
	secrets := redact.New("Bearer sk_live_4242", "hunter22")
	fmt.Println(secrets.In("no such key: sk_live_4242, password hunter22"))
	// Output: no such key: [redacted], password [redacted]
}

func TestASecretIsFoundInEveryForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		secret := rapid.StringMatching(`[a-z&"\\ /+=<>åö]{6,20}`).Draw(rt, "secret")
		hidden := redact.New(secret)
		for _, form := range []string{
			secret, url.QueryEscape(secret), url.PathEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)),
			inJSON(secret), inJSON(inJSON(secret)),
		} {
			require.Equal(rt, redact.Mark, hidden.In(form))
		}
	})
}

func TestWhatIsTooShortForASecretStays(t *testing.T) {
	t.Parallel()
	require.Equal(t, "the end", redact.New("e", "", "end").In("the end"))
	require.Equal(t, "the end", redact.Secrets{}.In("the end"))
}

func TestTheLongerOfTwoSecretsGoesFirst(t *testing.T) {
	t.Parallel()
	require.Equal(t, "x [redacted]", redact.New("secret", "secret-and-more").In("x secret-and-more"))
}

// inJSON writes the two characters of the generator that JSON escapes.
func inJSON(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)
}
