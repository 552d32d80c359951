// Package spec validates requests and responses against api/contacts.yaml.
package spec

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/highlevel-contacts/contacts-go/api"
)

// Spec validates requests and responses. It is safe for concurrent use. It accepts operations that
// the document does not describe. A nil Spec accepts everything.
type Spec struct {
	routes  map[string]*routers.Route // by operation ID
	options *openapi3filter.Options
}

// Request is the part of a request that the document describes.
type Request struct {
	Operation string
	HTTP      *http.Request
	ID        string // in the path
	Query     url.Values
	Body      []byte
}

// Load returns the Spec of api/contacts.yaml. All servers share it.
var Load = sync.OnceValues(func() (*Spec, error) {
	doc, err := openapi3.NewLoader().LoadFromData(api.Contacts)
	if err != nil {
		return nil, fmt.Errorf("api/contacts.yaml: %w", err)
	}
	s := &Spec{
		routes: map[string]*routers.Route{},
		options: &openapi3filter.Options{
			AuthenticationFunc:      openapi3filter.NoopAuthenticationFunc, // the server has checked the token
			IncludeResponseStatus:   true,
			MultiError:              true,
			SkipSettingDefaults:     true,
			SchemaValidationOptions: []openapi3.SchemaValidationOption{openapi3.EnableFormatValidation()},
		},
	}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			s.routes[o.OperationID] = &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: o}
		}
	}
	return s, nil
})

// Violations returns the messages of the API's 422 for a request that violates the document, or
// nil. It uses the messages that have been observed ("property … should not exist", "… must be an
// array"), and their style for all others.
func (s *Spec) Violations(r *Request) []string {
	input := s.input(r)
	if input == nil {
		return nil
	}
	err := openapi3filter.ValidateRequest(context.Background(), input)
	if err == nil {
		return nil
	}
	found := messages(err, nil)
	slices.Sort(found)
	return slices.Compact(found)
}

// CheckResponse returns an error if a response to a request violates the document.
func (s *Spec) CheckResponse(r *Request, status int, header http.Header, body []byte) error {
	input := s.input(r)
	if input == nil {
		return nil
	}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input,
		Status:                 status,
		Header:                 header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                s.options,
	})
}

func (s *Spec) input(r *Request) *openapi3filter.RequestValidationInput {
	if s == nil || s.routes[r.Operation] == nil {
		return nil
	}
	return &openapi3filter.RequestValidationInput{
		Request: &http.Request{
			Method: r.HTTP.Method, URL: r.HTTP.URL, Header: r.HTTP.Header, Body: io.NopCloser(bytes.NewReader(r.Body)),
		},
		PathParams:  map[string]string{"contactId": r.ID, "businessId": r.ID, "locationId": r.ID},
		QueryParams: r.Query,
		Route:       s.routes[r.Operation],
		Options:     s.options,
	}
}

// messages returns the messages of an error, which may contain several errors. The parameter is nil
// for the body.
func messages(err error, parameter *openapi3.Parameter) []string {
	switch err := err.(type) { //nolint:errorlint // each level is examined separately
	case openapi3.MultiError:
		var all []string
		for _, one := range err {
			all = append(all, messages(one, parameter)...)
		}
		return all
	case *openapi3filter.RequestError:
		parameter = err.Parameter
		if several, ok := errors.AsType[openapi3.MultiError](err.Err); ok {
			return messages(several, parameter)
		}
	}
	return []string{message(err, parameter)}
}

// quoted finds the name of the property in the reason of a schema error.
var quoted = regexp.MustCompile(`"([^"]*)"`)

func message(err error, parameter *openapi3.Parameter) string {
	wrong, ok := errors.AsType[*openapi3.SchemaError](err)
	if !ok {
		return messageWithoutSchema(err, parameter)
	}
	path := wrong.JSONPointer()
	if parameter != nil {
		path = []string{parameter.Name}
	}
	property := quoted.FindStringSubmatch(wrong.Reason)
	switch {
	case wrong.SchemaField == "type":
		return propertyPath(path) + " must be " + typeInWords(wrong.Schema)
	case wrong.SchemaField == "required" && property != nil:
		return parentPath(path, property[1]) + property[1] + " should not be empty"
	case wrong.SchemaField == "properties" && property != nil:
		return parentPath(path, property[1]) + "property " + property[1] + " should not exist"
	default:
		return propertyPath(path) + " " + strings.TrimPrefix(wrong.Reason, "value ")
	}
}

func messageWithoutSchema(err error, parameter *openapi3.Parameter) string {
	_, isParseError := errors.AsType[*openapi3filter.ParseError](err)
	request, isRequestError := errors.AsType[*openapi3filter.RequestError](err)
	isMissing := errors.Is(err, openapi3filter.ErrInvalidRequired)
	switch {
	case parameter != nil && isMissing:
		return parameter.Name + " should not be empty"
	case parameter != nil && isParseError:
		return parameter.Name + " must be " + typeInWords(parameter.Schema.Value)
	case isMissing:
		return "body should not be empty"
	case isRequestError && request.Reason != "":
		return request.Reason
	default:
		return err.Error()
	}
}

// propertyPath returns the path of a property, such as customFields.0.id.
func propertyPath(path []string) string {
	if len(path) == 0 {
		return "body"
	}
	return strings.Join(path, ".")
}

// parentPath returns the path of the object that has a property, with a dot at the end.
func parentPath(path []string, property string) string {
	if n := len(path); n > 0 && path[n-1] == property {
		path = path[:n-1]
	}
	if len(path) == 0 {
		return ""
	}
	return propertyPath(path) + "."
}

// typeInWords returns the type that a schema requires, as the API's messages write it.
func typeInWords(schema *openapi3.Schema) string {
	words := map[string]string{
		"array": "an array", "object": "an object", "boolean": "a boolean value", "integer": "an integer number",
	}
	return cmp.Or(words[strings.Join(schema.Type.Slice(), "")], "a string")
}
