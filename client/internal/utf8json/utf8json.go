// Package utf8json finds strings that encoding/json would change.
package utf8json

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// FindInvalid returns the JSON pointer of the first string in v that is not valid UTF-8, and whether
// there is one. encoding/json replaces the invalid bytes of such a string without an error. The
// value must be one that encoding/json can encode.
func FindInvalid(v any) (pointer string, found bool) { return find(reflect.ValueOf(v)) }

func find(v reflect.Value) (pointer string, found bool) {
	switch v.Kind() {
	case reflect.String:
		return "", !utf8.ValidString(v.String())
	case reflect.Interface, reflect.Pointer:
		return find(v.Elem())
	case reflect.Slice, reflect.Array:
		return findElement(v)
	case reflect.Map:
		return findEntry(v)
	case reflect.Struct:
		return findField(v)
	default:
		return "", false
	}
}

func findElement(v reflect.Value) (string, bool) {
	if v.Type() == reflect.TypeFor[json.RawMessage]() {
		return "", !utf8.Valid(v.Bytes())
	}
	if v.Type().Elem().Kind() == reflect.Uint8 { // encoded as base64
		return "", false
	}
	for i := range v.Len() {
		if pointer, found := find(v.Index(i)); found {
			return "/" + strconv.Itoa(i) + pointer, true
		}
	}
	return "", false
}

// findEntry searches a map. A map with Boolean keys is a [nullable.Nullable], which is encoded as
// its value.
func findEntry(v reflect.Value) (string, bool) {
	for key, value := range v.Seq2() {
		pointer, found := find(value)
		isName := key.Kind() == reflect.String
		if found = found || (isName && !utf8.ValidString(key.String())); !found {
			continue
		}
		if isName {
			pointer = token(strings.ToValidUTF8(key.String(), "\uFFFD")) + pointer
		}
		return pointer, true
	}
	return "", false
}

// findField searches a struct, unless it encodes itself.
func findField(v reflect.Value) (string, bool) {
	if v.Type().Implements(reflect.TypeFor[json.Marshaler]()) {
		return "", false
	}
	for field, value := range v.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" || (!field.IsExported() && !field.Anonymous) {
			continue
		}
		pointer, found := find(value)
		switch {
		case !found:
		case name == "" && field.Anonymous:
			return pointer, true
		case name == "":
			return token(field.Name) + pointer, true
		default:
			return token(name) + pointer, true
		}
	}
	return "", false
}

// token returns name as a part of a JSON pointer (RFC 6901).
func token(name string) string {
	return "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
