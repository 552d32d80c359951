package api_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/api"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// operation is an operation of the document.
type operation struct {
	route, scope, tag string
	query             string       // names of the query parameters; the required ones have a mark
	request, result   reflect.Type // models; request is nil without a body
}

// operations are all operations of the document, by ID.
var operations = map[string]operation{
	"getContacts":             {"GET /contacts/", read, "Contacts", "locationId! query limit startAfter startAfterId", nil, reflect.TypeFor[gen.ListContactsResult]()},
	"createContact":           {"POST /contacts/", write, "Contacts", "", reflect.TypeFor[gen.CreateContactRequest](), reflect.TypeFor[gen.CreateContactResult]()},
	"getContact":              {"GET /contacts/{contactId}", read, "Contacts", "", nil, reflect.TypeFor[gen.GetContactResult]()},
	"updateContact":           {"PUT /contacts/{contactId}", write, "Contacts", "", reflect.TypeFor[gen.UpdateContactRequest](), reflect.TypeFor[gen.UpdateContactResult]()},
	"deleteContact":           {"DELETE /contacts/{contactId}", write, "Contacts", "", nil, reflect.TypeFor[gen.DeleteContactResult]()},
	"upsertContact":           {"POST /contacts/upsert", write, "Contacts", "", reflect.TypeFor[gen.UpsertContactRequest](), reflect.TypeFor[gen.UpsertContactResult]()},
	"getContactsByBusinessId": {"GET /contacts/business/{businessId}", read, "Contacts", "locationId! query limit skip", nil, reflect.TypeFor[gen.ListContactsByBusinessResult]()},
	"searchContacts":          {"POST /contacts/search", read, "Search", "", reflect.TypeFor[gen.SearchContactsRequest](), reflect.TypeFor[gen.SearchContactsResult]()},
	"findDuplicateContact":    {"GET /contacts/search/duplicate", read, "Search", "locationId! email number", nil, reflect.TypeFor[gen.FindDuplicateContactResult]()},
	"addTags":                 {"POST /contacts/{contactId}/tags", write, "Tags", "", reflect.TypeFor[gen.TagsRequest](), reflect.TypeFor[gen.AddTagsResult]()},
	"removeTags":              {"DELETE /contacts/{contactId}/tags", write, "Tags", "", reflect.TypeFor[gen.TagsRequest](), reflect.TypeFor[gen.RemoveTagsResult]()},
	"getCustomFields":         {"GET /locations/{locationId}/customFields", "locations/customFields.readonly", "Custom Field", "model", nil, reflect.TypeFor[gen.GetCustomFieldsResult]()},
}

const (
	read  = "contacts.readonly"
	write = "contacts.write"
)

// document is api/contacts.yaml, read once for all tests.
var document = sync.OnceValue(func() *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromData(api.Contacts)
	if err != nil {
		panic(err)
	}
	return doc
})

// find returns an operation, the path that has it, and the path and method of its route.
func find(t *testing.T, id string) (op *openapi3.Operation, item *openapi3.PathItem, path, method string) {
	t.Helper()
	method, path, _ = strings.Cut(operations[id].route, " ")
	item = document().Paths.Value(path)
	if item == nil || item.GetOperation(method) == nil || item.GetOperation(method).OperationID != id {
		t.Fatalf("the document has no operation %s at %s %s", id, method, path)
	}
	return item.GetOperation(method), item, path, method
}

// schemaOf returns the schema of the JSON body of a response of an operation.
func schemaOf(t *testing.T, id, status string) *openapi3.Schema {
	t.Helper()
	op, _, _, _ := find(t, id)
	return op.Responses.Value(status).Value.Content.Get("application/json").Schema.Value
}

// TestDocument_Valid also validates every example against its schema.
func TestDocument_Valid(t *testing.T) {
	t.Parallel()
	err := document().Validate(context.Background(), openapi3.EnableExamplesValidation(), openapi3.EnableSchemaFormatValidation())
	if err != nil {
		t.Fatal(err)
	}
}

