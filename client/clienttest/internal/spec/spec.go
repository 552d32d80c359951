// Package spec validates requests and responses against api/contacts.yaml.
package spec

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/highlevel-contacts/contacts-go/api"
)

// Spec validates requests and responses. It does not change. A nil Spec accepts everything. Every
// Spec accepts operations that the document does not describe.
type Spec struct {
	routes  map[string]*routers.Route // by operation ID
	options *openapi3filter.Options
}

// Request is the part of a request that the document describes.
type Request struct {
	Operation string
	HTTP      *http.Request
	ID        string // of the contact or business in the path
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
			AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc, // the server has checked the token
			IncludeResponseStatus: true,
			MultiError:            true,
			SkipSettingDefaults:   true,
			SchemaValidationOptions: []openapi3.SchemaValidationOption{
				openapi3.EnableFormatValidation(),
			},
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
// nil.
func (s *Spec) Violations(r *Request) []string {
	input := s.input(r)
	if input == nil {
		return nil
	}
	err := openapi3filter.ValidateRequest(context.Background(), input)
	if err == nil {
		return nil
	}
	return violations(err)
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
		PathParams:  map[string]string{"contactId": r.ID, "businessId": r.ID},
		QueryParams: r.Query,
		Route:       s.routes[r.Operation],
		Options:     s.options,
	}
}
