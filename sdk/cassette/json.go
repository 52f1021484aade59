package cassette

import (
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/sdk/jsonpage"
	"github.com/kvitt/kvitt/sdk/redact"
)

// json blanks values of a JSON text and leaves all else as it stands, so that a
// recording is spaced and ordered as the vendor wrote it. What is no JSON, and what
// comes before something that is none, is left as it is.
func (c censor) json(text string) string {
	var blanks []jsonpage.Value
	c.find(jsonpage.Whole([]byte(strings.TrimSpace(text))), nil, false, &blanks)
	lead := int64(len(text) - len(strings.TrimLeft(text, " \t\r\n")))
	var out strings.Builder
	from := int64(0)
	for _, b := range blanks { // they come in their order and never overlap
		out.WriteString(text[from : lead+b.Offset])
		out.WriteString(blank(string(b.Bytes)))
		from = lead + b.Offset + int64(len(b.Bytes))
	}
	out.WriteString(text[from:])
	return out.String()
}

// find collects the leaves that are to be blanked: those below a sensitive name or
// at one of the paths.
func (c censor) find(v jsonpage.Value, path []string, hidden bool, blanks *[]jsonpage.Value) {
	hidden = hidden || c.chosen(path)
	if members, err := v.Members(); err == nil {
		for _, m := range members {
			c.find(m.Value, append(path[:len(path):len(path)], m.Name), hidden || sensitive(m.Name), blanks)
		}
		return
	}
	if elements, err := v.Elements(); err == nil {
		for i, element := range elements {
			c.find(element, append(path[:len(path):len(path)], strconv.Itoa(i)), hidden, blanks)
		}
		return
	}
	if hidden {
		*blanks = append(*blanks, v)
	}
}

func (c censor) chosen(path []string) bool {
	for _, wanted := range c.paths {
		if len(wanted) != len(path) {
			continue
		}
		fits := true
		for i, part := range wanted {
			fits = fits && (part == "*" || strings.EqualFold(part, path[i]))
		}
		if fits {
			return true
		}
	}
	return false
}

// blank keeps the type of a value, so that what reads it still can.
func blank(value string) string {
	switch value {
	case "null", "true", "false":
		return value
	}
	if strings.HasPrefix(value, `"`) {
		return strconv.Quote(redact.Mark)
	}
	return "0"
}
