// Package utf8json finds strings that encoding/json would change.
package utf8json

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	marshaler = reflect.TypeFor[json.Marshaler]()
	raw       = reflect.TypeFor[json.RawMessage]()
)

// FindInvalid returns the JSON pointer of the first string in v that is not valid UTF-8, and whether
// there is one. encoding/json replaces the invalid bytes of such a string without an error. The
// value must be one that encoding/json can encode.
func FindInvalid(v any) (pointer string, found bool) {
	return find(reflect.ValueOf(v), "")
}

func find(v reflect.Value, pointer string) (string, bool) {
	switch v.Kind() {
	case reflect.String:
		return pointer, !utf8.ValidString(v.String())
	case reflect.Interface, reflect.Pointer:
		return find(v.Elem(), pointer)
	case reflect.Slice, reflect.Array:
		return findElement(v, pointer)
	case reflect.Map:
		return findEntry(v, pointer)
	case reflect.Struct:
		return findField(v, pointer)
	default:
		return "", false
	}
}

func findElement(v reflect.Value, pointer string) (string, bool) {
	if v.Type() == raw {
		return pointer, !utf8.Valid(v.Bytes())
	}
	if v.Type().Elem().Kind() == reflect.Uint8 { // encoded as base64
		return "", false
	}
	for i := range v.Len() {
		if at, found := find(v.Index(i), pointer+"/"+strconv.Itoa(i)); found {
			return at, true
		}
	}
	return "", false
}

// findEntry searches a map. A map with Boolean keys is a [nullable.Nullable], which is encoded as
// its value.
func findEntry(v reflect.Value, pointer string) (string, bool) {
	for key, value := range v.Seq2() {
		at := pointer
		if key.Kind() == reflect.String {
			at += "/" + escape(key.String())
			if !utf8.ValidString(key.String()) {
				return strings.ToValidUTF8(at, "\uFFFD"), true
			}
		}
		if at, found := find(value, at); found {
			return at, true
		}
	}
	return "", false
}

// findField searches a struct, unless it encodes itself.
func findField(v reflect.Value, pointer string) (string, bool) {
	if v.Type().Implements(marshaler) {
		return "", false
	}
	for field, value := range v.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case !field.IsExported() && !field.Anonymous, name == "-":
			continue
		case name != "":
			name = "/" + escape(name)
		case !field.Anonymous:
			name = "/" + field.Name
		}
		if at, found := find(value, pointer+name); found {
			return at, true
		}
	}
	return "", false
}

// escape escapes a name for a JSON pointer (RFC 6901).
func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
