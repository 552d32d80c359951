package main

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// flattener reduces a document to operations and named schemas for a comparison. A schema contains
// only the names of other schemas, so that a change of a schema is one difference even if several
// operations use the schema.
type flattener struct {
	names   map[string][]string // the schemas of our document for each schema of the vendor's
	schemas map[string]*openapi3.SchemaRef
}

// flatten returns the reduced document. A reference to a schema becomes the name of the schema, in
// our spelling.
func flatten(doc *openapi3.T, names map[string][]string) *openapi3.T {
	f := flattener{names: names, schemas: map[string]*openapi3.SchemaRef{}}
	flat := &openapi3.T{
		OpenAPI: "3.0.3",
		Info:    &openapi3.Info{Title: "flat", Version: "1"},
		Paths:   openapi3.NewPaths(),
	}
	for _, server := range doc.Servers {
		flat.Servers = append(flat.Servers, &openapi3.Server{URL: server.URL})
	}
	for _, address := range doc.Paths.InMatchingOrder() {
		item := doc.Paths.Value(address)
		flatItem := &openapi3.PathItem{}
		for method, operation := range item.Operations() {
			flatItem.SetOperation(method, f.operation(item, operation))
		}
		flat.Paths.Set(address, flatItem)
	}
	flat.Components = &openapi3.Components{Schemas: f.schemas}
	return flat
}

func (f *flattener) operation(item *openapi3.PathItem, operation *openapi3.Operation) *openapi3.Operation {
	flat := &openapi3.Operation{
		Tags:       scopes(operation), // oasdiff compares tags as a set of strings, like scopes
		Deprecated: operation.Deprecated,
		Responses:  openapi3.NewResponses(),
	}
	flat.Responses.Delete("default")
	for _, parameters := range []openapi3.Parameters{item.Parameters, operation.Parameters} {
		for _, parameter := range parameters {
			value := *parameter.Value
			value.Example, value.Examples, value.Description = nil, nil, ""
			value.Schema = f.schema(value.Schema)
			flat.Parameters = append(flat.Parameters, &openapi3.ParameterRef{Value: &value})
		}
	}
	if operation.RequestBody != nil {
		flat.RequestBody = &openapi3.RequestBodyRef{Value: &openapi3.RequestBody{
			Required: operation.RequestBody.Value.Required,
			Content:  f.content(operation.RequestBody.Value.Content),
		}}
	}
	for status, response := range operation.Responses.Map() {
		content := f.content(response.Value.Content)
		headers := openapi3.Headers{}
		for name, header := range response.Value.Headers {
			headers[name] = &openapi3.HeaderRef{Value: &openapi3.Header{Parameter: openapi3.Parameter{
				Required: header.Value.Required, Schema: f.schema(header.Value.Schema),
			}}}
		}
		if strings.HasPrefix(status, "2") && status != "2XX" {
			// The content of all 2xx responses is compared as one, and their statuses separately.
			flat.Responses.Set(status, &openapi3.ResponseRef{Value: openapi3.NewResponse().WithDescription("")})
			status = "2XX"
		}
		flat.Responses.Set(status, &openapi3.ResponseRef{
			Value: &openapi3.Response{Description: new(string), Content: content, Headers: headers},
		})
	}
	return flat
}

func (f *flattener) content(content openapi3.Content) openapi3.Content {
	flat := openapi3.Content{}
	for mediaType, value := range content {
		flat[mediaType] = openapi3.NewMediaType().WithSchemaRef(f.schema(value.Schema))
	}
	return flat
}

// schema returns ref without references. A named schema becomes an entry of f.schemas, and is
// replaced by an empty schema with its name.
func (f *flattener) schema(ref *openapi3.SchemaRef) *openapi3.SchemaRef {
	if ref == nil {
		return nil
	}
	if len(ref.Value.AllOf) == 1 && len(ref.Value.Properties) == 0 && ref.Ref == "" {
		inner := *ref.Value.AllOf[0] // a reference with a description or nullable
		ref = &inner
	}
	if ref.Ref == "" {
		return &openapi3.SchemaRef{Value: f.inline(ref.Value)}
	}
	name := path.Base(ref.Ref)
	if _, seen := f.schemas[name]; !seen {
		f.schemas[name] = nil // a schema may contain itself
		f.schemas[name] = &openapi3.SchemaRef{Value: f.inline(ref.Value)}
	}
	return &openapi3.SchemaRef{Value: &openapi3.Schema{Format: "schema " + f.canonical(name)}}
}

func (f *flattener) inline(schema *openapi3.Schema) *openapi3.Schema {
	flat := *schema
	flat.Description, flat.Example, flat.Title, flat.Extensions = "", nil, "", nil
	flat.Items = f.schema(schema.Items)
	flat.Properties = nil
	if len(schema.Properties) > 0 {
		flat.Properties = openapi3.Schemas{}
		for name, property := range schema.Properties {
			flat.Properties[name] = f.schema(property)
		}
	}
	for keyword, list := range map[string]openapi3.SchemaRefs{
		"all of": schema.AllOf, "any of": schema.AnyOf, "one of": schema.OneOf,
	} {
		if len(list) > 0 {
			flat.Format = keyword + " " + f.alternatives(list) // compared as one value, so that the difference shows which of them changed
		}
	}
	flat.AllOf, flat.AnyOf, flat.OneOf = nil, nil, nil
	flat.Not = f.schema(schema.Not)
	flat.AdditionalProperties.Schema = f.schema(schema.AdditionalProperties.Schema)
	return &flat
}

// alternatives returns the schemas of a list as a string: names for references, JSON for others.
func (f *flattener) alternatives(refs openapi3.SchemaRefs) string {
	var all []string
	for _, ref := range refs {
		f.schema(ref)
		switch {
		case ref.Ref != "":
			all = append(all, path.Base(ref.Ref))
		default:
			encoded, err := json.Marshal(f.inline(ref.Value))
			if err != nil {
				encoded = []byte(err.Error())
			}
			all = append(all, string(encoded))
		}
	}
	return strings.Join(all, ", ")
}

// canonical returns the name with which references in both documents are compared. If several of
// our schemas replace one schema of the vendor's, that is the first of them. Other names are
// unchanged.
func (f *flattener) canonical(name string) string {
	if ours, ok := f.names[name]; ok {
		return f.canonical(ours[0])
	}
	for _, theirs := range slices.Sorted(maps.Keys(f.names)) {
		if slices.Contains(f.names[theirs], name) {
			return f.names[theirs][0]
		}
	}
	return name
}

// scopes returns the sorted OAuth scopes that the operation requires.
func scopes(operation *openapi3.Operation) []string {
	var all []string
	if operation.Security != nil {
		for _, requirement := range *operation.Security {
			for _, scopes := range requirement {
				all = append(all, scopes...)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
