// Package lenientjson decodes JSON whose values do not always have the type that the schema names.
//
// Decode first decodes strictly, which is fast. If that fails, it decodes value by value: it
// converts the values that the fields can hold, stores the others in the Extra field of the
// enclosing struct, and reports every mismatch as a Drift.
package lenientjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
)

var (
	// ErrTooLarge indicates that the decoded value could take more than 16 times the size of the
	// body plus 16 MiB.
	ErrTooLarge = errors.New("too large: it has more elements than a response can hold")

	errNotObject = errors.New("not a complete JSON object")
)

const (
	memoryFactor = 16
	memorySlack  = 16 << 20 // bytes
	growth       = 2        // a list that grows takes up to twice the size of its elements
	smallElement = 24       // bytes of an element of a list that is not an object
	maxDrift     = 100      // mismatches that are reported
)

// lenient accepts strings that are not valid UTF-8, and objects with several properties of one name.
var lenient = jsonv2.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// Drift is a place where a value does not have the type of the schema.
type Drift struct {
	Pointer string // JSON pointer to the value
	Want    string // type in the schema: string, boolean, integer, number, date-time, array or object
	Got     string // JSON type found
}

// Strings maps a struct to its property that stores a string in place of the object.
type Strings map[reflect.Type]string

// Decode decodes body, one complete JSON value, into the value that out points to, which must be zero,
// except that lists may have a capacity. A body for a struct must be an object. Below that, a value of
// an unexpected type is not an error. Errors do not quote the body.
func Decode(body []byte, out any, inStrings Strings) ([]Drift, error) {
	raw, target := jsontext.Value(httpx.TrimBOM(body)), reflect.ValueOf(out).Elem()
	d := decoder{strings: inStrings, memory: memoryFactor*len(raw) + memorySlack}
	switch isStruct := target.Kind() == reflect.Struct; {
	case isStruct && raw.Kind() != '{':
		return nil, errNotObject
	case d.decodeStrictly(raw, target, memorySlack): // without a drift
	case !raw.IsValid(lenient), !d.convert(raw, target):
		return nil, errNotObject
	case d.memory < 0:
		return nil, ErrTooLarge
	}
	return d.drift, nil
}

// decoder decodes values whose types may differ from those of the schema. Its methods that report
// whether target can hold a value leave target zero if it cannot.
type decoder struct {
	strings Strings
	drift   []Drift
	memory  int                 // bytes that may still be allocated; negative if the value is too large
	open    []*jsontext.Decoder // decoders of the values that enclose the current one, outermost first
}

// decode stores raw in target, a zero value, and reports whether target can hold it.
func (d *decoder) decode(raw jsontext.Value, target reflect.Value) bool {
	return d.decodeStrictly(raw, target, 0) || d.convert(raw, target)
}

// decodeStrictly lets json/v2 decode raw. It refuses what could take more memory than its share and
// slack, such as a long list, for which json/v2 has probably failed already.
func (d *decoder) decodeStrictly(raw jsontext.Value, target reflect.Value, slack int) bool {
	cost := 0
	if m := modelOf(target.Type()); m.largest > 0 && (raw.Kind() == '{' || raw.Kind() == '[') {
		cost = growth * (bytes.Count(raw, []byte("{"))*m.largest + bytes.Count(raw, []byte(","))*smallElement)
		if cost > min(memoryFactor*len(raw)+slack, d.memory) || hasNullElement(raw) {
			return false
		}
	}
	if jsonv2.Unmarshal(raw, target.Addr().Interface()) != nil {
		target.SetZero()
		return false
	}
	d.memory -= cost
	return true
}

// hasNullElement reports whether null may be an element of a list in raw, for which json/v2 would
// store a zero value. It may also be a part of a string.
func hasNullElement(raw jsontext.Value) bool {
	for before := range bytes.SplitSeq(raw, []byte("null")) {
		before = bytes.TrimSpace(before)
		if bytes.HasSuffix(before, []byte("[")) || bytes.HasSuffix(before, []byte(",")) {
			return true
		}
	}
	return false
}

