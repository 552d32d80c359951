package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strconv"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/oapi-codegen/nullable"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// lenient accepts what is JSON but not well-formed enough for json/v2: duplicate names and broken UTF-8.
var lenient = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// decodeBody decodes body into out: strictly first, and a second time leniently if a value has another
// type than the schema.
func decodeBody(body []byte, out any) ([]Drift, error) {
	body = httpx.TrimBOM(body)
	if jsontext.Value(body).Kind() != '{' || hasManyObjects(body) {
		return nil, errNotJSON
	}
	err := jsonv2.Unmarshal(body, out, lenient)
	if _, mismatch := errors.AsType[*jsonv2.SemanticError](err); !mismatch {
		return nil, err
	}
	reflect.ValueOf(out).Elem().SetZero()
	var second tolerant
	err = jsonv2.Unmarshal(body, out, second.options())
	return second.drift, err
}

// hasManyObjects reports whether a body would need far more memory than it has bytes.
func hasManyObjects(body []byte) bool {
	const always, bytesEach = 50_000, 64
	objects := bytes.Count(body, []byte("{"))
	return objects > always && objects > len(body)/bytesEach
}

// tolerant decodes values whose type is not the document's.
type tolerant struct {
	prefix jsontext.Pointer // where the value that is decoded stands in the body
	drift  []Drift
}

const maxDrift = 100

func (t *tolerant) options() jsonv2.Options {
	return jsonv2.JoinOptions(lenient, jsonv2.WithUnmarshalers(jsonv2.UnmarshalFromFunc(t.value)))
}

// value decodes the next value into target where its type is not target's, and leaves everything else to the decoder by
// returning errors.ErrUnsupported.
func (t *tolerant) value(dec *jsontext.Decoder, target any) error {
	want := typeOf(target)
	got := dec.PeekKind()
	if got == 'f' {
		got = 't' // as in kinds
	}
	if want == "" || got == 'n' || got == 0 || (got == kinds[want] && want != "integer" && want != "date-time") {
		return errors.ErrUnsupported
	}
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if (want == "integer" || want == "date-time") && jsonv2.Unmarshal(raw, target, lenient) == nil {
		return nil
	}
	var pointer jsontext.Pointer
	if len(t.drift) < maxDrift {
		pointer = t.prefix + dec.StackPointer()
		t.drift = append(t.drift, Drift{Pointer: string(pointer), Want: want, Got: names[got]})
	}
	t.keep(raw, target, pointer)
	return nil
}

// keep puts into target what can be kept of raw.
func (t *tolerant) keep(raw jsontext.Value, target any, pointer jsontext.Pointer) {
	text := elementText(json.RawMessage(raw))
	switch target := target.(type) {
	case *time.Time:
		*target, _ = parseInstant(raw)
	case *nullable.Nullable[bool]:
		if done, err := strconv.ParseBool(text); err == nil {
			target.Set(done)
		}
	case *gen.AdditionalEmail:
		if raw.Kind() == '"' {
			target.Email = text
		}
	default:
		t.keepAs(reflect.ValueOf(target).Elem(), raw, text, pointer)
	}
}

// keepAs keeps what target's kind can hold; a list takes raw as its only element, if it has such elements.
func (t *tolerant) keepAs(target reflect.Value, raw jsontext.Value, text string, pointer jsontext.Pointer) {
	switch kind := raw.Kind(); target.Kind() {
	case reflect.String:
		if kind != '{' && kind != '[' {
			target.SetString(text)
		}
	case reflect.Bool:
		done, _ := strconv.ParseBool(text)
		target.SetBool(done)
	case reflect.Int, reflect.Int64:
		target.SetInt(toInt(text))
	case reflect.Slice:
		element := reflect.New(target.Type().Elem())
		if text == "" || kinds[typeOf(element.Interface())] != kind {
			return
		}
		inner := tolerant{prefix: pointer, drift: t.drift}
		_ = jsonv2.Unmarshal(raw, element.Interface(), inner.options()) // raw is valid JSON
		t.drift = inner.drift
		target.Set(reflect.Append(reflect.Zero(target.Type()), element.Elem()))
	}
}

// kinds are the JSON kinds of the document's types, and names the other way round.
var (
	kinds = map[string]jsontext.Kind{
		"string": '"', "date-time": '"', "boolean": 't', "integer": '0', "array": '[', "object": '{',
	}
	names = map[jsontext.Kind]string{'"': "string", 't': "boolean", '0': "number", '[': "array", '{': "object"}
)

// types are the document's types of generated members.
var types = map[reflect.Kind]string{
	reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer",
	reflect.Slice: "array", reflect.Struct: "object",
}

// typeOf returns the document's type of a generated member, "" for one that takes any value.
func typeOf(target any) string {
	switch target.(type) {
	case *time.Time:
		return "date-time"
	case *nullable.Nullable[bool]:
		return "boolean"
	case *json.RawMessage:
		return ""
	}
	if reflect.TypeOf(target) == reflect.TypeFor[*jsontext.Value]() { // the type of the case above from Go 1.27 on
		return ""
	}
	return types[reflect.TypeOf(target).Elem().Kind()]
}

// toInt returns the integer that text is, without its fraction, 0 if it is none or does not fit.
func toInt(text string) int64 {
	if integer, err := strconv.ParseInt(text, 10, 64); err == nil {
		return integer
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Abs(number) > 1<<53 {
		return 0
	}
	return int64(number)
}
