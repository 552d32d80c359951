// Package lenientjson decodes JSON whose values do not always have the type that the schema names.
//
// Decode first decodes strictly, which is fast. If a value has an unexpected type, it decodes a
// second time: it converts the values that the fields can hold, stores the others in the Extra
// field of the enclosing struct, and reports every mismatch as a Drift.
package lenientjson

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
)

var (
	errNotObject = errors.New("not a complete JSON object")
	errTooMany   = errors.New("too large: it has more objects than a response can hold")
)

// maxMemory limits the memory of the decoded objects of a body. An empty object has two bytes in a
// body and more than 2 KB as a contact, so a limit on the size of the body is not enough.
const maxMemory = 64 << 20

// Drift is a place where a value does not have the type of the schema.
type Drift struct {
	Pointer string // JSON pointer to the value
	Want    string // type in the schema: string, boolean, integer, number, date-time, array or object
	Got     string // JSON type found
}

// lenient accepts JSON that json/v2 rejects by default: duplicate names and invalid UTF-8.
var lenient = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// strict are the options of the fast pass.
var strict = jsonv2.JoinOptions(lenient, jsonv2.WithUnmarshalers(jsonv2.UnmarshalFromFunc(decodeMillis)))

// decodeMillis decodes a time that is a number of milliseconds, as the API sends some times.
func decodeMillis(dec *jsontext.Decoder, target *time.Time) error {
	if dec.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	raw, err := dec.ReadValue()
	if err == nil && !setMillis(target, raw) {
		err = &jsonv2.SemanticError{} // the second pass stores the value
	}
	return err
}

// setMillis stores the time in raw, a number, in target, and reports whether it is a time.
func setMillis(target *time.Time, raw jsontext.Value) (ok bool) {
	*target, ok = ParseTime(raw)
	return ok
}

// Decode decodes body into out. The body must be one complete JSON object. Values of unexpected
// types are not an error. Errors do not quote the body.
//
// The argument out must point to a zero value, except that fields of a struct may be empty slices
// with a capacity. Decode appends to such a slice, or sets it to nil if the body does not have the
// list.
func Decode(body []byte, out any) ([]Drift, error) {
	body = httpx.TrimBOM(body)
	if jsontext.Value(body).Kind() != '{' {
		return nil, errNotObject
	}
	target := reflect.ValueOf(out).Elem()
	preallocated := preallocatedSlices(target)
	drift, err := decode(body, out, target)
	if err == nil && slices.ContainsFunc(preallocated, func(i int) bool { return target.Field(i).Len() == 0 }) {
		target.SetZero() // a preallocated slice does not show whether the list is empty or missing
		drift, err = decode(body, out, target)
	}
	if errors.Is(err, errTooMany) {
		return nil, errTooMany
	}
	if err != nil {
		return nil, errNotObject
	}
	if r := repairerOf(target.Type()); r != nil {
		r.repair(target, hasOnlyValidStrings(body))
	}
	return drift, nil
}

// preallocatedSlices returns the indexes of the fields that are slices and not nil.
func preallocatedSlices(target reflect.Value) []int {
	if target.Kind() != reflect.Struct {
		return nil
	}
	var indexes []int
	for i := range target.NumField() {
		if field := target.Field(i); field.Kind() == reflect.Slice && !field.IsNil() {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// decode decodes body into out strictly. If a value has an unexpected type, or if the objects of
// the body could exceed maxMemory, it decodes with a decoder instead.
func decode(body []byte, out any, target reflect.Value) ([]Drift, error) {
	// The count includes braces in strings, so it may be too high. The second pass counts objects,
	// so such a body is decoded too, but slower.
	if bytes.Count(body, []byte("{")) <= maxMemory/largestStructSize(target.Type()) {
		err := jsonv2.Unmarshal(body, out, strict)
		if _, mismatch := errors.AsType[*jsonv2.SemanticError](err); !mismatch {
			return nil, err
		}
		target.SetZero()
	}
	var d decoder
	err := jsonv2.Unmarshal(body, out, d.options())
	return d.drift, err
}
