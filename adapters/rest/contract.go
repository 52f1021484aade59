package rest

import (
	"bytes"
	"context"
	_ "embed" // for the contract
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/gin-gonic/gin"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

//go:embed openapi.yaml
var contractYAML []byte

// contract is the API's own description.
type contract struct {
	document   *openapi3.T
	json       []byte
	docs       []byte
	operations map[string]operation
}

// operation is what the contract says of one method of one address.
type operation struct {
	route *routers.Route
	// scopes may call it; none for what is open to everybody.
	scopes []ports.Scope
	// secret answers are never kept.
	secret bool
	// table says that the body is a CSV file, which its use case reads.
	table bool
	// upload says that the handler reads the body as it comes.
	upload bool
	// answer says that another system made the query and may add to it (RFC 6749
	// §4.1.2: what is not known is ignored).
	answer bool
}

func (o operation) open() bool { return o.route != nil && len(o.scopes) == 0 }

func loadContract() (*contract, error) {
	document, err := openapi3.NewLoader().LoadFromData(contractYAML)
	if err != nil {
		return nil, err
	}
	c := &contract{document: document, operations: map[string]operation{}}
	if c.json, err = document.MarshalJSON(); err != nil {
		return nil, err
	}
	for path, item := range document.Paths.Map() {
		for method, o := range item.Operations() {
			op := operation{route: &routers.Route{Spec: document, Path: path, PathItem: item, Method: method, Operation: o}}
			if op.scopes, err = scopesOf(o); err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			_, op.answer = o.Extensions["x-kvitt-answer"]
			_, op.secret = o.Extensions["x-kvitt-secret"]
			_, op.upload = o.Extensions["x-kvitt-upload"]
			op.table = o.RequestBody != nil && o.RequestBody.Value.Content.Get(mediaCSV) != nil
			c.operations[method+" "+ginPath(path)] = op
		}
	}
	c.docs, err = renderDocs(document)
	return c, err
}

func scopesOf(o *openapi3.Operation) ([]ports.Scope, error) {
	listed, ok := o.Extensions["x-kvitt-scopes"].([]any)
	open := o.Security != nil && len(*o.Security) == 0
	if !ok || (len(listed) == 0) != open {
		return nil, errors.New("an operation says by x-kvitt-scopes who may call it, and is open only with an empty security")
	}
	scopes := make([]ports.Scope, 0, len(listed))
	for _, scope := range listed {
		scopes = append(scopes, ports.Scope(fmt.Sprint(scope)))
	}
	return scopes, nil
}

var templated = regexp.MustCompile(`\{([a-z0-9]+)\}`)

func ginPath(path string) string { return templated.ReplaceAllString(path, ":$1") }

func (k *contract) operation(c *gin.Context) operation {
	return k.operations[c.Request.Method+" "+c.FullPath()]
}

func (k *contract) serveJSON(c *gin.Context) { c.Data(http.StatusOK, "application/json", k.json) }

func (k *contract) serveDocs(c *gin.Context) {
	pageHeaders(c.Writer.Header())
	c.Data(http.StatusOK, "text/html; charset=utf-8", k.docs)
}

// pageHeaders declare a page and forbid it everything but its own style.
func pageHeaders(header http.Header) {
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
}

const (
	bodyKey  = "kvitt.body"
	mediaCSV = "text/csv"
	// mediaBytes is what is taken as it comes.
	mediaBytes = "application/octet-stream"
)

// conform refuses what does not fit the contract, naming the field. It reads the
// body, which is small, once for all.
func (s *server) conform(contract *contract) gin.HandlerFunc {
	return func(c *gin.Context) {
		if contract.operation(c).upload {
			if err := contract.check(c, nil); err != nil {
				s.refuse(c, err)
			}
			return // the handler reads what is sent as it comes
		}
		body, err := readBody(c)
		if err == nil {
			c.Set(bodyKey, body)
			err = contract.check(c, body)
		}
		if err != nil {
			s.refuse(c, err)
			return
		}
		c.Request.Body = io.NopCloser(bytes.NewReader(body))
	}
}

func readBody(c *gin.Context) ([]byte, error) {
	if c.Request.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(c.Request.Body)
	if large := tooLarge(err); large != nil {
		return nil, large
	}
	if err != nil {
		return nil, fault.New(CodeMalformed, fault.Validation, "the body ended before its end").Wrap(err)
	}
	return body, nil
}

// tooLarge is the fault of a body that is longer than it may be, nil for another error.
func tooLarge(err error) error {
	var large *http.MaxBytesError
	if !errors.As(err, &large) {
		return nil
	}
	return fault.Invalid(CodeTooLarge, "", "the body has more than "+itoa(large.Limit)+" bytes")
}

// checkForm refuses a body that is not in the form that the operation takes.
func (o operation) checkForm(c *gin.Context, body []byte) error {
	switch {
	case o.upload && c.ContentType() != mediaBytes:
		return fault.Invalid(CodeMediaType, "Content-Type", "the body must be "+mediaBytes)
	case o.table && c.ContentType() != mediaCSV:
		return fault.Invalid(CodeMediaType, "Content-Type", "the body must be "+mediaCSV)
	case o.table && len(body) == 0:
		return fault.Invalid(CodeInvalid, "", "the request needs a body")
	case !o.table && len(body) > 0 && !json.Valid(body):
		return fault.Invalid(CodeMalformed, "", "the body is not one JSON document")
	}
	return nil
}

func (k *contract) check(c *gin.Context, body []byte) error {
	operation := k.operation(c)
	if err := operation.checkForm(c, body); err != nil {
		return err
	}
	if !operation.answer {
		if err := unknownParameter(operation.route, c); err != nil {
			return err
		}
	}
	params := make(map[string]string, len(c.Params))
	for _, p := range c.Params {
		params[p.Key] = p.Value
	}
	request := c.Request.Clone(c.Request.Context())
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	err := openapi3filter.ValidateRequest(c.Request.Context(), &openapi3filter.RequestValidationInput{
		Request: request, PathParams: params, Route: operation.route,
		Options: &openapi3filter.Options{
			AuthenticationFunc:                func(context.Context, *openapi3filter.AuthenticationInput) error { return nil },
			ExcludeRequestBody:                operation.table || operation.upload,
			RejectWhenRequestBodyNotSpecified: true,
			SkipSettingDefaults:               true,
		},
	})
	if err == nil {
		return nil
	}
	return misfit(err)
}

// unknownParameter refuses a query that the contract does not know: a misspelt
// filter would silently filter nothing.
func unknownParameter(route *routers.Route, c *gin.Context) error {
	for name := range c.Request.URL.Query() {
		if route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			return fault.Invalid(CodeInvalid, name, "there is no such parameter")
		}
	}
	return nil
}

