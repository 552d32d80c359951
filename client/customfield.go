package client

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
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

// FieldKind is the kind of the value of a custom field.
type FieldKind int

// The kinds of the values of custom fields.
const (
	FieldEmpty  FieldKind = iota // no such field, null, or an empty string, list or object
	FieldText                    // a string; also the option of a select field and most dates
	FieldNumber                  // a number; also dates in milliseconds since 1970
	FieldBool                    // true or false
	FieldList                    // a list, for example of selected options
	FieldFiles                   // uploaded files
	FieldObject                  // any other object
)

// String returns the name of the kind in lower case.
func (k FieldKind) String() string {
	names := [...]string{"empty", "text", "number", "bool", "list", "files", "object"}
	if k < 0 || int(k) >= len(names) {
		return "FieldKind(" + strconv.Itoa(int(k)) + ")"
	}
	return names[k]
}

// File is a file that was uploaded to a custom field.
type File struct {
	UUID       string // key of the file in the value
	DocumentID string
	URL        string
	Name       string // original file name
	MIMEType   string
	Encoding   string
	Size       int64 // in bytes
}

// FieldValue is the value of a custom field. A method that does not match the kind of the value
// returns the zero value; Raw returns the JSON of every kind. The zero FieldValue is empty.
type FieldValue struct {
	raw json.RawMessage
}

// ReadCustomField returns the value of field.
func ReadCustomField(field CustomField) FieldValue {
	return FieldValue{raw: field.Value}
}

// CustomFieldByID returns the value of the contact's custom field with the given ID. It is empty if
// there is no such field.
func CustomFieldByID(contact *Contact, id string) FieldValue {
	for _, field := range contact.CustomFields {
		if field.ID == id {
			return ReadCustomField(field)
		}
	}
	return FieldValue{}
}

// Raw returns the value as JSON, or nil if there is no value. The caller must not modify it.
func (v FieldValue) Raw() json.RawMessage {
	return v.raw
}

// Kind returns the kind of the value.
func (v FieldValue) Kind() FieldKind {
	switch jsontext.Value(v.raw).Kind() {
	case '"':
		return unlessEmpty(FieldText, len(lenientjson.Text(jsontext.Value(v.raw))))
	case '0':
		return FieldNumber
	case 't', 'f':
		return FieldBool
	case '[':
		return unlessEmpty(FieldList, len(v.List()))
	case '{':
		if len(v.files()) > 0 {
			return FieldFiles
		}
		var properties map[string]json.RawMessage
		_ = json.Unmarshal(v.raw, &properties) // invalid JSON has no properties
		return unlessEmpty(FieldObject, len(properties))
	default:
		return FieldEmpty
	}
}

func unlessEmpty(kind FieldKind, length int) FieldKind {
	if length == 0 {
		return FieldEmpty
	}
	return kind
}

// Text returns a string unchanged, a number or Boolean as in JSON, and the elements of a list
// joined by ", ".
func (v FieldValue) Text() string {
	return strings.Join(v.List(), ", ")
}

// Number returns a number. It also accepts a string that holds a number. For any other value, ok is
// false.
func (v FieldValue) Number() (number float64, ok bool) {
	if kind := v.Kind(); kind != FieldNumber && kind != FieldText {
		return 0, false
	}
	number, err := strconv.ParseFloat(strings.TrimSpace(v.Text()), 64)
	if err != nil || math.IsNaN(number) || math.IsInf(number, 0) { // ParseFloat accepts "Nan", which is also a name
		return 0, false
	}
	return number, true
}

// Bool returns a Boolean. It also accepts the strings "true" and "false" in upper or lower case.
// For any other value, ok is false.
func (v FieldValue) Bool() (value, ok bool) {
	if kind := v.Kind(); kind != FieldBool && kind != FieldText {
		return false, false
	}
	switch text := strings.TrimSpace(v.Text()); {
	case strings.EqualFold(text, "true"):
		return true, true
	case strings.EqualFold(text, "false"):
		return false, true
	default:
		return false, false
	}
}

// Time returns a time in UTC. It accepts a string in RFC 3339 or YYYY-MM-DD, and milliseconds since
// 1970 as a number or string. For any other value, ok is false.
func (v FieldValue) Time() (t time.Time, ok bool) {
	return lenientjson.ParseTime(jsontext.Value(v.raw))
}

// List returns the elements of a list as strings, and a string, number or Boolean as a list of one
// element.
func (v FieldValue) List() []string {
	var elements []json.RawMessage
	switch jsontext.Value(v.raw).Kind() {
	case '[':
		_ = json.Unmarshal(v.raw, &elements) // invalid JSON has no elements
	case '"', '0', 't', 'f':
		if string(v.raw) != `""` {
			elements = []json.RawMessage{v.raw}
		}
	}
	var list []string
	for _, element := range elements {
		list = append(list, lenientjson.Text(jsontext.Value(element)))
	}
	return list
}

// Files returns the uploaded files, ordered by UUID.
func (v FieldValue) Files() []File {
	var files []File
	entries := v.files()
	for _, uuid := range slices.Sorted(maps.Keys(entries)) {
		entry := entries[uuid]
		files = append(files, File{
			UUID: uuid, DocumentID: entry.DocumentID, URL: entry.URL, Name: entry.Meta.OriginalName,
			MIMEType: entry.Meta.MIMEType, Encoding: entry.Meta.Encoding, Size: entry.Meta.Size,
		})
	}
	return files
}

// fileEntry is a file as the API sends it.
type fileEntry struct {
	Meta *struct {
		OriginalName string `json:"originalname"`
		MIMEType     string `json:"mimetype"`
		Encoding     string `json:"encoding"`
		Size         int64  `json:"size"`
	} `json:"meta"`
	URL        string `json:"url"`
	DocumentID string `json:"documentId"`
}

// files returns the entries of an object of files, or nil for any other object.
func (v FieldValue) files() map[string]fileEntry {
	var entries map[string]fileEntry
	if json.Unmarshal(v.raw, &entries) != nil {
		return nil
	}
	for _, entry := range entries {
		if entry.Meta == nil {
			return nil
		}
	}
	return entries
}
