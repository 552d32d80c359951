package spec

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// violations describes the problems of a request. It uses the messages of the API's 422 that have
// been observed ("property … should not exist", "… must be an array"), and their style for all
// others.
func violations(err error) []string {
	var messages []string
	for _, v := range flatten(err, violation{}) {
		messages = append(messages, v.message())
	}
	slices.Sort(messages)
	return slices.Compact(messages)
}

// violation is one problem of a request, in a parameter or in the body.
type violation struct {
	parameter *openapi3.Parameter // nil for the body
	err       error
}

// flatten splits an error that contains several errors.
func flatten(err error, within violation) []violation {
	switch err := err.(type) { //nolint:errorlint // each level is examined separately
	case openapi3.MultiError:
		var all []violation
		for _, one := range err {
			all = append(all, flatten(one, within)...)
		}
		return all
	case *openapi3filter.RequestError:
		within.parameter = err.Parameter
		if several, ok := errors.AsType[openapi3.MultiError](err.Err); ok {
			return flatten(several, within)
		}
	}
	within.err = err
	return []violation{within}
}

var quoted = regexp.MustCompile(`"([^"]*)"`)

func (v violation) message() string {
	var wrong *openapi3.SchemaError
	if !errors.As(v.err, &wrong) {
		return v.messageWithoutSchema()
	}
	path := wrong.JSONPointer()
	if v.parameter != nil {
		path = []string{v.parameter.Name}
	}
	property := quoted.FindStringSubmatch(wrong.Reason)
	switch {
	case wrong.SchemaField == "type":
		return place(path) + " must be " + typeInWords(wrong.Schema)
	case wrong.SchemaField == "required" && property != nil:
		return within(path, property[1]) + property[1] + " should not be empty"
	case wrong.SchemaField == "properties" && property != nil:
		return within(path, property[1]) + "property " + property[1] + " should not exist"
	default:
		return place(path) + " " + strings.TrimPrefix(wrong.Reason, "value ")
	}
}

func (v violation) messageWithoutSchema() string {
	var parse *openapi3filter.ParseError
	var request *openapi3filter.RequestError
	isMissing := errors.Is(v.err, openapi3filter.ErrInvalidRequired)
	switch {
	case v.parameter != nil && isMissing:
		return v.parameter.Name + " should not be empty"
	case v.parameter != nil && errors.As(v.err, &parse):
		return v.parameter.Name + " must be " + typeInWords(v.parameter.Schema.Value)
	case isMissing:
		return "body should not be empty"
	case errors.As(v.err, &request) && request.Reason != "":
		return request.Reason
	default:
		return v.err.Error()
	}
}

// place returns the name of a property with its path, such as customFields.0.id.
func place(path []string) string {
	if len(path) == 0 {
		return "body"
	}
	return strings.Join(path, ".")
}

// within returns the path to the object of a property, with a dot at the end.
func within(path []string, property string) string {
	if n := len(path); n > 0 && path[n-1] == property {
		path = path[:n-1]
	}
	if len(path) == 0 {
		return ""
	}
	return place(path) + "."
}

// typeInWords returns the type that a schema requires, as the API's messages write it.
func typeInWords(schema *openapi3.Schema) string {
	words := map[string]string{
		"array": "an array", "object": "an object", "boolean": "a boolean value", "integer": "an integer number",
	}
	return cmp.Or(words[strings.Join(schema.Type.Slice(), "")], "a string")
}
