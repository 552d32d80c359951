package clienttest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/ids"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/normalize"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// SampleFields returns the default custom fields: one of each common type, and one of
// opportunities.
func SampleFields() []gen.CustomFieldDefinition {
	return []gen.CustomFieldDefinition{
		{ID: "6dvNaf7VhkQ9snc5vnjJ", Key: "contact.my_text", Name: "My text", DataType: "TEXT"},
		{ID: "9NAf0SNjEs4p2wRzIFvU", Key: "contact.my_number", Name: "My number", DataType: "NUMERICAL"},
		{ID: "MgobCB14YMVKuE4Ka8p1", Key: "contact.my_date", Name: "My date", DataType: "DATE"},
		{ID: "3sv6UEo51C9Bmpo1cKTq", Key: "contact.my_select", Name: "My select", DataType: "SINGLE_OPTIONS", Options: []string{"small", "medium", "large"}},
		{ID: "1HeGizb13P0odwgOgKSs", Key: "contact.my_list", Name: "My list", DataType: "MULTIPLE_OPTIONS", Options: []string{"red", "green", "blue"}},
		{ID: "w2M9qTZ0ZJz8rGt02jdJ", Key: "contact.my_files", Name: "My files", DataType: "FILE_UPLOAD", IsMultiFileAllowed: true, MaxFileLimit: 2},
		{ID: "Yt5Qd0mRr2uVb8sXh1Lk", Key: "contact.shoe_size", Name: "Shoe size", DataType: "NUMERICAL"},
		{ID: "Bq7Zc3nWf9pGj4tKe6Ma", Key: "contact.favorite_color", Name: "Favorite color", DataType: "TEXT"},
		{ID: "Kd8Rv2mXq4nTs7wYb0Hc", Key: "contact.my_checkbox", Name: "My checkbox", DataType: "CHECKBOX", Options: []string{"Yes", "No"}},
		{ID: "Lp3Fs9cGu6xJh1zVo5Ne", Key: "contact.my_rows", Name: "My rows", DataType: "TEXTBOX_LIST"},
		{ID: "Za4Tq8yEr1wUi7oPm2Sd", Key: "opportunity.my_reason", Name: "My reason", Model: "opportunity", DataType: "TEXT"},
	}
}

// ReadFields reads a JSON list of custom fields in the form in which the API returns them. A
// missing ID is generated, and the default type is TEXT. An example:
//
//	[
//	  {"id": "6dvNaf7VhkQ9snc5vnjJ", "fieldKey": "contact.shoe_size", "dataType": "NUMERICAL"},
//	  {"fieldKey": "contact.color", "dataType": "SINGLE_OPTIONS", "picklistOptions": ["red", "green"]}
//	]
func ReadFields(from io.Reader) ([]gen.CustomFieldDefinition, error) {
	var fields []gen.CustomFieldDefinition
	if err := json.NewDecoder(from).Decode(&fields); err != nil {
		return nil, fmt.Errorf("custom fields: %w", err)
	}
	source := ids.Source{Seed: 3}
	for i := range fields {
		fields[i].ID = cmp.Or(fields[i].ID, source.ID())
	}
	return fields, validateFields(fields)
}

func validateFields(fields []gen.CustomFieldDefinition) error {
	for i, f := range fields {
		isSame := func(other gen.CustomFieldDefinition) bool {
			return other.ID == f.ID || trimKey(other.Key) == trimKey(f.Key)
		}
		switch {
		case f.ID == "" || f.Key == "":
			return fmt.Errorf("custom field %d: ID or key is empty", i+1)
		case slices.ContainsFunc(fields[:i], isSame):
			return fmt.Errorf("custom field %d: another field has the same ID or key", i+1)
		}
	}
	return nil
}

// fieldsWithDefaults returns the definitions with the defaults of missing properties.
func fieldsWithDefaults(location string, fields []gen.CustomFieldDefinition) []gen.CustomFieldDefinition {
	fields = slices.Clone(fields)
	for i := range fields {
		f := &fields[i]
		f.LocationID, f.DocumentType, f.Position = location, "field", (i+1)*50
		f.Model, f.DataType = cmp.Or(f.Model, "contact"), cmp.Or(f.DataType, "TEXT")
		if !strings.Contains(f.Key, ".") {
			f.Key = f.Model + "." + f.Key
		}
		f.Name = cmp.Or(f.Name, trimKey(f.Key))
		f.ParentID = cmp.Or(f.ParentID, "7DcVqzvRQwnMmPpRCwow")
		f.DateAdded = cmp.Or(f.DateAdded, time.Date(2021, 7, 2, 5, 18, 26, 704e6, time.UTC))
	}
	return fields
}

// trimKey returns the slug of a key.
func trimKey(key string) string { return strings.TrimPrefix(key, "contact.") }

// field returns the custom field of contacts with an ID or, if the ID is empty, with a key. It
// returns nil if the location has no such field.
func (l *Location) field(id, key string) *gen.CustomFieldDefinition {
	at := slices.IndexFunc(l.Fields, func(f gen.CustomFieldDefinition) bool {
		return f.Model == "contact" && (f.ID == id || id == "" && trimKey(f.Key) == trimKey(key))
	})
	if at < 0 {
		return nil
	}
	return &l.Fields[at]
}

// writeFields returns the custom fields of a contact after a write. Fields that are not in the
// write do not change. Fields that the location does not have, and values that a field does not
// take, are dropped silently.
func (l *Location) writeFields(stored []gen.CustomField, inputs []wire.FieldInput) ([]gen.CustomField, error) {
	fields := stored
	for i, input := range inputs {
		definition := l.field(input.ID, input.Key)
		if definition == nil {
			continue
		}
		if input.ID != "" && input.Key != "" && l.field("", input.Key) != definition {
			return nil, wire.Unprocessable([]string{"customFields." + strconv.Itoa(i) + ".id and key must name the same field"})
		}
		isSame := func(f gen.CustomField) bool { return f.ID == definition.ID }
		var old json.RawMessage
		if at := slices.IndexFunc(fields, isSame); at >= 0 {
			old = fields[at].Value
		}
		others := slices.DeleteFunc(slices.Clone(fields), isSame)
		if slices.Contains([]string{"null", `""`, "[]", "{}"}, string(wire.Encode(input.Value))) {
			fields = others
			continue
		}
		value, err := normalize.FieldValue(definition, old, input.Value)
		if err != nil {
			return nil, wire.BadRequest(err.Error())
		}
		if value != nil { // otherwise the value is dropped
			others = append(others, gen.CustomField{ID: definition.ID, Value: json.RawMessage(wire.Encode(value))})
			fields = others
		}
	}
	return fields, nil
}

// getCustomFields handles GET /locations/{locationId}/customFields.
func (s *Server) getCustomFields(c *call) (wire.Response, error) {
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(c.query)) {
		if name != "model" {
			unknown = append(unknown, "property "+name+" should not exist")
		}
	}
	if unknown != nil {
		return wire.Response{}, wire.Unprocessable(unknown)
	}
	model := cmp.Or(c.query.Get("model"), "contact")
	fields := slices.DeleteFunc(slices.Clone(c.location.Fields), func(f gen.CustomFieldDefinition) bool {
		return model != "all" && f.Model != model
	})
	return c.ok(http.StatusOK, wire.Object{"customFields": objects(fields, wire.Definition)})
}