// misfit puts into our words where a request does not fit. The value itself is not
// repeated: it may be a secret.
func misfit(err error) error {
	var at *openapi3filter.RequestError
	if !errors.As(err, &at) {
		return fault.Invalid(CodeInvalid, "", "the request does not fit the contract")
	}
	var schema *openapi3.SchemaError
	switch {
	case errors.As(err, &schema):
		field, reason := explainMisfit(schema)
		if at.Parameter != nil {
			field = at.Parameter.Name
		}
		return fault.Invalid(CodeInvalid, field, reason)
	case at.Parameter != nil && errors.Is(err, openapi3filter.ErrInvalidRequired):
		return fault.Invalid(CodeInvalid, at.Parameter.Name, "this is required")
	case at.Parameter != nil:
		return fault.Invalid(CodeInvalid, at.Parameter.Name, "this is not "+typeOf(at.Parameter))
	case errors.Is(err, openapi3filter.ErrInvalidRequired):
		return fault.Invalid(CodeInvalid, "", "the request needs a body")
	case strings.Contains(at.Reason, "Content-Type"):
		return fault.Invalid(CodeMediaType, "Content-Type", "the body must be application/json")
	}
	return fault.Invalid(CodeInvalid, "", "the request takes no body")
}

func typeOf(p *openapi3.Parameter) string {
	if p.Schema == nil || p.Schema.Value == nil || p.Schema.Value.Type == nil {
		return "a valid value"
	}
	if p.Schema.Value.Type.Is("integer") {
		return "an integer"
	}
	return "a " + strings.Join(p.Schema.Value.Type.Slice(), " or ")
}

var quoted = regexp.MustCompile(`^property "([^"]*)" is (?:unsupported|missing)`)

func explainMisfit(e *openapi3.SchemaError) (field, reason string) {
	path := e.JSONPointer()
	switch found := quoted.FindStringSubmatch(e.Reason); {
	case e.SchemaField == "properties" && found != nil:
		return placed(append(path, found[1])), "there is no such property"
	case e.SchemaField == "required":
		if found != nil && (len(path) == 0 || path[len(path)-1] != found[1]) {
			path = append(path, found[1])
		}
		return placed(path), "this is required"
	case e.SchemaField == "format":
		return placed(path), "this is not a " + e.Schema.Format
	}
	return placed(path), e.Reason
}

var places = regexp.MustCompile(`\.([0-9]+)`)

// placed writes the path of a value: events[3].fee_vat.
func placed(path []string) string {
	return places.ReplaceAllString(strings.Join(path, "."), "[$1]")
}
