package jsonschema

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/kvitt/kvitt/core/fault"
)

// mismatch is one place where a document does not fit.
type mismatch struct{ field, reason string }

// firstMismatch gives the first by field, so that the same document always gets
// the same answer although the properties of a schema have no order.
func firstMismatch(err *jsonschema.ValidationError) error {
	found := leaves(err, nil)
	sort.Slice(found, func(i, j int) bool {
		if found[i].field != found[j].field {
			return found[i].field < found[j].field
		}
		return found[i].reason < found[j].reason
	})
	return fault.Invalid(CodeMismatch, found[0].field, found[0].reason).
		WithRemedy("see the connector's schema for what is expected")
}

func leaves(err *jsonschema.ValidationError, found []mismatch) []mismatch {
	if len(err.Causes) > 0 {
		for _, cause := range err.Causes {
			found = leaves(cause, found)
		}
		return found
	}
	return append(found, explain(err))
}

// explain puts a mismatch into words. Only what the schema says is repeated.
func explain(err *jsonschema.ValidationError) mismatch {
	at := path(err.InstanceLocation)
	switch k := err.ErrorKind.(type) {
	case *kind.Required:
		return mismatch{join(at, k.Missing[0]), "this is required"}
	case *kind.AdditionalProperties:
		return mismatch{join(at, k.Properties[0]), "there is no such property"}
	case *kind.FalseSchema:
		return mismatch{at, "there is no such property"}
	case *kind.Type:
		return mismatch{at, "this must be " + articles(k.Want, " or ") + ", not " + articles([]string{k.Got}, "")}
	case *kind.Enum:
		return mismatch{at, "this must be one of " + list(k.Want)}
	case *kind.Const:
		return mismatch{at, fmt.Sprintf("this must be %q", fmt.Sprint(k.Want))}
	case *kind.Format:
		return mismatch{at, "this is not a " + k.Want}
	case *kind.Pattern:
		return mismatch{at, "this does not match the pattern " + k.Want}
	case *kind.MinLength:
		return mismatch{at, "this is shorter than " + strconv.Itoa(k.Want) + " characters"}
	case *kind.MaxLength:
		return mismatch{at, "this is longer than " + strconv.Itoa(k.Want) + " characters"}
	case *kind.MinItems:
		return mismatch{at, "this has fewer than " + strconv.Itoa(k.Want) + " items"}
	case *kind.MaxItems:
		return mismatch{at, "this has more than " + strconv.Itoa(k.Want) + " items"}
	case *kind.Minimum:
		return mismatch{at, "this is below " + k.Want.RatString()}
	case *kind.Maximum:
		return mismatch{at, "this is above " + k.Want.RatString()}
	}
	return mismatch{at, "this does not fit the schema"}
}

// articles writes the names of types as English does: "a string or an object".
func articles(types []string, between string) string {
	named := make([]string, 0, len(types))
	for _, name := range types {
		article := "a "
		if strings.HasPrefix(name, "a") || strings.HasPrefix(name, "o") || strings.HasPrefix(name, "i") {
			article = "an "
		}
		named = append(named, article+name)
	}
	return strings.Join(named, between)
}

func list(values []any) string {
	quoted := make([]string, 0, len(values))
	for _, value := range values {
		quoted = append(quoted, fmt.Sprintf("%q", fmt.Sprint(value)))
	}
	return strings.Join(quoted, ", ")
}

// path writes a location as people do: "rules[2].account".
func path(location []string) string {
	at := ""
	for _, token := range location {
		if _, err := strconv.Atoi(token); err == nil {
			at += "[" + token + "]"
			continue
		}
		at = join(at, token)
	}
	return at
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}