// convert stores raw in target value by value, and reports whether target can hold it.
func (d *decoder) convert(raw jsontext.Value, target reflect.Value) bool {
	m, kind := modelOf(target.Type()), raw.Kind()
	switch {
	case m.fields != nil && kind == '{':
		d.convertObject(raw, target, m)
		return true
	case m.want == "array" && kind == '[':
		for _, element := range d.values(raw) {
			d.appendElement(element, target)
		}
		return target.Len() > 0
	case target.Kind() == reflect.Pointer:
		value := reflect.New(target.Type().Elem())
		held := d.decode(raw, value.Elem())
		if held {
			target.Set(value)
		}
		return held
	case !raw.IsValid():
		return d.decode(normalize(raw), target)
	}
	at, isTime := ParseTime(raw)
	if m.want != "date-time" || kind != '0' || !isTime { // milliseconds are a form of time
		d.report(m.want, kind)
	}
	property, form := d.strings[target.Type()], []byte(Text(raw))
	switch {
	case m.want == "array": // one value in place of a list
		isElement := modelOf(target.Type().Elem()).want == kindNames[kind] && string(raw) != `""`
		return isElement && d.appendElement(raw, target)
	case kind == '{' || kind == '[' || m.want == "date-time" && !isTime:
		return false
	case m.want == "string":
		form, _ = jsontext.AppendQuote(nil, form)
	case m.want == "date-time":
		form, _ = at.MarshalJSON()
	case property != "" && kind == '"':
		form = fmt.Appendf(nil, `{%q:%s}`, property, raw)
	case m.want == "object":
		return false
	}
	return d.decodeStrictly(form, target, 0)
}

// report records that the current value has another type than that of the schema.
func (d *decoder) report(want string, got jsontext.Kind) {
	if len(d.drift) == maxDrift {
		return
	}
	var pointer jsontext.Pointer
	for _, dec := range d.open {
		pointer += dec.StackPointer()
	}
	d.drift = append(d.drift, Drift{Pointer: string(pointer), Want: want, Got: kindNames[got]})
}

// convertObject stores the properties that the fields of target can hold there, and the others in its
// Extra field.
func (d *decoder) convertObject(raw jsontext.Value, target reflect.Value, m *model) {
	extra := map[string]jsontext.Value{}
	for name, value := range d.values(raw) {
		delete(extra, name) // of several properties with one name, the last one counts
		if index, known := m.fields[name]; known {
			field := target.FieldByIndex(index)
			field.SetZero()
			if d.decode(value, field) || string(value) == `""` { // the zero value of every type
				continue
			}
		}
		extra[name] = normalize(value)
	}
	if len(extra) > 0 && m.extra != nil {
		encoded, _ := jsonv2.Marshal(extra, jsonv2.Deterministic(true)) // names and values are valid
		target.FieldByIndex(m.extra).SetBytes(encoded)
	}
}

// appendElement appends raw to list if an element can hold it.
func (d *decoder) appendElement(raw jsontext.Value, list reflect.Value) bool {
	element, decode := reflect.New(list.Type().Elem()).Elem(), d.decode
	if raw.Kind() == 'n' && element.Kind() == reflect.Struct {
		decode = d.convert // json/v2 would store a zero value
	}
	if d.memory < 0 || !decode(raw, element) {
		return false
	}
	d.memory -= growth * int(element.Type().Size())
	list.Set(reflect.Append(list, element))
	return true
}

// values iterates over the properties of an object by name, or over the elements of a list, which
// lenient accepts. A value is valid until the next one is read.
func (d *decoder) values(raw jsontext.Value) iter.Seq2[string, jsontext.Value] {
	return func(yield func(string, jsontext.Value) bool) {
		dec := jsontext.NewDecoder(bytes.NewBuffer(raw), lenient)
		d.open = append(d.open, dec)
		_, _ = dec.ReadToken()
		for more := true; more && dec.PeekKind() != ']' && dec.PeekKind() != '}'; {
			var name string
			if raw.Kind() == '{' {
				token, _ := dec.ReadToken()
				name = token.String()
			}
			value, err := dec.ReadValue()
			more = err == nil && yield(name, value)
		}
		d.open = d.open[:len(d.open)-1]
	}
}

// Text returns a JSON string without its quotes, an empty string for null, and any other value as
// JSON.
func Text(raw jsontext.Value) string {
	switch raw.Kind() {
	case 'n':
		return ""
	case '"':
		text, _ := jsontext.AppendUnquote(nil, bytes.TrimSpace(raw)) // it replaces invalid UTF-8
		return string(text)
	}
	return string(raw)
}

// normalize returns a copy of raw, which lenient accepts, with valid strings and unique names: of
// several properties with one name, it returns the last one.
func normalize(raw jsontext.Value) jsontext.Value {
	if raw.IsValid() {
		return raw.Clone()
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var value any
	_ = dec.Decode(&value)
	valid, _ := json.Marshal(value)
	return valid
}
