package client

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Field returns a custom field to write, named by its id. The value is whatever the field takes: a text, a number, a list of
// texts, an object of files. The API drops an option that a select does not have without a word.
func Field(id string, value any) CustomFieldInput {
	return CustomFieldInput{ID: id, FieldValue: value}
}

// FieldByKey returns a custom field to write, named by its key. The API drops an unknown key without a word.
func FieldByKey(key string, value any) CustomFieldInput {
	return CustomFieldInput{Key: key, FieldValue: value}
}

// FieldKind is the kind of value that a custom field has.
type FieldKind int

// The kinds of values.
const (
	FieldEmpty  FieldKind = iota // no such field, null, an empty text, list or object
	FieldText                    // a text; options of selects and most dates too
	FieldNumber                  // a number; dates may be milliseconds since 1970
	FieldBool                    // true or false
	FieldList                    // a list, of the options chosen for example
	FieldFiles                   // uploaded files
	FieldObject                  // an object of another form
)

// String returns the name of the kind, in lower case.
func (k FieldKind) String() string {
	names := [...]string{"empty", "text", "number", "bool", "list", "files", "object"}
	if k < 0 || int(k) >= len(names) {
		return "FieldKind(" + strconv.Itoa(int(k)) + ")"
	}
	return names[k]
}

// File is an uploaded file in a custom field.
type File struct {
	UUID       string // the file's key in the value
	DocumentID string
	URL        string
	Name       string // as it was uploaded
	MIMEType   string
	Encoding   string
	Size       int64 // bytes
}

// FieldValue is the value of a custom field. Each of its methods answers for the kinds it fits and is zero for the others;
// Raw has the JSON of every kind. The zero value is empty.
type FieldValue struct {
	raw json.RawMessage
}

// ReadField returns the value of field.
func ReadField(field CustomField) FieldValue {
	return FieldValue{raw: field.Value}
}

// ReadFieldByID returns the value of the contact's custom field with that id; it is empty if the contact has none.
func ReadFieldByID(contact *Contact, id string) FieldValue {
	for _, field := range contact.CustomFields {
		if field.ID == id {
			return ReadField(field)
		}
	}
	return FieldValue{}
}

// Raw returns the value as JSON, nil if there is none. Do not modify it.
func (v FieldValue) Raw() json.RawMessage {
	return v.raw
}

// Kind returns the kind of the value.
func (v FieldValue) Kind() FieldKind {
	switch jsontext.Value(v.raw).Kind() {
	case '"':
		return unlessEmpty(FieldText, len(elementText(v.raw)))
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
		var members map[string]json.RawMessage
		_ = json.Unmarshal(v.raw, &members) // what is no JSON has no members
		return unlessEmpty(FieldObject, len(members))
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

// Text returns a text as it is, a number or bool as JSON writes it, and a list joined by ", ".
func (v FieldValue) Text() string {
	return strings.Join(v.List(), ", ")
}

// Number returns a number, or the number that a text is. ok is false for everything else.
func (v FieldValue) Number() (number float64, ok bool) {
	if kind := v.Kind(); kind != FieldNumber && kind != FieldText {
		return 0, false
	}
	number, err := strconv.ParseFloat(strings.TrimSpace(v.Text()), 64)
	if err != nil || math.IsNaN(number) || math.IsInf(number, 0) { // "Nan" is a name, too
		return 0, false
	}
	return number, true
}

// Time returns an instant: a text in RFC 3339 or YYYY-MM-DD, or milliseconds since 1970 as a number or text. ok is false for
// everything else.
func (v FieldValue) Time() (instant time.Time, ok bool) {
	return parseInstant(v.raw)
}

// List returns the elements of a list as texts, and a text, number or bool as a list of one.
func (v FieldValue) List() []string {
	var elements []json.RawMessage
	switch jsontext.Value(v.raw).Kind() {
	case '[':
		_ = json.Unmarshal(v.raw, &elements) // what is no JSON has no elements
	case '"', '0', 't', 'f':
		if string(v.raw) != `""` {
			elements = []json.RawMessage{v.raw}
		}
	}
	var list []string
	for _, element := range elements {
		list = append(list, elementText(element))
	}
	return list
}

// Files returns uploaded files, ordered by UUID.
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

// files returns the entries of an object of files, nil if the object is of another form.
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

// elementText returns a JSON text without its quotes, nothing for null, and everything else as it is.
func elementText(raw json.RawMessage) string {
	var text string
	if (bytes.HasPrefix(raw, []byte(`"`)) || string(raw) == "null") && json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}
