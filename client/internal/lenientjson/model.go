package lenientjson

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// kindsByType maps a type of the schema to its JSON kind, and kindNames maps a kind to its name.
var (
	kindsByType = map[string]jsontext.Kind{
		"string": '"', "date-time": '"', "boolean": 't', "integer": '0', "number": '0', "array": '[', "object": '{',
	}
	kindNames = map[jsontext.Kind]string{'"': "string", 't': "boolean", '0': "number", '[': "array", '{': "object"}
)

// typeNames maps a Go kind to the type in the schema.
var typeNames = map[reflect.Kind]string{
	reflect.String: "string", reflect.Bool: "boolean", reflect.Slice: "array", reflect.Struct: "object",
	reflect.Int: "integer", reflect.Int8: "integer", reflect.Int16: "integer", reflect.Int32: "integer", reflect.Int64: "integer",
	reflect.Float32: "number", reflect.Float64: "number",
}

// model describes a Go type.
type model struct {
	want   string         // type in the schema; empty if the Go type can hold any value
	fields map[string]int // indexes of the fields of a struct by JSON name
	extra  int            // index of the field for unknown properties; -1 if there is none
}

var (
	models      sync.Map // of reflect.Type to *model
	structSizes sync.Map // of reflect.Type to the result of largestStructSize
)

// modelOf returns the description of a type.
func modelOf(t reflect.Type) *model {
	if m, ok := models.Load(t); ok {
		return m.(*model) //nolint:forcetypeassert // the map holds nothing else
	}
	m := &model{want: typeNames[t.Kind()], extra: -1}
	if t.Kind() == reflect.Struct {
		m.fields = map[string]int{}
		for i := range t.NumField() {
			name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			switch {
			case isRaw(t.Field(i).Type) && strings.Contains(options, "embed"):
				m.extra = i
			case name != "":
				m.fields[name] = i
			}
		}
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		m.want = "date-time"
	case hooksByType[t].want != "":
		m.want = hooksByType[t].want
	case isRaw(t), m.extra < 0 && hasUnmarshalMethod(reflect.PointerTo(t)):
		m.want = "" // it decodes itself
	}
	models.Store(t, m)
	return m
}

// isRaw reports whether the type holds raw JSON. From Go 1.27 on, the two types are one.
func isRaw(t reflect.Type) bool {
	return t == reflect.TypeFor[jsontext.Value]() || t == reflect.TypeFor[json.RawMessage]()
}

// hasUnmarshalMethod reports whether the type decodes itself.
func hasUnmarshalMethod(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[jsonv2.UnmarshalerFrom]()) || t.Implements(reflect.TypeFor[json.Unmarshaler]()) ||
		t.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// largestStructSize returns the size of the largest struct that values of the type can contain.
func largestStructSize(t reflect.Type) int {
	if size, ok := structSizes.Load(t); ok {
		return size.(int) //nolint:forcetypeassert // the map holds nothing else
	}
	size := max(1, int(findLargestStruct(t, map[reflect.Type]bool{})))
	structSizes.Store(t, size)
	return size
}

// findLargestStruct returns the size of the largest struct in a type, except in the types in seen.
func findLargestStruct(t reflect.Type, seen map[reflect.Type]bool) uintptr {
	if seen[t] {
		return 0
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Slice, reflect.Pointer, reflect.Map, reflect.Array:
		return findLargestStruct(t.Elem(), seen)
	case reflect.Struct:
		size := t.Size()
		for field := range t.Fields() {
			size = max(size, findLargestStruct(field.Type, seen))
		}
		return size
	default:
		return 0
	}
}
