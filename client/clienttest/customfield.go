package clienttest

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/ids"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/normalize"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// FieldType is the type of the value of a custom field.
type FieldType string

// The types of custom fields.
const (
	FieldTypeText   FieldType = "text"   // any string
	FieldTypeNumber FieldType = "number" // a number, or a string that is one
	FieldTypeDate   FieldType = "date"   // a date as a string or in milliseconds since 1970; responses have milliseconds
	FieldTypeSelect FieldType = "select" // one of the options
	FieldTypeList   FieldType = "list"   // a list of options
	FieldTypeFiles  FieldType = "files"  // an object of files keyed by UUID
)

var fieldTypes = []FieldType{FieldTypeText, FieldTypeNumber, FieldTypeDate, FieldTypeSelect, FieldTypeList, FieldTypeFiles}

// FieldDefinition defines a custom field of a location.
type FieldDefinition struct {
	ID      string    `json:"id"`      // required
	Key     string    `json:"key"`     // required, with or without the prefix "contact."
	Type    FieldType `json:"type"`    // FieldTypeText by default
	Options []string  `json:"options"` // the values that a select or list accepts; empty means any
}

// SampleFields returns the default custom fields: one of each type, and the two that the examples
// of this module use.
func SampleFields() []FieldDefinition {
	return []FieldDefinition{
		{ID: "6dvNaf7VhkQ9snc5vnjJ", Key: "my_text", Type: FieldTypeText},
		{ID: "9NAf0SNjEs4p2wRzIFvU", Key: "my_number", Type: FieldTypeNumber},
		{ID: "MgobCB14YMVKuE4Ka8p1", Key: "my_date", Type: FieldTypeDate},
		{ID: "3sv6UEo51C9Bmpo1cKTq", Key: "my_select", Type: FieldTypeSelect, Options: []string{"small", "medium", "large"}},
		{ID: "1HeGizb13P0odwgOgKSs", Key: "my_list", Type: FieldTypeList, Options: []string{"red", "green", "blue"}},
		{ID: "w2M9qTZ0ZJz8rGt02jdJ", Key: "my_files", Type: FieldTypeFiles},
		{ID: "Yt5Qd0mRr2uVb8sXh1Lk", Key: "shoe_size", Type: FieldTypeNumber},
		{ID: "Bq7Zc3nWf9pGj4tKe6Ma", Key: "favorite_color", Type: FieldTypeText},
	}
}

// ReadFields reads a JSON list of custom fields. A missing ID is generated, and the default type is
// text. An example:
//
//	[
//	  {"id": "6dvNaf7VhkQ9snc5vnjJ", "key": "shoe_size", "type": "number"},
//	  {"key": "favorite_color", "type": "select", "options": ["red", "green", "blue"]}
//	]
func ReadFields(from io.Reader) ([]FieldDefinition, error) {
	var fields []FieldDefinition
	if err := json.UnmarshalRead(from, &fields, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("custom fields: %w", err)
	}
	source := ids.Source{Seed: 3}
	for i := range fields {
		f := &fields[i]
		f.ID, f.Type = cmp.Or(f.ID, source.ID()), cmp.Or(f.Type, FieldTypeText)
		f.Key = trimKey(f.Key)
	}
	if err := validateFields(fields); err != nil {
		return nil, err
	}
	return fields, nil
}

func validateFields(fields []FieldDefinition) error {
	ids, keys := map[string]bool{}, map[string]bool{}
	for i, f := range fields {
		switch {
		case f.ID == "" || f.Key == "":
			return fmt.Errorf("custom field %d: ID or key is empty", i+1)
		case ids[f.ID] || keys[trimKey(f.Key)]:
			return fmt.Errorf("custom field %d: another field has the same ID or key", i+1)
		case !slices.Contains(fieldTypes, cmp.Or(f.Type, FieldTypeText)):
			return fmt.Errorf("custom field %d: unknown type %q: use one of %v", i+1, f.Type, fieldTypes)
		}
		ids[f.ID], keys[trimKey(f.Key)] = true, true
	}
	return nil
}

func trimKey(key string) string { return strings.TrimPrefix(key, "contact.") }

// field returns the custom field with an ID or, if the ID is empty, with a key. It returns nil if
// the location has no such field.
func (l *Location) field(id, key string) *FieldDefinition {
	at := slices.IndexFunc(l.Fields, func(f FieldDefinition) bool {
		if id != "" {
			return f.ID == id
		}
		return trimKey(f.Key) == trimKey(key)
	})
	if at < 0 {
		return nil
	}
	return &l.Fields[at]
}

// writeFields returns the custom fields of a contact after a write. Fields that are not in the
// write do not change. Fields that the location does not have, and values of a wrong type, are
// dropped silently.
func (l *Location) writeFields(stored []gen.CustomField, inputs []wire.FieldInput) ([]gen.CustomField, error) {
	fields := slices.Clone(stored)
	for i, input := range inputs {
		definition := l.field(input.ID, input.Key)
		if definition == nil {
			continue
		}
		if input.ID != "" && input.Key != "" && l.field("", input.Key) != definition {
			return nil, wire.Unprocessable("customFields." + strconv.Itoa(i) + ".id and key must name the same field")
		}
		at := slices.IndexFunc(fields, func(f gen.CustomField) bool { return f.ID == definition.ID })
		value, clears := definition.convert(input.Value)
		switch {
		case clears && at >= 0:
			fields = slices.Delete(fields, at, at+1)
		case value == nil:
		case at >= 0:
			fields[at].Value = value
		default:
			fields = append(fields, gen.CustomField{ID: definition.ID, Value: value})
		}
	}
	return fields, nil
}

// convert returns a value in the form in which the API returns it, or nil if it has a wrong type.
// It also reports whether the value clears the field.
func (f *FieldDefinition) convert(raw []byte) (value []byte, clears bool) {
	raw = bytes.TrimSpace(raw)
	switch string(raw) {
	case "", "null", `""`, "[]", "{}":
		return nil, true
	}
	return normalize.FieldValue(string(f.Type), f.Options, raw), false
}
