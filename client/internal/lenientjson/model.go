package lenientjson

import (
	"cmp"
	"reflect"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// typeNames maps a Go kind to the type in the schema, and kindNames maps a JSON kind to its name.
var (
	typeNames = map[reflect.Kind]string{
		reflect.Bool: "boolean", reflect.Slice: "array", reflect.Struct: "object", reflect.Map: "object",
		reflect.Int: "integer", reflect.Int8: "integer", reflect.Int16: "integer", reflect.Int32: "integer", reflect.Int64: "integer",
		reflect.Float32: "number", reflect.Float64: "number",
	}
	kindNames = map[jsontext.Kind]string{
		'"': "string", 't': "boolean", 'f': "boolean", '0': "number", '[': "array", '{': "object", 'n': "null",
	}
)

// model describes a Go type.
type model struct {
	want    string           // type in the schema
	largest int              // size of the largest value that an object or an element can allocate
	fields  map[string][]int // indexes of the fields of a struct by JSON name; nil for other types
	extra   []int            // index of the field for unknown properties; nil if there is none
}

var models sync.Map // of reflect.Type to *model

// modelOf returns the description of a type.
func modelOf(t reflect.Type) *model {
	if m, ok := models.Load(t); ok {
		return m.(*model) //nolint:forcetypeassert // the map holds nothing else
	}
	m := &model{want: typeNames[t.Kind()], largest: largestElement(t, map[reflect.Type]bool{})}
	switch {
	case t.Implements(reflect.TypeFor[interface{ UnixMilli() int64 }]()): // time.Time, or a struct that embeds it
		m.want = "date-time"
	case isText(t):
		m.want = "string"
	case t.Kind() == reflect.Struct:
		m.addFields(t)
	}
	models.Store(t, m)
	return m
}

// isText reports whether t is a string or bytes, such as raw JSON.
func isText(t reflect.Type) bool { return t.ConvertibleTo(reflect.TypeFor[jsontext.Value]()) }

// addFields adds the fields of t, except those behind an embedded pointer.
func (m *model) addFields(t reflect.Type) {
	m.fields = map[string][]int{}
	for _, field := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		_, behindPointer := reflect.Zero(t).FieldByIndexErr(field.Index)
		switch {
		case behindPointer != nil, !field.IsExported(), name == "-", field.Anonymous && name == "":
		case options == "embed":
			m.extra = field.Index
		default:
			m.fields[cmp.Or(name, field.Name)] = field.Index
		}
	}
}

// largestElement returns the size of the largest element of a list or map, or of a value behind a
// pointer, in values of the type, except in the types in seen. It returns 0 for text.
func largestElement(t reflect.Type, seen map[reflect.Type]bool) (largest int) {
	if seen[t] || isText(t) {
		return 0
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Slice, reflect.Pointer, reflect.Map:
		return max(int(t.Elem().Size()), largestElement(t.Elem(), seen))
	case reflect.Struct:
		for field := range t.Fields() {
			largest = max(largest, largestElement(field.Type, seen))
		}
	}
	return largest
}
