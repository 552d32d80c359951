package lenientjson

import (
	"reflect"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// convert stores raw in target value by value, and reports whether target can hold it.
func (d *decoder) convert(raw jsontext.Value, target reflect.Value, pointer jsontext.Pointer) bool {
	m, kind := modelOf(target.Type()), raw.Kind()
	switch {
	case m.want == "object" && kind == '{':
		d.convertObject(raw, target, m, pointer)
		return true
	case m.want == "array" && kind == '[':
		return d.convertList(raw, target, pointer)
	case target.Kind() == reflect.Pointer:
		target.Set(reflect.New(target.Type().Elem()))
		return d.decode(raw, target.Elem(), pointer)
	case m.want == "date-time" && kind == '0' && convertScalar(raw, target, m.want):
		return true // milliseconds are a form of time
	}
	d.report(pointer, m.want, kind)
	switch field := d.strings[target.Type()]; {
	case field != "" && kind == '"':
		target.FieldByName(field).SetString(Text(raw))
		return true
	case m.want == "array": // one value in place of a list
		isElement := modelOf(target.Type().Elem()).want == kindNames[kind] && string(raw) != `""`
		return isElement && d.convertElement(raw, target, pointer)
	}
	return kind != '{' && kind != '[' && convertScalar(raw, target, m.want)
}

// report records that a value has another type than that of the schema.
func (d *decoder) report(pointer jsontext.Pointer, want string, got jsontext.Kind) {
	if len(d.drift) < maxDrift {
		d.drift = append(d.drift, Drift{Pointer: string(pointer), Want: want, Got: kindNames[got]})
	}
}

// convertObject stores the properties that the fields of target can hold there, and the others in its
// Extra field.
func (d *decoder) convertObject(raw jsontext.Value, target reflect.Value, m *model, pointer jsontext.Pointer) {
	var extra []byte
	for name, value := range values(raw) {
		index, known := m.fields[name]
		if known && d.decode(value, target.FieldByIndex(index), pointer.AppendToken(name)) {
			continue
		}
		if known {
			target.FieldByIndex(index).SetZero()
		}
		if !known || string(value) != `""` { // the zero value of every type
			extra = append(extra, ',')
			extra, _ = jsontext.AppendQuote(extra, name) // the name is valid UTF-8
			extra = append(append(extra, ':'), value...)
		}
	}
	if len(extra) > 0 && m.extra != nil {
		extra[0] = '{'
		target.FieldByIndex(m.extra).SetBytes(append(extra, '}'))
	}
}

// convertList stores the elements that target can hold, and reports whether there are any.
func (d *decoder) convertList(raw jsontext.Value, target reflect.Value, pointer jsontext.Pointer) bool {
	for index, element := range values(raw) {
		d.convertElement(element, target, pointer.AppendToken(index))
		if d.tooLarge {
			break
		}
	}
	return target.Len() > 0
}

// convertElement appends raw to list if an element can hold it. A struct does not hold null.
func (d *decoder) convertElement(raw jsontext.Value, list reflect.Value, pointer jsontext.Pointer) bool {
	size := growth * int(list.Type().Elem().Size())
	if d.tooLarge = d.tooLarge || size > d.memory; d.tooLarge {
		return false
	}
	n := list.Len()
	list.Grow(1)
	list.SetLen(n + 1)
	element := list.Index(n)
	element.SetZero()
	if raw.Kind() == 'n' && element.Kind() == reflect.Struct {
		d.report(pointer, "object", 'n')
	} else if d.decode(raw, element, pointer) {
		d.memory -= size
		return true
	}
	list.SetLen(n)
	return false
}

// convertScalar stores a string, number or Boolean in target if its type can hold the value.
func convertScalar(raw jsontext.Value, target reflect.Value, want string) bool {
	text := Text(raw)
	switch want {
	case "string":
		target.SetString(text)
		return true
	case "date-time":
		at, ok := ParseTime(raw)
		return ok && jsonv2.Unmarshal([]byte(at.Format(`"`+timeLayouts[0]+`"`)), target.Addr().Interface()) == nil
	case "boolean", "integer", "number":
		return jsonv2.Unmarshal([]byte(text), target.Addr().Interface()) == nil
	}
	return false
}
