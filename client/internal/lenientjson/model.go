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

// kinds are the JSON kinds of the types in the schema, and kindNames are the names of the kinds.
var (
	kinds = map[string]jsontext.Kind{
		"string": '"', "date-time": '"', "boolean": 't', "integer": '0', "number": '0', "array": '[', "object": '{',
	}
	kindNames = map[jsontext.Kind]string{'"': "string", 't': "boolean", '0': "number", '[': "array", '{': "object"}
)

// typeNames are the types in the schema of Go kinds.
var typeNames = map[reflect.Kind]string{
	reflect.String: "string", reflect.Bool: "boolean", reflect.Slice: "array", reflect.Struct: "object",
	reflect.Int: "integer", reflect.Int8: "integer", reflect.Int16: "integer", reflect.Int32: "integer", reflect.Int64: "integer",
	reflect.Float32: "number", reflect.Float64: "number",
}

// model describes a Go type.
type model struct {
	want   string         // type in the schema; empty if the Go type takes any value
	fields map[string]int // of a struct, by JSON name
	extra  int            // field of a struct for unknown properties; -1 if there is none
}

var models sync.Map // of reflect.Type to *model

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
	case specials[t].want != "":
		m.want = specials[t].want
	case isRaw(t), m.extra < 0 && hasMethods(reflect.PointerTo(t)):
		m.want = "" // it decodes itself
	}
	models.Store(t, m)
	return m
}

// isRaw reports whether values of the type hold any JSON value as it is. From Go 1.27 on, the two
// types are one.
func isRaw(t reflect.Type) bool {
	return t == reflect.TypeFor[jsontext.Value]() || t == reflect.TypeFor[json.RawMessage]()
}

// hasMethods reports whether the type decodes itself.
func hasMethods(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[jsonv2.UnmarshalerFrom]()) || t.Implements(reflect.TypeFor[json.Unmarshaler]()) ||
		t.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}
