package client

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/highlevel-contacts/contacts-go/client/internal/lenientjson"
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
