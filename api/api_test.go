package api_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/highlevel-contacts/contacts-go/api"
)

// document is api/contacts.yaml, read once for all tests.
var document = sync.OnceValues(func() (*openapi3.T, error) {
	return openapi3.NewLoader().LoadFromData(api.Contacts)
})

func TestDocument_Valid(t *testing.T) {
	t.Parallel()
	err := load(t).Validate(context.Background(), openapi3.EnableExamplesValidation(), openapi3.EnableSchemaFormatValidation())
	if err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// routes are the operations of the document, by operationId.
var routes = func() map[string]struct{ method, path string } {
	all := map[string]struct{ method, path string }{}
	doc, err := document()
	if err != nil {
		panic(err)
	}
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			all[operation.OperationID] = struct{ method, path string }{method, path}
		}
	}
	return all
}()

// route returns an operation and its path.
func route(t *testing.T, operationID string) (*openapi3.PathItem, *openapi3.Operation) {
	t.Helper()
	r, ok := routes[operationID]
	if !ok {
		t.Fatalf("the document has no operation %s", operationID)
	}
	item := load(t).Paths.Value(r.path)
	return item, item.GetOperation(r.method)
}

// responseSchema returns the schema of an operation's JSON body for a status of the document, such
// as 2XX or 400.
func responseSchema(t *testing.T, operationID, status string) *openapi3.Schema {
	t.Helper()
	_, op := route(t, operationID)
	response := op.Responses.Value(status)
	if response == nil {
		t.Fatalf("%s has no %s", operationID, status)
	}
	content := response.Value.Content.Get("application/json")
	if content == nil {
		t.Fatalf("%s %s has no JSON body", operationID, status)
	}
	return content.Schema.Value
}

// check validates a JSON body against a schema, including formats.
func check(t *testing.T, schema *openapi3.Schema, body string) error {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(body), &value); err != nil {
		t.Fatalf("the body of the test is not JSON: %v", err)
	}
	return schema.VisitJSON(value, openapi3.EnableFormatValidation())
}
