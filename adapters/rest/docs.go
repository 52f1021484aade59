package rest

import (
	"bytes"
	_ "embed" // for the page
	"encoding/json"
	"html"
	"html/template"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

//go:embed docs.html
var docsHTML string

// docsPage is what the page of documentation shows.
type docsPage struct {
	Title       string
	Description string
	Tags        []docsTag
	Schemas     []docsSchema
}

type docsTag struct {
	Name, Description string
	Operations        []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, Description string
	Scopes                                 string
	Parameters                             []docsField
	Body                                   string
	Answers                                []docsAnswer
}

type docsAnswer struct{ Status, Description, Schema string }

type docsSchema struct {
	Name, Description, Example string
	Fields                     []docsField
	Values                     string
}

type docsField struct {
	Name, In, Type, Schema, Description string
	Required                            bool
}

// renderDocs writes the contract as a page that needs nothing from elsewhere.
func renderDocs(document *openapi3.T) ([]byte, error) {
	page := docsPage{Title: document.Info.Title, Description: document.Info.Description}
	for _, tag := range document.Tags {
		page.Tags = append(page.Tags, docsTag{Name: tag.Name, Description: tag.Description})
	}
	for _, path := range slices.Sorted(maps.Keys(document.Paths.Map())) {
		item := document.Paths.Value(path)
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			if o := item.GetOperation(method); o != nil {
				page.add(docsOf(method, path, item, o), o.Tags)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(document.Components.Schemas)) {
		page.Schemas = append(page.Schemas, schemaDocs(name, document.Components.Schemas[name].Value))
	}
	parsed, err := template.New("docs").Funcs(template.FuncMap{"prose": prose, "inline": inline}).Parse(docsHTML)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = parsed.Execute(&out, page)
	return out.Bytes(), err
}

func (p *docsPage) add(o docsOperation, tags []string) {
	for i := range p.Tags {
		if slices.Contains(tags, p.Tags[i].Name) {
			p.Tags[i].Operations = append(p.Tags[i].Operations, o)
		}
	}
}

func docsOf(method, path string, item *openapi3.PathItem, o *openapi3.Operation) docsOperation {
	d := docsOperation{ID: o.OperationID, Method: method, Path: path, Summary: o.Summary, Description: o.Description, Scopes: "everybody"}
	if scopes, err := scopesOf(o); err == nil && len(scopes) > 0 {
		names := make([]string, 0, len(scopes))
		for _, scope := range scopes {
			names = append(names, string(scope))
		}
		d.Scopes = strings.Join(names, ", ")
	}
	for _, ref := range slices.Concat(item.Parameters, o.Parameters) {
		field := docsFieldOf(ref.Value.Name, ref.Value.Schema, ref.Value.Required)
		field.In, field.Description = ref.Value.In, ref.Value.Description
		d.Parameters = append(d.Parameters, field)
	}
	if o.RequestBody != nil {
		for _, media := range o.RequestBody.Value.Content {
			d.Body = refName(media.Schema)
		}
	}
	for _, status := range slices.Sorted(maps.Keys(o.Responses.Map())) {
		response := o.Responses.Value(status).Value
		answer := docsAnswer{Status: status, Description: *response.Description}
		for _, media := range response.Content {
			answer.Schema = refName(media.Schema)
		}
		d.Answers = append(d.Answers, answer)
	}
	return d
}

func schemaDocs(name string, s *openapi3.Schema) docsSchema {
	d := docsSchema{Name: name, Description: s.Description, Values: values(s)}
	for _, property := range slices.Sorted(maps.Keys(s.Properties)) {
		d.Fields = append(d.Fields, docsFieldOf(property, s.Properties[property], slices.Contains(s.Required, property)))
	}
	if s.Example != nil {
		if text, err := json.MarshalIndent(s.Example, "", "  "); err == nil {
			d.Example = string(text)
		}
	}
	return d
}

func docsFieldOf(name string, ref *openapi3.SchemaRef, required bool) docsField {
	f := docsField{Name: name, Schema: refName(ref), Required: required, Description: ref.Value.Description}
	s := ref.Value
	if len(s.AllOf) == 1 {
		f.Schema, s = refName(s.AllOf[0]), s.AllOf[0].Value
	}
	if s.Type != nil {
		f.Type = strings.Join(s.Type.Slice(), " or ")
	}
	if s.Type.Is("array") && s.Items != nil {
		f.Type, f.Schema = "list of", refName(s.Items)
		if f.Schema == "" {
			f.Type = "list of " + strings.Join(s.Items.Value.Type.Slice(), " or ")
		}
	}
	if listed := values(s); listed != "" && f.Schema == "" {
		f.Type = listed
	}
	return f
}

func values(s *openapi3.Schema) string {
	texts := make([]string, 0, len(s.Enum))
	for _, value := range s.Enum {
		if text, ok := value.(string); ok {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, " | ")
}

func refName(ref *openapi3.SchemaRef) string {
	if ref == nil {
		return ""
	}
	return strings.TrimPrefix(ref.Ref, "#/components/schemas/")
}

var (
	strong = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	code   = regexp.MustCompile("`([^`]+)`")
)

// prose turns the little Markdown of the contract into paragraphs.
func prose(text string) template.HTML {
	var out strings.Builder
	for _, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if paragraph == "" {
			continue
		}
		out.WriteString("<p>" + string(inline(paragraph)) + "</p>")
	}
	return template.HTML(out.String()) //nolint:gosec // made of escaped parts
}

func inline(text string) template.HTML {
	escaped := strong.ReplaceAllString(html.EscapeString(text), "<strong>$1</strong>")
	return template.HTML(code.ReplaceAllString(escaped, "<code>$1</code>")) //nolint:gosec // escaped above; the text is the contract's own
}
