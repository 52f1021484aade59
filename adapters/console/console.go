// Package console shows payouts to people: plain HTML pages without scripts and
// without anything from elsewhere, made to be read and printed.
package console

import (
	"context"
	_ "embed" // for the pages
	"fmt"
	"html/template"
	"io"

	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

//go:embed proof.html
var proofHTML string

//go:embed style.css
var styleCSS string

// shownLines is how many lines a page shows.
const shownLines = 500

// Statements is what the pages show.
type Statements interface {
	Explanation(ctx context.Context, payoutID string) (statement.Explanation, error)
	Books(ctx context.Context, payoutID string) (statement.Books, error)
	Lines(ctx context.Context, payoutID string, filter ports.LineFilter, after int64, limit int) ([]ports.LineRecord, error)
}

// Cases is what a person has to decide, and what stands on the clearing account.
type Cases interface {
	Exceptions(ctx context.Context, merchantID string, filter ports.ExceptionFilter, page ports.Page) ([]ports.Exception, error)
	Clearing(ctx context.Context, flowID string) ([]statement.Clearing, error)
}

// Merchants names the merchant of a page.
type Merchants interface {
	Merchant(ctx context.Context, id string) (merchant.Merchant, error)
}

// Pages writes pages. It is safe for concurrent use.
type Pages struct {
	statements Statements
	cases      Cases
	merchants  Merchants
	templates  *template.Template
}

// New makes the pages.
func New(statements Statements, cases Cases, merchants Merchants) (*Pages, error) {
	templates, err := template.New("proof").Funcs(template.FuncMap{
		"style":     func() template.CSS { return template.CSS(styleCSS) }, //nolint:gosec // our own file
		"effect":    effect,
		"money":     plain,
		"words":     words,
		"breakable": breakable,
	}).Parse(proofHTML)
	if err != nil {
		return nil, fmt.Errorf("reading the pages: %w", err)
	}
	return &Pages{statements: statements, cases: cases, merchants: merchants, templates: templates}, nil
}

// Render writes the proof of a payout with the lines after an ordinal. The token
// is the one that opened the page; links to further lines carry it on.
func (p *Pages) Render(ctx context.Context, w io.Writer, payoutID, token string, after int64) error {
	page, err := p.proof(ctx, payoutID, after)
	if err != nil {
		return err
	}
	page.Token = token
	return p.templates.ExecuteTemplate(w, "proof", page)
}

// Refuse writes a page that says why there is nothing to see.
func (p *Pages) Refuse(w io.Writer, title, code, reason, remedy string) error {
	return p.templates.ExecuteTemplate(w, "refusal", map[string]string{"Title": title, "Code": code, "Reason": reason, "Remedy": remedy})
}

// Connected writes a page that says what has become of a connection to which the
// merchant has just consented.
func (p *Pages) Connected(w io.Writer, record ports.ConnectionRecord) error {
	return p.templates.ExecuteTemplate(w, "connected", record)
}
