package lenientjson

import (
	"bytes"
	"reflect"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// repairer makes the raw JSON in the values of a type valid, so that encoding/json and json/v2 can
// encode them, and calls the registered afterDecode functions.
type repairer struct {
	fields      []fieldRepairer
	afterDecode func(target any)
}

type fieldRepairer struct {
	index    int
	repairer *repairer
}

var repairers sync.Map // of reflect.Type to *repairer

// repairerOf returns the repairer of a type, or nil if its values need no repair.
func repairerOf(t reflect.Type) *repairer {
	if r, ok := repairers.Load(t); ok {
		return r.(*repairer) //nolint:forcetypeassert // the map holds nothing else
	}
	r := newRepairer(t, map[reflect.Type]bool{})
	repairers.Store(t, r)
	return r
}

// newRepairer returns the repairer of a type. The map seen holds the types that contain it, so that
// a recursive type is not followed.
func newRepairer(t reflect.Type, seen map[reflect.Type]bool) *repairer {
	if isRaw(t) {
		return &repairer{}
	}
	if seen[t] {
		return nil
	}
	seen[t] = true
	defer delete(seen, t)
	switch t.Kind() {
	case reflect.Slice, reflect.Pointer:
		return newRepairer(t.Elem(), seen)
	case reflect.Struct:
		r := &repairer{afterDecode: hooksByType[t].afterDecode}
		for i := range t.NumField() {
			if !t.Field(i).IsExported() {
				continue
			}
			if inner := newRepairer(t.Field(i).Type, seen); inner != nil {
				r.fields = append(r.fields, fieldRepairer{i, inner})
			}
		}
		if r.fields == nil && r.afterDecode == nil {
			return nil
		}
		return r
	default:
		return nil
	}
}

// repair repairs a value. If validStrings is true, all strings of the body are valid.
func (r *repairer) repair(v reflect.Value, validStrings bool) {
	switch {
	case isRaw(v.Type()):
		if raw := v.Bytes(); needsRepair(raw, validStrings) {
			v.SetBytes(repairRaw(raw))
		}
	case v.Kind() == reflect.Struct:
		for _, field := range r.fields {
			field.repairer.repair(v.Field(field.index), validStrings)
		}
		if r.afterDecode != nil {
			r.afterDecode(v.Addr().Interface())
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			r.repair(v.Index(i), validStrings)
		}
	case v.Kind() == reflect.Pointer && !v.IsNil():
		r.repair(v.Elem(), validStrings)
	}
}

// needsRepair reports whether raw holds duplicate names or invalid strings.
func needsRepair(raw jsontext.Value, validStrings bool) bool {
	if len(raw) == 0 || (validStrings && bytes.IndexByte(raw, '{') < 0) {
		return false
	}
	return !raw.IsValid()
}

// hasOnlyValidStrings reports whether body has neither invalid UTF-8 nor a \u escape, which could
// be half of a surrogate pair.
func hasOnlyValidStrings(body []byte) bool {
	return utf8.Valid(body) && !bytes.Contains(body, []byte(`\u`))
}

// repairRaw returns raw with valid strings. Of several properties with the same name it returns the
// first one.
func repairRaw(raw jsontext.Value) jsontext.Value {
	var out bytes.Buffer
	dec := jsontext.NewDecoder(bytes.NewReader(raw), lenient)
	enc := jsontext.NewEncoder(&out, lenient)
	var names []map[string]bool // of each object around the next token
	for {
		token, err := dec.ReadToken()
		if err != nil {
			return bytes.TrimSuffix(out.Bytes(), []byte("\n")) // the error is io.EOF: the syntax of raw has been checked before
		}
		switch token.Kind() {
		case '{':
			names = append(names, map[string]bool{})
		case '[':
			names = append(names, nil)
		case '}', ']':
			names = names[:len(names)-1]
		case '"':
			name := token.String()
			token = jsontext.String(name)
			if kind, length := dec.StackIndex(dec.StackDepth()); kind != '{' || length%2 == 0 {
				break // not a name
			}
			seen := names[len(names)-1]
			if seen[name] {
				_ = dec.SkipValue()
				continue
			}
			seen[name] = true
		}
		_ = enc.WriteToken(token) // writing to a buffer does not fail
	}
}
