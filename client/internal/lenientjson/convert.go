package lenientjson

import (
	"math"
	"reflect"
	"strconv"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// convert stores raw in target value by value, and reports whether target can hold it.
func (d *decoder) convert(raw jsontext.Value, target reflect.Value, pointer jsontext.Pointer) bool {
	m, t, kind := modelOf(target.Type()), target.Type(), raw.Kind()
	switch {
	case m.fields != nil && kind == '{':
		d.convertObject(raw, target, m, pointer)
		return true
	case m.want == "array" && kind == '[':
		return d.convertList(raw, target, pointer)
	case t.Kind() == reflect.Pointer:
		value := reflect.New(t.Elem())
		target.Set(value)
		return d.decode(raw, value.Elem(), pointer)
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.Bool: // a Nullable
		value := reflect.New(t.Elem()).Elem()
		held := d.decode(raw, value, pointer)
		if held {
			target.Set(reflect.MakeMap(t))
			target.SetMapIndex(reflect.ValueOf(true), value)
		}
		return held
	}
	if m.want == "date-time" && kind == '0' && convertScalar(raw, target, m.want) {
		return true // milliseconds are a form of time
	}
	d.report(pointer, m.want, kind)
	if field := d.strings[t]; field != "" && kind == '"' {
		target.FieldByName(field).SetString(Text(raw))
		return true
	}
	if m.want == "array" {
		isElement := modelOf(t.Elem()).want == kindNames[kind] && string(raw) != `""`
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

// convertObject stores the properties that the fields of target can hold there. The Extra field stores
// the unknown properties, followed by those that their field cannot hold.
func (d *decoder) convertObject(raw jsontext.Value, target reflect.Value, m *model, pointer jsontext.Pointer) {
	var extra, other []byte
	for name, value := range values(raw) {
		index, known := m.fields[name]
		if !known {
			extra = appendProperty(extra, name, value)
			continue
		}
		field := target.FieldByIndex(index)
		if !d.decode(value, field, pointer.AppendToken(name)) {
			field.SetZero()
			if string(value) != `""` { // the zero value of every type
				other = appendProperty(other, name, value)
			}
		}
	}
	if len(extra) > 0 && len(other) > 0 {
		other[0] = ','
	}
	if extra = append(extra, other...); len(extra) > 0 && m.extra != nil {
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

// convertElement appends raw to list if an element can hold it. A string also holds an object or a
// list, as JSON. A struct does not hold null.
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
	held := false
	if raw.Kind() == 'n' && element.Kind() == reflect.Struct {
		d.report(pointer, "object", 'n')
	} else if held = d.decode(raw, element, pointer); !held && element.Kind() == reflect.String {
		element.SetString(string(raw))
		held = true
	}
	if !held {
		list.SetLen(n)
		return false
	}
	d.memory -= size
	return true
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
		if target.Type() != timeType { // a struct around a time
			target = target.Field(0)
		}
		target.Set(reflect.ValueOf(at))
		return ok
	case "boolean":
		b, err := strconv.ParseBool(text)
		target.SetBool(b)
		return err == nil
	case "integer", "number":
		if jsonv2.Unmarshal([]byte(text), target.Addr().Interface()) == nil {
			return true
		}
		f, err := strconv.ParseFloat(text, 64) // an integer is stored without its fraction
		whole := strconv.AppendFloat(nil, math.Trunc(f), 'f', -1, 64)
		return err == nil && jsonv2.Unmarshal(whole, target.Addr().Interface()) == nil
	}
	return false
}
