package clienttest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/highlevel-contacts/contacts-go/api"
)

// loadDocument reads the OpenAPI document once for all servers; it is not changed afterwards.
var loadDocument = sync.OnceValues(func() (*openapi3.T, error) {
	return openapi3.NewLoader().LoadFromData(api.Contacts)
})

// document checks requests and answers against api/contacts.yaml. A nil document allows everything.
type document struct {
	routes  map[string]*routers.Route // by operation id
	options *openapi3filter.Options
}

func newDocument() (*document, error) {
	doc, err := loadDocument()
	if err != nil {
		return nil, fmt.Errorf("api/contacts.yaml: %w", err)
	}
	d := &document{
		routes: map[string]*routers.Route{},
		options: &openapi3filter.Options{
			AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc, // tokens have been checked before
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
			d.routes[o.OperationID] = &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: o}
		}
	}
	return d, nil
}

// checkDocument refuses a request that the document forbids, with the API's 422.
func (s *Server) checkDocument(c *call) *answer {
	if refusal := s.clampLimit(c); refusal != nil {
		return refusal
	}
	if c.body != nil {
		if refusal := c.acceptSpellings(); refusal != nil {
			return refusal
		}
	}
	if s.document == nil {
		return nil
	}
	input := s.document.input(c)
	if input == nil {
		return nil
	}
	err := openapi3filter.ValidateRequest(context.Background(), input)
	if err == nil {
		return nil
	}
	return unprocessable(violations(err)...)
}

// checkAnswer returns what the document has against an answer.
func (d *document) checkAnswer(c *call, a answer) error {
	if d == nil || c.operation == nil {
		return nil
	}
	input := d.input(c)
	if input == nil {
		return nil
	}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input,
		Status:                 a.status,
		Header:                 a.header,
		Body:                   io.NopCloser(bytes.NewReader(a.body)),
		Options:                d.options,
	})
}

// input returns nil for an operation that the document does not describe, which are those of OAuth.
func (d *document) input(c *call) *openapi3filter.RequestValidationInput {
	route := d.routes[c.operation.id]
	if route == nil {
		return nil
	}
	request := &http.Request{
		Method: c.request.Method,
		URL:    c.request.URL,
		Header: c.request.Header,
		Body:   io.NopCloser(bytes.NewReader(c.body)),
	}
	return &openapi3filter.RequestValidationInput{
		Request:     request,
		PathParams:  map[string]string{"contactId": c.id, "businessId": c.id},
		QueryParams: c.query,
		Route:       route,
		Options:     d.options,
	}
}
