package api_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// TestModels compares the models of package gen with their schemas: the properties, and the types that could lose a value.
// Responses have plain values, for which null and missing are zero; the exceptions are listed.
func TestModels(t *testing.T) {
	t.Parallel()
	pointers := []string{"CreateContactRequest.DND", "FindDuplicateContactResult.Contact", "ListContactsResult.Meta"}
	for _, result := range []string{"DeleteContactResult", "UpdateContactResult", "UpsertContactResult"} {
		pointers = append(pointers, result+".Succeded", result+".Succeeded")
	}
	ofContact := models(reflect.TypeFor[gen.Contact](), nil)
	var all []reflect.Type
	for _, o := range operations {
		all = models(o.request, models(o.result, all))
	}
	var gotPointers []string
	for _, model := range all {
		if model == reflect.TypeFor[gen.Time]() {
			continue // written by hand
		}
		schema := document().Components.Schemas[model.Name()]
		if schema == nil {
			t.Errorf("the document has no schema %s", model.Name())
			continue
		}
		properties := slices.Collect(maps.Keys(schema.Value.Properties))
		if slices.Contains(ofContact, model) {
			properties = append(properties, "") // Extra, for unknown properties
		}
		var got []string
		for field := range model.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			got = append(got, name)
			property := schema.Value.Properties[name]
			if property == nil {
				continue
			}
			kind, at := field.Type.Kind(), model.Name()+"."+field.Name
			nullable := kind == reflect.Map // a Nullable is a map
			switch change := model.Name() == "UpdateContactRequest" || model.Name() == "UpsertContactRequest"; {
			case kind == reflect.Pointer, nullable && !change:
				gotPointers = append(gotPointers, at)
			case change && nullable == (property.Value.Type.Is("array") || property.Value.Type.Is("object") || name == "locationId"):
				t.Errorf("%s is a %s: want every optional scalar, and nothing else, to be a Nullable", at, field.Type)
			case property.Value.Format == "int64" && kind != reflect.Int64 && field.Type != reflect.TypeFor[time.Time](), kind == reflect.Float32:
				t.Errorf("%s is a %s, which loses digits", at, field.Type)
			case property.Value.Format == "date-time" && field.Type != reflect.TypeFor[time.Time]():
				t.Errorf("%s is a %s, want a time", at, field.Type)
			}
		}
		slices.Sort(got)
		slices.Sort(properties)
		if diff := cmp.Diff(properties, got); diff != "" {
			t.Errorf("properties of %s (-schema +model):\n%s", model.Name(), diff)
		}
	}
	slices.Sort(pointers)
	slices.Sort(gotPointers)
	if diff := cmp.Diff(pointers, gotPointers); diff != "" {
		t.Errorf("pointers and Nullables (-want +got):\n%s", diff)
	}
}

// models adds a struct of package gen and those in it to found.
func models(model reflect.Type, found []reflect.Type) []reflect.Type {
	for model != nil && (model.Kind() == reflect.Slice || model.Kind() == reflect.Pointer) {
		model = model.Elem()
	}
	if model == nil || model.Kind() != reflect.Struct || model == reflect.TypeFor[time.Time]() || slices.Contains(found, model) {
		return found
	}
	found = append(found, model)
	for field := range model.Fields() {
		found = models(field.Type, found)
	}
	return found
}
