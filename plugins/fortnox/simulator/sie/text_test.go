package sie

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTextIsQuotedAndInCodePage437(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"åäöÅÄÖéü":       "\"\x86\x84\x94\x8f\x8e\x99\x82\x81\"",
		`Röd "stol"`:     "\"R\x94d \\\"stol\\\"\"",
		`C:\Program`:     `"C:\Program"`,
		"två\nrader\t.":  "\"tv\x86 rader .\"",
		"øØ€–’š":         `"oOEUR-'s"`,
		"東🙂":             `"??"`,
		"":               `""`,
		"æÆßñç£½°\u00a0": "\"\x91\x92\xe1\xa4\x87\x9c\xab\xf8\xff\"",
	} {
		require.Equal(t, want, string(encode(quote(text))), text)
	}
}