func TestDocument_Operations(t *testing.T) {
	t.Parallel()
	got := map[string]operation{}
	for path, item := range document().Paths.Map() {
		for method, op := range item.Operations() {
			o := operations[op.OperationID]
			o.route, o.tag = method+" "+path, strings.Join(op.Tags, " ")
			if op.Security == nil || len(*op.Security) != 2 || (*op.Security)[0]["bearer"] == nil {
				t.Errorf("%s: want a bearer token or OAuth, got %v", op.OperationID, op.Security)
				continue
			}
			o.scope = strings.Join((*op.Security)[1]["oauth2"], " ")
			var query []string
			for _, parameter := range slices.Concat(item.Parameters, op.Parameters) {
				switch {
				case parameter.Value.In == "query" && parameter.Value.Required:
					query = append(query, parameter.Value.Name+"!")
				case parameter.Value.In == "query":
					query = append(query, parameter.Value.Name)
				}
			}
			o.query = strings.Join(query, " ")
			got[op.OperationID] = o
		}
	}
	if diff := cmp.Diff(operations, got, cmp.AllowUnexported(operation{}), cmp.Comparer(func(a, b reflect.Type) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDocument_HeadersAndErrors(t *testing.T) {
	t.Parallel()
	for id := range operations {
		op, item, _, _ := find(t, id)
		version := slices.Concat(item.Parameters, op.Parameters)
		if at := slices.IndexFunc(version, func(p *openapi3.ParameterRef) bool { return p.Ref == "#/components/parameters/Version" }); at < 0 {
			t.Errorf("%s: the header Version is missing", id)
		}
		if diff := cmp.Diff([]string{"2XX", "400", "401", "403", "404", "422", "429", "5XX"}, slices.Sorted(slices.Values(op.Responses.Keys()))); diff != "" {
			t.Errorf("%s: responses (-want +got):\n%s", id, diff)
		}
		headers := op.Responses.Value("2XX").Value.Headers
		for _, name := range []string{"Limit-Daily", "Daily-Remaining", "Daily-Reset", "Interval-Milliseconds", "Max", "Remaining"} {
			header := headers["X-RateLimit-"+name]
			if header == nil || !header.Value.Schema.Value.Type.Is("integer") || header.Value.Required {
				t.Errorf("%s: header X-RateLimit-%s: want an integer that may be missing", id, name)
			}
		}
		for _, status := range []string{"400", "401", "403", "404", "422", "5XX"} {
			if schemaOf(t, id, status) != document().Components.Schemas["ErrorBody"].Value {
				t.Errorf("%s: %s: want ErrorBody", id, status)
			}
		}
		if limited := op.Responses.Value("429").Value; len(limited.Content) != 0 || limited.Headers["Retry-After"] == nil {
			t.Errorf("%s: 429: want Retry-After and no content, because the body is undocumented", id)
		}
	}
}

// The API rejects unknown properties of requests. It can add properties and values of enumerations to responses at any time,
// and sends null for missing values.
func TestDocument_RequestsClosedResponsesOpen(t *testing.T) {
	t.Parallel()
	for id, o := range operations {
		op, _, _, _ := find(t, id)
		if o.request != nil {
			walk(id, op.RequestBody.Value.Content.Get("application/json").Schema, nil, func(at string, schema *openapi3.Schema) {
				if has := schema.AdditionalProperties.Has; schema.Properties != nil && (has == nil || *has) {
					t.Errorf("%s accepts unknown properties", at)
				}
			})
		}
		for _, status := range []string{"2XX", "400"} {
			walk(id, &openapi3.SchemaRef{Value: schemaOf(t, id, status)}, nil, func(at string, schema *openapi3.Schema) {
				if has := schema.AdditionalProperties.Has; has != nil && !*has || len(schema.Enum) > 0 {
					t.Errorf("%s rejects unknown properties or values", at)
				}
				for name, property := range schema.Properties {
					needed := name == "id" || name == "new" || slices.Contains(schema.Required, name) && id != "findDuplicateContact"
					if null := property.Value.VisitJSON(nil) == nil; null == needed {
						t.Errorf("%s.%s: accepts null: %t", at, name, null)
					}
				}
			})
		}
	}
}

// walk visits a schema and all schemas in it, each of them once on a path.
func walk(at string, ref *openapi3.SchemaRef, parents []*openapi3.Schema, visit func(at string, schema *openapi3.Schema)) {
	if ref == nil || slices.Contains(parents, ref.Value) {
		return
	}
	schema := ref.Value
	parents = append(parents, schema)
	visit(at, schema)
	for name, property := range schema.Properties {
		walk(at+"."+name, property, parents, visit)
	}
	walk(at+"[]", schema.Items, parents, visit)
	for _, alternative := range slices.Concat(schema.OneOf, schema.AnyOf, schema.AllOf) {
		walk(at+"|", alternative, parents, visit)
	}
}
