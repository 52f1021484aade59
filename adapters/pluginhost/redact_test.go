package pluginhost

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/sdk/connectorpb"
)

func knowing(values ...string) *secrets {
	s := &secrets{}
	for _, value := range values {
		s.learn(&connectorpb.ListPayoutsRequest{Call: &connectorpb.Call{
			Connection: &connectorpb.Connection{Credentials: map[string]string{"key": value}},
		}})
	}
	return s
}

func TestOfTwoSecretsTheLongerIsTakenOutFirst(t *testing.T) {
	t.Parallel()
	for _, order := range [][]string{{"abcdef", "abcdefghij"}, {"abcdefghij", "abcdef"}} {
		require.Equal(t, "with [redacted] and [redacted]", knowing(order...).hide("with abcdefghij and abcdef"))
	}
}

func TestASecretThatIsLearntLaterIsTakenOutToo(t *testing.T) {
	t.Parallel()
	s := knowing("first-secret")
	require.Equal(t, "[redacted] later-one", s.hide("first-secret later-one"))
	s.add("later-one")
	require.Equal(t, "[redacted] [redacted]", s.hide("first-secret later-one"))
	for range keptSecrets {
		s.add(strings.Repeat("x", 6) + rapid.StringN(8, 8, 64).Example())
	}
	require.Equal(t, "first-secret", s.hide("first-secret"), "what was not used for long is forgotten")
}

// The quick look must never miss what the expressions would find.
func TestNoExpressionFindsWhatTheQuickLookMisses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		word := rapid.SampledFrom([]string{
			"token", "Secret", "PASSWORD", "passwd", "api_key", "apikey", "api-key", "Private_Key", "authorization",
			"COOKIE", "credentials", "bearer", "Basic", "ſecret", "toKen", "paſſwd",
		}).Draw(rt, "word")
		text := rapid.String().Draw(rt, "before") + word + rapid.SampledFrom([]string{"=", ": ", " ", `":"`}).Draw(rt, "sign") + "value"
		found := assignments.MatchString(text) || httpCredentials.MatchString(text)
		if found && !tellsSecrets(text) {
			rt.Fatalf("%q holds a secret", text)
		}
	})
}
