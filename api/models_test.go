package api_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/oapi-codegen/nullable"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// The properties of responses are plain values, for which null and missing are zero. The exceptions
// are succeded and succeeded, which can be false, true or missing.
func TestModels_PlainValues(t *testing.T) {
	t.Parallel()
	notPlain := map[string]bool{
		"UpdateContactResult.Succeded": true, "UpdateContactResult.Succeeded": true,
		"UpsertContactResult.Succeded": true, "UpsertContactResult.Succeeded": true,
		"DeleteContactResult.Succeded": true, "DeleteContactResult.Succeeded": true,
	}
	for _, model := range []any{
		gen.GetContactResult{},
		gen.CreateContactResult{},
		gen.UpdateContactResult{},
		gen.UpsertContactResult{},
		gen.DeleteContactResult{},
		gen.ListContactsResult{},
		gen.ListContactsByBusinessResult{},
	} {
		name := reflect.TypeOf(model).Name()
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fields(name, reflect.TypeOf(model), func(at string, field reflect.Type) {
				switch field.Kind() {
				case reflect.Pointer:
					if field.Elem().Kind() != reflect.Struct {
						t.Errorf("%s is a %s", at, field)
					}
				case reflect.Map, reflect.Interface: // a nullable is a map
					if !notPlain[at] {
						t.Errorf("%s is a %s", at, field)
					}
				case reflect.Float32:
					t.Errorf("%s is a float32", at)
				}
			})
		})
	}
}

// A pointer distinguishes false from a missing value in Create; Update and Upsert use a Nullable
// for that.
func TestModels_RequestPointers(t *testing.T) {
	t.Parallel()
	want := []string{"CreateContactRequest.DND"}
	var got []string
	for _, model := range []any{gen.CreateContactRequest{}, gen.UpdateContactRequest{}, gen.UpsertContactRequest{}} {
		fields(reflect.TypeOf(model).Name(), reflect.TypeOf(model), func(at string, field reflect.Type) {
			if field.Kind() == reflect.Pointer {
				got = append(got, at)
			}
		})
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pointers (-want +got):\n%s", diff)
	}
}

// Properties with the format date-time are times. The date of birth has several forms, so it is a
// string.
func TestModels_Times(t *testing.T) {
	t.Parallel()
	want := []string{"Contact.CreatedBy.Timestamp", "Contact.DateAdded", "Contact.DateUpdated", "Contact.LastActivity", "Contact.LastSessionActivityAt", "Contact.LastUpdatedBy.Timestamp", "Contact.ValidEmailDate"}
	var got []string
	fields("Contact", reflect.TypeFor[gen.Contact](), func(at string, field reflect.Type) {
		if field == reflect.TypeFor[time.Time]() {
			got = append(got, at)
		}
	})
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("times (-want +got):\n%s", diff)
	}
}

// Each model has the properties of its schema under the same names, and Extra for unknown ones.
func TestModels_Properties(t *testing.T) {
	t.Parallel()
	models := []any{
		gen.AddTagsResult{},
		gen.AdditionalEmail{},
		gen.AdditionalPhone{},
		gen.Attribution{},
		gen.Contact{},
		gen.CreateContactRequest{},
		gen.CreateContactResult{},
		gen.CreatedBy{},
		gen.CustomField{},
		gen.CustomFieldDefinition{},
		gen.CustomFieldInput{},
		gen.DNDSetting{},
		gen.DNDSettings{},
		gen.DeleteContactResult{},
		gen.FindDuplicateContactResult{},
		gen.GetContactResult{},
		gen.GetCustomFieldsResult{},
		gen.InboundDNDSetting{},
		gen.InboundDNDSettings{},
		gen.ListContactsByBusinessResult{},
		gen.ListContactsResult{},
		gen.ListMeta{},
		gen.Opportunity{},
		gen.RemoveTagsResult{},
		gen.SearchContactsRequest{},
		gen.SearchContactsResult{},
		gen.SearchFilter{},
		gen.SearchSort{},
		gen.TagsRequest{},
		gen.UpdateContactRequest{},
		gen.UpdateContactResult{},
		gen.UpsertContactRequest{},
		gen.UpsertContactResult{},
	}
	for _, model := range models {
		name := reflect.TypeOf(model).Name()
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want, got []string
			for property := range load(t).Components.Schemas[name].Value.Properties {
				want = append(want, property)
			}
			if _, ok := reflect.TypeOf(model).FieldByName("Extra"); ok {
				want = append(want, ",embed")
			}
			for field := range reflect.TypeOf(model).Fields() {
				tag := field.Tag.Get("json")
				if property, _, _ := strings.Cut(tag, ","); property != "" {
					tag = property
				}
				got = append(got, tag)
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("properties (-schema +model):\n%s", diff)
			}
		})
	}
}

// TestUpdateAndUpsertRequest_OptionalScalarsAreNullable checks that all optional scalars are
// Nullable, and lists the ones for which the API does not accept null. Package client rejects Clear
// for them.
func TestUpdateAndUpsertRequest_OptionalScalarsAreNullable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		model   any
		notNull []string
	}{
		{gen.UpdateContactRequest{}, []string{"companyName", "country", "dnd", "keyword", "postalCode", "ssn", "type"}},
		{
			gen.UpsertContactRequest{},
			[]string{"assignedTo", "country", "createNewIfDuplicateAllowed", "dnd", "gender", "postalCode", "source"},
		},
	}
	for _, tt := range tests {
		model := reflect.TypeOf(tt.model)
		t.Run(model.Name(), func(t *testing.T) {
			t.Parallel()
			schema := load(t).Components.Schemas[model.Name()].Value
			var notNull []string
			for field := range model.Fields() {
				name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				property := schema.Properties[name].Value
				if slices.Contains(schema.Required, name) || property.Type.Is("array") || property.Type.Is("object") {
					continue
				}
				switch field.Type {
				case reflect.TypeFor[nullable.Nullable[string]](), reflect.TypeFor[nullable.Nullable[bool]]():
				default:
					t.Errorf("%s: got type %s, want a Nullable", field.Name, field.Type)
				}
				if !property.Nullable {
					notNull = append(notNull, name)
				}
			}
			slices.Sort(notNull)
			if diff := cmp.Diff(tt.notNull, notNull); diff != "" {
				t.Errorf("properties that the document does not declare nullable (-want +got):\n%s", diff)
			}
		})
	}
}

// fields visits the fields of a struct and of all structs in it, including those in lists and
// behind pointers.
func fields(at string, model reflect.Type, visit func(at string, field reflect.Type)) {
	for model.Kind() == reflect.Slice || model.Kind() == reflect.Pointer {
		model = model.Elem()
	}
	if model.Kind() != reflect.Struct || model == reflect.TypeFor[time.Time]() {
		return
	}
	for field := range model.Fields() {
		visit(at+"."+field.Name, field.Type)
		fields(at+"."+field.Name, field.Type, visit)
	}
}
