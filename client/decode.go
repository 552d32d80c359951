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

	"github.com/highlevel-contacts/contacts-go/gen"
)

var (
	errNotJSON     = errors.New("it is no JSON object, or breaks off")
	errManyObjects = errors.New("it has more objects than it can mean")
)

// read decodes the body of a call's success, and refuses one without what was promised.
func read[T any](call *call) (*T, error) {
	if hasManyObjects(call.response.Body) {
		return nil, badResponse(call, errManyObjects)
	}
	result := new(T)
	drift, err := decode(call.response.Body, result)
	if err != nil {
		return nil, badResponse(call, errNotJSON) // the decoder's own words quote the body
	}
	call.response.Drift = drift
	err = checkPromise(result)
	if errors.Is(err, errNotDone) {
		return nil, newError(call)
	}
	if err != nil {
		return nil, badResponse(call, err)
	}
	return result, nil
}

// lenient accepts what is JSON but not well-formed enough for json/v2: duplicate names and broken UTF-8.
var lenient = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// decode reads body into result: at full speed if it is as the document says; else a second time, keeping what can be kept of
// values of another type, and telling where they are.
func decode[T any](body []byte, result *T) ([]Drift, error) {
	body = trimBOM(body)
	if jsontext.Value(body).Kind() != '{' {
		return nil, errNotJSON
	}
	settle := makeRoom(result, body)
	err := jsonv2.Unmarshal(body, result, lenient)
	if _, mismatch := errors.AsType[*jsonv2.SemanticError](err); !mismatch {
		settle()
		return nil, err
	}
	*result = *new(T)
	var second tolerant
	err = jsonv2.Unmarshal(body, result, second.options())
	return second.drift, err
}

// makeRoom gives the list of a result room for as many contacts as the body seems to have: to let it grow takes longer than
// anything else that is not JSON. A list that then has none is nil again, as if it had not been touched; settle sees to that.
func makeRoom(result any, body []byte) (settle func()) {
	list := listOf(result)
	room := min(bytes.Count(body, []byte(`"dateAdded"`)), 1000)
	if list == nil || room == 0 {
		return func() {}
	}
	*list = make([]Contact, 0, room)
	return func() {
		if len(*list) == 0 {
			*list = nil
		}
	}
}

// listOf returns where the result of a list has its contacts, nil for other results.
func listOf(result any) *[]Contact {
	switch result := result.(type) {
	case *gen.ListContactsResult:
		return &result.Contacts
	case *gen.ListContactsByBusinessResult:
		return &result.Contacts
	default:
		return nil
	}
}

// hasManyObjects tells whether a body would need far more memory than it has bytes: an empty object takes two bytes there and a
// contact of over 2 KB here. A real contact has an object for every hundred bytes or so.
func hasManyObjects(body []byte) bool {
	const always, bytesEach = 50_000, 64
	objects := bytes.Count(body, []byte("{"))
	return objects > always && objects > len(body)/bytesEach
}

func trimBOM(body []byte) []byte {
	return bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF"))
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
	case *json.RawMessage, *jsontext.Value:
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
