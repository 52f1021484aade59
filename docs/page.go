package docs

import (
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// block is what stands between "<!-- generated: name -->" and "<!-- end -->".
var block = regexp.MustCompile(`(?s)<!-- generated: ([^>]+?) -->\n.*?<!-- end -->`)

// fill gives a document with its generated parts written anew. It fails if the
// document has a part that nobody generates, lacks one, or has one twice.
func fill(root fs.FS, file string, parts map[string]string) ([]byte, error) {
	page, err := fs.ReadFile(root, file)
	if err != nil {
		return nil, err
	}
	left := maps.Clone(parts)
	var unknown []string
	written := block.ReplaceAllStringFunc(string(page), func(old string) string {
		name := block.FindStringSubmatch(old)[1]
		content, known := left[name]
		if !known {
			unknown = append(unknown, name)
			return old
		}
		delete(left, name)
		return "<!-- generated: " + name + " -->\n\n" + content + "\n<!-- end -->"
	})
	if len(unknown) > 0 {
		return nil, fmt.Errorf("%s: nobody generates, or twice asked for: %s", file, strings.Join(unknown, ", "))
	}
	if len(left) > 0 {
		return nil, fmt.Errorf("%s has no place for: %s", file, strings.Join(slices.Sorted(maps.Keys(left)), ", "))
	}
	return []byte(written), nil
}

// table writes a Markdown table. An alignment is "l" or "r" for each column.
func table(heads []string, alignment string, rows [][]string) string {
	rule := make([]string, len(heads))
	for i := range heads {
		rule[i] = "---"
		if alignment[i] == 'r' {
			rule[i] = "---:"
		}
	}
	var b strings.Builder
	for _, cells := range slices.Concat([][]string{heads}, [][]string{rule}, rows) {
		b.WriteString("|")
		for _, cell := range cells {
			if cell != "" {
				b.WriteString(" " + strings.ReplaceAll(cell, "|", `\|`))
			}
			b.WriteString(" |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// spaced lets JSON on one line break between its parts.
func spaced(text string) string {
	return strings.NewReplacer(`,"`, `, "`, `},{`, `}, {`).Replace(text)
}
