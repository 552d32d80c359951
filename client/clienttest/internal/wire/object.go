// Package wire reads and writes the API's JSON: the bodies of writes, contacts in each of their
// shapes, and errors.
package wire

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Lenient holds the options for reading JSON as the API does: it accepts duplicate names and
// replaces invalid UTF-8.
var Lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// timeLayout is the format of times in responses.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// Object writes a JSON object property by property, in the order of the calls. The zero Object is
// empty. Structs with tags would not suffice: one response omits a missing value where another one
// has null.
type Object struct {
	bytes []byte
}

// name writes the name of a property, which must not need escaping.
func (o *Object) name(name string) {
	separator := byte(',')
	if len(o.bytes) == 0 {
		separator = '{'
	}
	o.bytes = append(o.bytes, separator, '"')
	o.bytes = append(o.bytes, name...)
	o.bytes = append(o.bytes, '"', ':')
}

// String writes a string. It omits an empty one.
func (o *Object) String(name, value string) {
	if value != "" {
		o.name(name)
		o.bytes, _ = jsontext.AppendQuote(o.bytes, value) // invalid UTF-8 is replaced
	}
}

// StringOrNull writes a string, or null if it is empty.
func (o *Object) StringOrNull(name, value string) {
	if value == "" {
		o.Raw(name, nil)
		return
	}
	o.String(name, value)
}

// Raw writes a value that is JSON; nil is written as null.
func (o *Object) Raw(name string, value []byte) {
	o.name(name)
	if value == nil {
		value = []byte("null")
	}
	o.bytes = append(o.bytes, value...)
}

// Time writes a time.
func (o *Object) Time(name string, t time.Time) {
	o.name(name)
	o.bytes = append(o.bytes, '"')
	o.bytes = t.UTC().AppendFormat(o.bytes, timeLayout)
	o.bytes = append(o.bytes, '"')
}

// Value writes a value as JSON. A nil slice is written as an empty list.
func (o *Object) Value(name string, value any) {
	encoded, err := json.Marshal(value, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		encoded = nil // normalized contacts always encode
	}
	o.Raw(name, encoded)
}

// NonZero writes a value as JSON. It omits a zero one.
func (o *Object) NonZero(name string, value any) {
	if !isZero(value) {
		o.Value(name, value)
	}
}

// Objects writes a list of objects. It calls write for each item.
func Objects[T any](o *Object, name string, items []T, write func(*Object, T)) {
	entries := make([][]byte, len(items))
	for i, item := range items {
		var entry Object
		write(&entry, item)
		entries[i] = entry.End()
	}
	o.Raw(name, slices.Concat([]byte("["), bytes.Join(entries, []byte(",")), []byte("]")))
}

// End closes the object and returns its JSON.
func (o *Object) End() []byte {
	if len(o.bytes) == 0 {
		return []byte("{}")
	}
	return append(o.bytes, '}')
}

// merge adds the properties of a JSON object to o. They replace those with the same name.
func (o *Object) merge(extra []byte) {
	if len(extra) <= len("{}") {
		return
	}
	properties, added := map[string]jsontext.Value{}, map[string]jsontext.Value{}
	if json.Unmarshal(o.End(), &properties, Lenient) != nil || json.Unmarshal(extra, &added, Lenient) != nil {
		return
	}
	maps.Copy(properties, added)
	if merged, err := json.Marshal(properties, json.Deterministic(true)); err == nil {
		o.bytes = merged[:len(merged)-1] // without the brace that End writes
	}
}
