package evidence

import (
	_ "embed" // for the text
	"io"
	"text/template"
)

//go:embed readme.txt
var readmeText string

// readme writes the text for the auditor, with an example from this payout.
func (e *export) readme(w io.Writer) error {
	text, err := template.New("readme").Parse(readmeText)
	if err != nil {
		return err
	}
	return text.Execute(w, struct {
		*export
		Example example
		Begin   int64
	}{e, e.example, e.example.Offset + 1})
}

// Missing are the pages that were not kept.
func (e *export) Missing() []string { return e.missing }
