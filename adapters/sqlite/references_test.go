package sqlite

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAnyReferencesAreReadAsTheyWereStored(t *testing.T) {
	t.Parallel()
	texts := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", `a"b`, `x","y`, `back\slash`, "line\nbreak", "<&>", "Å"}))
	rapid.Check(t, func(t *rapid.T) {
		references := rapid.MapOf(texts, texts).Draw(t, "references")
		names, values := splitReferences(references)
		read, err := joinReferences[string](names, values)
		require.NoError(t, err)
		if len(references) == 0 {
			references = nil
		}
		require.Equal(t, references, read)
	})
}
