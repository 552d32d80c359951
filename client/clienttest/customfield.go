package clienttest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// FieldType is the type of the value of a custom field.
type FieldType string

// The types of custom fields.
const (
	FieldTypeText   FieldType = "text"   // any string
	FieldTypeNumber FieldType = "number" // a number, or a string that is one
	FieldTypeDate   FieldType = "date"   // a date as a string or in milliseconds since 1970; returned in milliseconds
	FieldTypeSelect FieldType = "select" // one of the options
	FieldTypeList   FieldType = "list"   // a list of options
	FieldTypeFiles  FieldType = "files"  // an object of files keyed by UUID
)

var fieldTypes = []FieldType{FieldTypeText, FieldTypeNumber, FieldTypeDate, FieldTypeSelect, FieldTypeList, FieldTypeFiles}

// FieldDefinition is a custom field of a location.
type FieldDefinition struct {
	ID      string
	Key     string
	Type    FieldType // FieldTypeText by default
	Options []string  // of a select or list; empty allows any
}

// SampleFields returns the fields of a location that defines none of its own: one of each type, and
// the two of this project's examples.
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

// fieldJSON is a FieldDefinition in a file.
type fieldJSON struct {
	ID      string    `json:"id"`
	Key     string    `json:"key"`
	Type    FieldType `json:"type"`
	Options []string  `json:"options"`
}

// ReadFields reads a JSON list of custom fields. An ID is generated if there is none, and the type
// is text by default:
//
//	[
//	  {"id": "6dvNaf7VhkQ9snc5vnjJ", "key": "shoe_size", "type": "number"},
//	  {"key": "favorite_color", "type": "select", "options": ["red", "green", "blue"]}
//	]
func ReadFields(from io.Reader) ([]FieldDefinition, error) {
	var read []fieldJSON
	if err := jsonv2.UnmarshalRead(from, &read, jsonv2.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("custom fields: %w", err)
	}
	source := ids{seed: 3}
	fields := make([]FieldDefinition, len(read))
	for i, f := range read {
		fields[i] = FieldDefinition{
			ID: cmp.Or(f.ID, source.contact()), Key: strings.TrimPrefix(f.Key, "contact."),
			Type: cmp.Or(f.Type, FieldTypeText), Options: f.Options,
		}
	}
	if err := validateFields(fields); err != nil {
		return nil, err
	}
	return fields, nil
}

func validateFields(fields []FieldDefinition) error {
	ids, keys := map[string]bool{}, map[string]bool{}
	for i, f := range fields {
		var problem string
		switch {
		case f.ID == "" || f.Key == "":
			problem = "needs an ID and a key"
		case ids[f.ID] || keys[f.Key]:
			problem = "has the ID or the key of another field"
		case !slices.Contains(fieldTypes, cmp.Or(f.Type, FieldTypeText)):
			problem = fmt.Sprintf("has type %q, which is not one of %v", f.Type, fieldTypes)
		}
		if problem != "" {
			return fmt.Errorf("custom field %d %s", i+1, problem)
		}
		ids[f.ID], keys[f.Key] = true, true
	}
	return nil
}

// field returns the custom field with an ID, or with a key if the ID is empty; nil if there is
// none.
func (l *Location) field(id, key string) *FieldDefinition {
	at := slices.IndexFunc(l.Fields, func(f FieldDefinition) bool {
		if id != "" {
			return f.ID == id
		}
		return f.Key == strings.TrimPrefix(key, "contact.")
	})
	if at < 0 {
		return nil
	}
	return &l.Fields[at]
}

// fieldInput is a custom field as a request writes it.
type fieldInput struct {
	ID    string          `json:"id"`
	Key   string          `json:"key"`
	Value json.RawMessage `json:"field_value"`
}

// writeFields returns the custom fields after a write: those not named are kept, those the location
// does not know are dropped silently, and so are values that do not fit.
func (l *Location) writeFields(stored []gen.CustomField, inputs []fieldInput, rule ClearRule) ([]gen.CustomField, error) {
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
		value, clears := definition.convert(input.Value, rule)
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

// convert returns a value as the API returns it, nil if it does not fit the field, and reports
// whether it clears the field.
func (f *FieldDefinition) convert(raw json.RawMessage, rule ClearRule) (value json.RawMessage, clears bool) {
	raw = bytes.TrimSpace(raw)
	switch string(raw) {
	case "", "null":
		clears, _ = rule.clears(nil)
		return nil, clears
	case `""`:
		clears, _ = rule.clears(new(string))
		return nil, clears
	case "[]", "{}":
		return nil, true
	}
	switch f.Type {
	case FieldTypeNumber:
		return asNumber(raw), false
	case FieldTypeDate:
		return asDate(raw), false
	case FieldTypeSelect:
		return f.asOption(raw), false
	case FieldTypeList:
		return f.asOptions(raw), false
	case FieldTypeFiles:
		return asFiles(raw), false
	default:
		return asString(raw), false
	}
}

// asNumber reads a number, or a string that is one. JSON has no infinities and no NaN.
func asNumber(raw json.RawMessage) json.RawMessage {
	number, err := strconv.ParseFloat(strings.Trim(string(raw), `" `), 64)
	if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
		return nil
	}
	return strconv.AppendFloat(nil, number, 'f', -1, 64)
}

// asDate returns a date as milliseconds since 1970.
func asDate(raw json.RawMessage) json.RawMessage {
	value := strings.Trim(string(raw), `"`)
	if millis, err := strconv.ParseInt(value, 10, 64); err == nil {
		return strconv.AppendInt(nil, millis, 10)
	}
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		return strconv.AppendInt(nil, t.UnixMilli(), 10)
	}
	if day, ok := parseDay(value); ok {
		if t, err := time.Parse(time.DateOnly, day); err == nil {
			return strconv.AppendInt(nil, t.UnixMilli(), 10)
		}
	}
	return nil
}

func (f *FieldDefinition) asOption(raw json.RawMessage) json.RawMessage {
	var option string
	if json.Unmarshal(raw, &option) != nil || !f.has(option) {
		return nil
	}
	return encode(option)
}

// asOptions returns those of the values that are options of the field.
func (f *FieldDefinition) asOptions(raw json.RawMessage) json.RawMessage {
	var options []string
	if json.Unmarshal(raw, &options) != nil {
		return nil
	}
	options = slices.DeleteFunc(options, func(option string) bool { return !f.has(option) })
	if len(options) == 0 {
		return nil
	}
	return encode(options)
}

func (f *FieldDefinition) has(option string) bool {
	return len(f.Options) == 0 || slices.Contains(f.Options, option)
}

func asFiles(raw json.RawMessage) json.RawMessage {
	var files map[string]any
	if json.Unmarshal(raw, &files) != nil {
		return nil
	}
	return encode(files)
}

// asString stores numbers and booleans as the string of their JSON.
func asString(raw json.RawMessage) json.RawMessage {
	var value string
	switch raw[0] {
	case '[', '{':
		return nil
	case '"':
		if json.Unmarshal(raw, &value) != nil {
			return nil
		}
	default:
		value = string(raw)
	}
	return encode(value)
}

// encode encodes a decoded value again, so that what is stored is JSON that every decoder accepts:
// no invalid UTF-8, no name twice.
func encode(value any) json.RawMessage {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	return encoded
}
