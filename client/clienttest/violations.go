package clienttest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// violations says what the document has against a request, in the words of the API's 422 where they are known ("property …
// should not exist", "… must be an array") and in their manner where they are not.
func violations(err error) []string {
	var messages []string
	for _, one := range flatten(err) {
		messages = append(messages, violation(one))
	}
	slices.Sort(messages)
	return slices.Compact(messages)
}

// flatten takes errors apart that hold several, and keeps what tells of the parameter.
func flatten(err error) []error {
	var many openapi3.MultiError
	if errors.As(err, &many) {
		var request *openapi3filter.RequestError
		parameter := ""
		if errors.As(err, &request) && request.Parameter != nil {
			parameter = request.Parameter.Name
		}
		var all []error
		for _, one := range many {
			for _, part := range flatten(one) {
				if parameter != "" {
					part = &parameterError{parameter, part}
				}
				all = append(all, part)
			}
		}
		return all
	}
	return []error{err}
}

type parameterError struct {
	name string
	err  error
}

func (e *parameterError) Error() string { return e.name + ": " + e.err.Error() }
func (e *parameterError) Unwrap() error { return e.err }

var quoted = regexp.MustCompile(`"([^"]*)"`)

func violation(err error) string {
	place := ""
	var parameter *parameterError
	var request *openapi3filter.RequestError
	switch {
	case errors.As(err, &parameter):
		place = parameter.name
	case errors.As(err, &request) && request.Parameter != nil:
		place = request.Parameter.Name
	}
	var wrong *openapi3.SchemaError
	if !errors.As(err, &wrong) {
		return requestViolation(place, request, err)
	}
	path := wrong.JSONPointer()
	switch {
	case wrong.SchemaField == "properties" || wrong.SchemaField == "required":
		member := quoted.FindStringSubmatch(wrong.Reason)
		if member == nil {
			break
		}
		if n := len(path); n > 0 && path[n-1] == member[1] {
			path = path[:n-1]
		}
		parent := strings.Join(path, ".")
		if parent != "" {
			parent += "."
		}
		if wrong.SchemaField == "required" {
			return parent + member[1] + " should not be empty"
		}
		return parent + "property " + member[1] + " should not exist"
	case wrong.SchemaField == "type":
		return join(place, path) + " must be " + typeInWords(wrong.Schema)
	}
	return join(place, path) + " " + strings.TrimPrefix(wrong.Reason, "value ")
}

func requestViolation(place string, request *openapi3filter.RequestError, err error) string {
	var parse *openapi3filter.ParseError
	switch {
	case place != "" && errors.Is(err, openapi3filter.ErrInvalidRequired):
		return place + " should not be empty"
	case place != "" && errors.As(err, &parse):
		return place + " must be " + typeInWords(request.Parameter.Schema.Value)
	case request != nil && request.Reason != "":
		return request.Reason
	case errors.Is(err, openapi3filter.ErrInvalidRequired):
		return "body should not be empty"
	default:
		return fmt.Sprint(err)
	}
}

func join(place string, path []string) string {
	if place == "" && len(path) == 0 {
		return "body"
	}
	return strings.TrimPrefix(strings.Join(append([]string{place}, path...), "."), ".")
}

func typeInWords(schema *openapi3.Schema) string {
	switch {
	case schema.Type.Is("array"):
		return "an array"
	case schema.Type.Is("object"):
		return "an object"
	case schema.Type.Is("boolean"):
		return "a boolean value"
	case schema.Type.Is("integer"):
		return "an integer number"
	default:
		return "a string"
	}
}
