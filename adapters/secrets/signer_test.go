package secrets_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/adapters/secrets"
	"github.com/kvitt/kvitt/core/fault"
)

func noon() time.Time { return time.Date(2026, 4, 20, 12, 0, 0, 0, time.UTC) }

func TestATokenLetsInForItsSubjectUntilItEnds(t *testing.T) {
	t.Parallel()
	keys := generate(t)
	signer := keys.Signer()
	token := signer.Sign("payout/p1", noon())
	rotated, err := keys.Rotate()
	require.NoError(t, err)
	later := rotated.Signer().Sign("payout/p1", noon().Add(time.Second))
	for sentence, c := range map[string]struct {
		signer  *secrets.Signer
		token   string
		subject string
		now     time.Time
		code    fault.Code
	}{
		"before its end":          {signer, token, "payout/p1", noon().Add(-time.Second), ""},
		"after a rotation":        {rotated.Signer(), token, "payout/p1", noon().Add(-time.Second), ""},
		"at its end":              {signer, token, "payout/p1", noon(), secrets.CodeTokenExpired},
		"for another subject":     {signer, token, "payout/p2", noon().Add(-time.Second), secrets.CodeToken},
		"with keys of others":     {generate(t).Signer(), token, "payout/p1", noon().Add(-time.Second), secrets.CodeToken},
		"with a key to come":      {signer, later, "payout/p1", noon(), secrets.CodeToken},
		"with another end":        {signer, strings.Replace(token, ".", "0.", 1), "payout/p1", noon(), secrets.CodeToken},
		"with the subject split":  {signer, token, "p1", noon(), secrets.CodeToken},
		"without a tag":           {signer, strings.SplitAfter(token, ".")[0], "payout/p1", noon(), secrets.CodeToken},
		"an empty text":           {signer, "", "payout/p1", noon(), secrets.CodeToken},
		"with something appended": {signer, token + "A", "payout/p1", noon(), secrets.CodeToken},
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			err := c.signer.Verify(c.token, c.subject, c.now)
			require.Equal(t, c.code, fault.CodeOf(err))
			if c.code == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, fault.Auth, fault.ClassOf(err))
		})
	}
}

func TestATokenFitsInAnAddress(t *testing.T) {
	t.Parallel()
	signer := generate(t).Signer()
	rapid.Check(t, func(r *rapid.T) {
		token := signer.Sign(rapid.String().Draw(r, "subject"), noon())
		require.Regexp(r, `^[A-Za-z0-9._-]+$`, token)
	})
}

func FuzzVerify(f *testing.F) {
	keys, err := secrets.Generate()
	if err != nil {
		f.Fatal(err)
	}
	signer := keys.Signer()
	f.Add("1776686400.AAAA", "payout/p1")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, token, subject string) {
		err := signer.Verify(token, subject, noon())
		require.Equal(t, secrets.CodeToken, fault.CodeOf(err), "a guessed token let in")
	})
}
