package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/highlevel-contacts/contacts-go/client/internal/lenientjson"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// NewCustomField returns a custom field to write, identified by its ID. The value depends on the
// type of the field: a string, a number, a list of strings or an object of files. The API silently
// ignores a value that is not an option of a select field.
func NewCustomField(id string, value any) CustomFieldInput {
	return CustomFieldInput{ID: id, FieldValue: value}
}

// NewCustomFieldByKey returns a custom field to write, identified by its key. The API silently
// ignores an unknown key.
func NewCustomFieldByKey(key string, value any) CustomFieldInput {
	return CustomFieldInput{Key: key, FieldValue: value}
}

// FieldValue is the value of a custom field: a string, a number, a Boolean, a list or an object. The
// zero FieldValue is empty. Dates are strings or milliseconds since 1970, and uploaded files are
// objects.
type FieldValue struct {
	Raw json.RawMessage // the value as the API returned it; nil if there is none
}

// CustomFieldByID returns the value of the contact's custom field with the given ID. It is empty if
// there is no such field.
func CustomFieldByID(contact *Contact, id string) FieldValue {
	for _, field := range contact.CustomFields {
		if field.ID == id {
			return FieldValue{Raw: field.Value}
		}
	}
	return FieldValue{}
}

// Text returns a string unchanged, the elements of a list joined by ", ", and any other value as
// JSON. For null, and if there is no value, it returns "".
func (v FieldValue) Text() string {
	return strings.Join(v.List(), ", ")
}

// List returns the elements of a list as strings. It returns any other value as a list of one
// element, unless its text is empty.
func (v FieldValue) List() []string {
	var list []string
	var elements []json.RawMessage
	if json.Unmarshal(v.Raw, &elements) == nil {
		for _, element := range elements {
			list = append(list, lenientjson.Text(jsontext.Value(element)))
		}
	} else if text := lenientjson.Text(jsontext.Value(v.Raw)); text != "" {
		list = []string{text}
	}
	return list
}

// Time returns a time in UTC. It accepts a string in RFC 3339 or YYYY-MM-DD, and milliseconds since
// 1970 as a number or string. For any other value, ok is false.
func (v FieldValue) Time() (t time.Time, ok bool) {
	return lenientjson.ParseTime(jsontext.Value(v.Raw))
}

// CustomFieldDefinition describes a custom field of a location.
type CustomFieldDefinition struct {
	ID       string   // ID, for CustomFieldByID and NewCustomField
	Name     string   // name that users see and can change
	Key      string   // key, such as contact.shoe_size, which does not change
	DataType string   // type of the values, such as TEXT, NUMERICAL, DATE or SINGLE_OPTIONS; the API may add types
	Options  []string // allowed values of a field with options
}

// CustomFieldDefinitions are the custom fields of the contacts of a location.
type CustomFieldDefinitions []CustomFieldDefinition

// CustomFields returns the definitions of the custom fields that the contacts of a location have. If
// locationID is empty, the location of [WithLocation] is used.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/locations/get-custom-fields
func (s *ContactsService) CustomFields(ctx context.Context, locationID string, opts ...CallOption) (CustomFieldDefinitions, error) {
	argErr := cmp.Or(s.setLocation(&locationID), checkID("location", locationID))
	req, err := gen.NewGetCustomFieldsRequest(s.client.config.baseURL, locationID, &gen.GetCustomFieldsParams{})
	var result gen.GetCustomFieldsResult
	if err := s.client.send(ctx, getFields, req, cmp.Or(argErr, err), &result, opts); err != nil {
		return nil, err
	}
	definitions := make(CustomFieldDefinitions, 0, len(result.CustomFields))
	for _, field := range result.CustomFields {
		definitions = append(definitions, CustomFieldDefinition{
			ID: field.ID, Name: field.Name, Key: field.Key, DataType: field.DataType, Options: field.Options,
		})
	}
	return definitions, nil
}

// Find returns the definition with the given ID, key or name, in this order. A key may lack the
// prefix "contact.". Names are compared without regard to case.
func (d CustomFieldDefinitions) Find(nameKeyOrID string) (CustomFieldDefinition, bool) {
	for _, matches := range []func(CustomFieldDefinition) bool{
		func(def CustomFieldDefinition) bool { return def.ID == nameKeyOrID },
		func(def CustomFieldDefinition) bool {
			return def.Key == nameKeyOrID || def.Key == "contact."+nameKeyOrID
		},
		func(def CustomFieldDefinition) bool { return strings.EqualFold(def.Name, nameKeyOrID) },
	} {
		if i := slices.IndexFunc(d, matches); i >= 0 && nameKeyOrID != "" {
			return d[i], true
		}
	}
	return CustomFieldDefinition{}, false
}

// Input returns the custom field with value to write. The API silently ignores a value that does not
// match the definition; Input returns an error that matches [ErrInvalid] instead. It accepts
//   - a string for TEXT, LARGE_TEXT, PHONE and EMAIL;
//   - a number, or a string that holds one, for NUMERICAL, MONETORY and FLOAT;
//   - one of Options, in the same case, for SINGLE_OPTIONS and RADIO;
//   - a string or []string of them for MULTIPLE_OPTIONS and CHECKBOX;
//   - a [time.Time], or a string YYYY-MM-DD, for DATE;
//   - nothing for TEXTBOX_LIST, which the API has no safe way to write;
//   - any value but nil for another type.
func (d CustomFieldDefinition) Input(value any) (CustomFieldInput, error) {
	converted, err := d.convert(value)
	if err != nil {
		op := operation{name: "CustomFieldDefinition.Input"}
		return CustomFieldInput{}, invalid(op, fmt.Errorf("field %q of type %s: %w", d.Name, d.DataType, err))
	}
	return NewCustomField(d.ID, converted), nil
}

// convert returns value in the form in which the API stores it.
func (d CustomFieldDefinition) convert(value any) (any, error) {
	if value == nil {
		return nil, errors.New("the value is nil")
	}
	text, isText := value.(string)
	switch d.DataType {
	case "TEXT", "LARGE_TEXT", "PHONE", "EMAIL":
		if !isText {
			return nil, errors.New("use a string")
		}
	case "NUMERICAL", "MONETORY", "FLOAT":
		return convertNumber(value)
	case "SINGLE_OPTIONS", "RADIO":
		return text, d.checkOptions(text)
	case "MULTIPLE_OPTIONS", "CHECKBOX":
		options, isList := value.([]string)
		if !isList {
			options = []string{text}
		}
		return options, d.checkOptions(options...)
	case "DATE":
		if date, ok := value.(time.Time); ok {
			return date.Format(time.DateOnly), nil
		}
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return nil, errors.New("use a time.Time or a string YYYY-MM-DD")
		}
	case "TEXTBOX_LIST":
		return nil, errors.New("the API has no safe way to write this type")
	}
	return value, nil
}

func (d CustomFieldDefinition) checkOptions(values ...string) error {
	for _, value := range values {
		if !slices.Contains(d.Options, value) {
			return errors.New("use a string that is one of the options, see CustomFieldDefinition.Options")
		}
	}
	return nil
}

// convertNumber returns a number for a value that is a number or a string that holds one.
func convertNumber(value any) (any, error) {
	if text, ok := value.(string); ok {
		value = json.Number(cmp.Or(strings.TrimSpace(text), "empty")) // an empty Number is encoded as 0
	}
	encoded, err := json.Marshal(value) // rejects NaN, infinities and strings that are not numbers
	if err != nil || jsontext.Value(encoded).Kind() != '0' {
		return nil, errors.New("use a number")
	}
	return value, nil
}
