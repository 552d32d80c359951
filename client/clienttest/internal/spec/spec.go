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
// the document does not describe.
type Spec struct {
	routes  map[string]*routers.Route // by operation ID
	options *openapi3filter.Options
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
func (s *Spec) Violations(operation string, r *http.Request, body []byte) []string {
	input := s.input(operation, r, body)
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
func (s *Spec) CheckResponse(operation string, r *http.Request, status int, header http.Header, body []byte) error {
	input := s.input(operation, r, nil)
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

// input returns a request with a body for the validation, or nil if the document does not describe
// the operation.
func (s *Spec) input(operation string, r *http.Request, body []byte) *openapi3filter.RequestValidationInput {
	route := s.routes[operation]
	if route == nil {
		return nil
	}
	id := r.PathValue("id")
	return &openapi3filter.RequestValidationInput{
		Request:    &http.Request{Method: r.Method, URL: r.URL, Header: r.Header, Body: io.NopCloser(bytes.NewReader(body))},
		PathParams: map[string]string{"contactId": id, "businessId": id, "locationId": id},
		Route:      route,
		Options:    s.options,
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
		if err.Err != nil {
			return messages(err.Err, err.Parameter)
		}
	case *openapi3filter.ParseError:
		if parameter != nil {
			return []string{parameter.Name + " must be " + typeInWords(parameter.Schema.Value)}
		}
	case *openapi3.SchemaError:
		path := err.JSONPointer()
		if parameter != nil {
			path = []string{parameter.Name}
		}
		return []string{message(err, path)}
	}
	if errors.Is(err, openapi3filter.ErrInvalidRequired) {
		return []string{"body should not be empty"}
	}
	return []string{err.Error()}
}

// quoted finds the name of the property in the reason of a schema error.
var quoted = regexp.MustCompile(`"([^"]*)"`)

// message returns the message for a value at a path, such as customFields.0.id.
func message(err *openapi3.SchemaError, path []string) string {
	at := strings.Join(path, ".")
	property := quoted.FindStringSubmatch(err.Reason)
	switch {
	case err.SchemaField == "required":
		return at + " should not be empty"
	case err.SchemaField == "properties" && property != nil:
		return strings.Join(append(path, "property "+property[1]+" should not exist"), ".")
	case err.SchemaField == "type":
		return cmp.Or(at, "body") + " must be " + typeInWords(err.Schema)
	default:
		return cmp.Or(at, "body") + " " + strings.TrimPrefix(err.Reason, "value ")
	}
}

// typeInWords returns the type that a schema requires, as the API's messages write it.
func typeInWords(schema *openapi3.Schema) string {
	words := map[string]string{
		"array": "an array", "object": "an object", "boolean": "a boolean value", "integer": "an integer number",
	}
	return cmp.Or(words[strings.Join(schema.Type.Slice(), "")], "a string")
}
