package lenientjson

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unsafe"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxDrift limits the number of mismatches that are reported.
const maxDrift = 100

// decoder decodes values whose types may differ from those of the schema.
type decoder struct {
	prefix  jsontext.Pointer // pointer to the value that is decoded
	drift   []Drift
	objects []object // the objects being decoded, the outermost first
	memory  uintptr  // of the objects so far
}

// object is a JSON object that is being decoded into a struct.
type object struct {
	depth       int // stack depth of the decoder before the object
	target      unsafe.Pointer
	unconverted []property
}

// property is a property whose value its field cannot hold.
type property struct {
	name string
	raw  jsontext.Value
}

// addUnconverted adds a property, or replaces the property of the same name.
func (o *object) addUnconverted(p property) {
	for i := range o.unconverted { // at most one per field of the struct
		if o.unconverted[i].name == p.name {
			o.unconverted[i] = p
			return
		}
	}
	o.unconverted = append(o.unconverted, p)
}

func (d *decoder) options() jsonv2.Options {
	return jsonv2.JoinOptions(lenient, jsonv2.WithUnmarshalers(jsonv2.UnmarshalFromFunc(d.decodeValue)))
}

// decodeValue decodes the next value into target, a pointer, if the value may not have the type of
// the schema. For any other value it returns [errors.ErrUnsupported], and json/v2 decodes it.
func (d *decoder) decodeValue(dec *jsontext.Decoder, target any) error {
	value := reflect.ValueOf(target).Elem()
	want, got := modelOf(value.Type()).want, dec.PeekKind()
	if got == 'f' {
		got = 't' // kindsByType has one kind for true and false
	}
	switch {
	case want == "" || got == 'n' || got == 0:
		return errors.ErrUnsupported
	case want == "object" && got == '{':
		return d.decodeObject(dec, value, target)
	case got == kindsByType[want] && want != "integer" && want != "number" && want != "date-time":
		return errors.ErrUnsupported
	}
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if got == kindsByType[want] && jsonv2.Unmarshal(raw, target, lenient) == nil {
		return nil
	}
	value.SetZero()
	if want == "date-time" && got == '0' && setMillis(target.(*time.Time), raw) { //nolint:forcetypeassert // it is a time
		return nil
	}
	pointer := d.report(dec, want, got)
	parent, _ := dec.StackIndex(dec.StackDepth())
	converted := d.convert(raw, value, pointer, parent == '[')
	if d.memory > maxMemory {
		return errTooMany
	}
	if converted || parent != '{' || string(raw) == `""` {
		return nil // an empty string is the zero value of every type
	}
	if last := len(d.objects) - 1; last >= 0 && d.objects[last].depth == dec.StackDepth()-1 {
		d.objects[last].addUnconverted(property{dec.StackPointer().LastToken(), bytes.Clone(raw)})
	}
	return nil
}

// report records that the value that dec has just read has another type, and returns the pointer to
// the value.
func (d *decoder) report(dec *jsontext.Decoder, want string, got jsontext.Kind) jsontext.Pointer {
	if len(d.drift) == maxDrift {
		return ""
	}
	pointer := d.prefix + dec.StackPointer()
	d.drift = append(d.drift, Drift{Pointer: string(pointer), Want: want, Got: kindNames[got]})
	return pointer
}

// decodeObject decodes an object into a struct, and then adds the unconverted properties to the
// Extra field of the struct.
func (d *decoder) decodeObject(dec *jsontext.Decoder, value reflect.Value, target any) error {
	current := object{depth: dec.StackDepth(), target: value.Addr().UnsafePointer()}
	if last := len(d.objects) - 1; last >= 0 && d.objects[last].depth == current.depth && d.objects[last].target == current.target {
		// UnmarshalDecode below, or a JSON method of the struct, decodes the same object.
		return errors.ErrUnsupported
	}
	if d.memory += value.Type().Size(); d.memory > maxMemory {
		return errTooMany
	}
	d.objects = append(d.objects, current)
	err := jsonv2.UnmarshalDecode(dec, target)
	last := len(d.objects) - 1
	current, d.objects = d.objects[last], d.objects[:last]
	if err != nil {
		return err
	}
	m := modelOf(value.Type())
	for _, p := range current.unconverted {
		if field, ok := m.fields[p.name]; m.extra >= 0 && ok && value.Field(field).IsZero() {
			extra := value.Field(m.extra)
			extra.SetBytes(addProperty(extra.Bytes(), p))
		}
	}
	return nil
}

// addProperty returns a copy of object with another property. The object is a JSON object or empty.
func addProperty(object []byte, p property) []byte {
	name, _ := jsontext.AppendQuote(nil, p.name) // the name is valid UTF-8: it is the name of a field
	head, separator := []byte("{"), ""
	if end := bytes.LastIndexByte(object, '}'); end > 0 {
		head, separator = object[:end], ","
		if len(bytes.TrimSpace(head)) == 1 {
			separator = ""
		}
	}
	return slices.Concat(head, []byte(separator), name, []byte(":"), p.raw, []byte("}"))
}

// convert stores raw in target if the type of target can hold it, and reports whether the whole
// value was stored. If element is true, target is an element of a list: a string then holds an
// object or a list as JSON.
func (d *decoder) convert(raw jsontext.Value, target reflect.Value, pointer jsontext.Pointer, element bool) bool {
	if h := hooksByType[target.Type()]; h.fallback != nil {
		return h.fallback(target.Addr().Interface(), raw)
	}
	if t, ok := reflect.TypeAssert[*time.Time](target.Addr()); ok {
		parsed, ok := ParseTime(raw)
		*t = parsed
		return ok
	}
	kind, text := raw.Kind(), Text(raw)
	switch target.Kind() {
	case reflect.String:
		if (kind == '{' || kind == '[') && !element {
			return false
		}
		target.SetString(text)
		return true
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		target.SetBool(b)
		return err == nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, ok := parseInt(text)
		if ok = ok && !target.OverflowInt(n); ok {
			target.SetInt(n)
		}
		return ok
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return false
		}
		target.SetFloat(f)
		return true
	case reflect.Slice:
		return d.convertList(raw, target, pointer)
	default:
		return false
	}
}

// convertList stores raw as the only element of target, if it has the type of an element.
func (d *decoder) convertList(raw jsontext.Value, target reflect.Value, pointer jsontext.Pointer) bool {
	element := reflect.New(target.Type().Elem())
	if kindsByType[modelOf(element.Type().Elem()).want] != raw.Kind() || string(raw) == `""` {
		return false
	}
	inner := decoder{prefix: pointer, drift: d.drift, memory: d.memory}
	err := jsonv2.Unmarshal(raw, element.Interface(), inner.options())
	d.drift, d.memory = inner.drift, inner.memory
	if err != nil {
		return false
	}
	target.Set(reflect.Append(reflect.Zero(target.Type()), element.Elem()))
	return true
}

// Text returns a JSON string without its quotes, an empty string for null, and any other value as
// JSON.
func Text(raw jsontext.Value) string {
	var text string
	if kind := raw.Kind(); (kind == '"' || kind == 'n') && jsonv2.Unmarshal(raw, &text, lenient) == nil {
		return text
	}
	return string(raw)
}

// parseInt parses a number and returns it without its fraction.
func parseInt(text string) (int64, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(math.Abs(f) <= 1<<53) {
		return 0, false
	}
	return int64(f), true
}
