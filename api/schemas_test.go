package api_test

import (
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// The API rejects unknown properties with a 422, so the schema of a request must reject them too.
func TestSchemas_RequestsClosed(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"createContact", "updateContact", "upsertContact"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			_, op := route(t, id)
			objects := 0
			walk("body", op.RequestBody.Value.Content.Get("application/json").Schema, func(at string, schema *openapi3.Schema) {
				if !schema.Type.Is("object") {
					return
				}
				objects++
				if schema.AdditionalProperties.Has == nil || *schema.AdditionalProperties.Has {
					t.Errorf("%s accepts unknown properties", at)
				}
			})
			const want = 1 + 1 + 1 + 6 + 2 // the body, a custom field, the settings of do-not-disturb, six channels, inbound
			if objects != want {
				t.Errorf("got %d objects, want %d", objects, want)
			}
		})
	}
}

// The API can add properties to responses and values to enumerations at any time, and lists contain
// null for every missing value.
func TestSchemas_ResponsesOpen(t *testing.T) {
	t.Parallel()
	notNull := map[string]bool{ // by the name of the property
		"contact": true, "contacts": true, "customFields": true, "id": true, "new": true, "tags": true,
	}
	for id := range routes {
		for _, status := range []string{"2XX", "400"} {
			t.Run(id+" "+status, func(t *testing.T) {
				t.Parallel()
				walk("body", &openapi3.SchemaRef{Value: responseSchema(t, id, status)}, func(at string, schema *openapi3.Schema) {
					if has := schema.AdditionalProperties.Has; has != nil && !*has {
						t.Errorf("%s rejects unknown properties", at)
					}
					if len(schema.Enum) != 0 {
						t.Errorf("%s has a closed set of values", at)
					}
					for name, property := range schema.Properties {
						acceptsNull := property.Value.VisitJSON(nil) == nil
						required := slices.Contains(schema.Required, name) || name == "id" || name == "new"
						if acceptsNull == (notNull[name] && required) && !(id == "findDuplicateContact" && at == "body") {
							t.Errorf("%s.%s: accepts null: %t", at, name, acceptsNull)
						}
					}
				})
			})
		}
	}
}

// walk visits a schema and all schemas in it, except custom field values, which may be any JSON.
func walk(at string, ref *openapi3.SchemaRef, visit func(at string, schema *openapi3.Schema)) {
	if ref == nil {
		return
	}
	schema := ref.Value
	visit(at, schema)
	for name, property := range schema.Properties {
		if name != "field_value" {
			walk(at+"."+name, property, visit)
		}
	}
	walk(at+"[]", schema.Items, visit)
	for _, alternatives := range []openapi3.SchemaRefs{schema.OneOf, schema.AnyOf, schema.AllOf} {
		for _, alternative := range alternatives {
			walk(at+"|", alternative, visit)
		}
	}
}
