// Package lenientjson decodes JSON whose values do not always have the type that the schema names.
//
// Decode first decodes at full speed. If a value has an unexpected type, it decodes a second time,
// converts what it can, keeps the rest in the Extra field of the enclosing struct, and reports
// every mismatch as a Drift.
package lenientjson

import (
	"bytes"
	"errors"
	"reflect"
	"slices"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
)

var (
	errNotObject = errors.New("not a complete JSON object")
	errTooMany   = errors.New("more objects than a response can hold")
)

// maxMemory limits the memory that the objects of a body take when they are decoded. An empty
// object takes two bytes in a body and more than 2 KB as a contact, so a limit on the size of the
// body is not enough.
const maxMemory = 64 << 20

// Drift is a place where a value does not have the type of the schema.
type Drift struct {
	Pointer string // JSON pointer to the value
	Want    string // type in the schema: string, boolean, integer, number, date-time, array or object
	Got     string // JSON type found
}

// lenient accepts JSON that json/v2 rejects by default: duplicate names and invalid UTF-8.
var lenient = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// Decode decodes body, which must be one complete JSON object, into out, a pointer to a zero value.
// Values of unexpected types do not make it fail. Its errors do not quote the body.
//
// A slice in the struct that out points to may be empty with a capacity. Its room is used if the
// body has such a list; if the body has none, the slice is nil afterward.
func Decode(body []byte, out any) ([]Drift, error) {
	body = httpx.TrimBOM(body)
	if jsontext.Value(body).Kind() != '{' {
		return nil, errNotObject
	}
	target := reflect.ValueOf(out).Elem()
	rooms := roomsOf(target)
	drift, err := decode(body, out, target)
	if err == nil && slices.ContainsFunc(rooms, func(i int) bool { return target.Field(i).Len() == 0 }) {
		target.SetZero() // an empty list and a missing list cannot be told apart with room
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

// roomsOf returns the fields of a struct that are slices with room.
func roomsOf(target reflect.Value) []int {
	if target.Kind() != reflect.Struct {
		return nil
	}
	var rooms []int
	for i := range target.NumField() {
		if field := target.Field(i); field.Kind() == reflect.Slice && !field.IsNil() {
			rooms = append(rooms, i)
		}
	}
	return rooms
}

func decode(body []byte, out any, target reflect.Value) ([]Drift, error) {
	// Braces in strings count here as well. The second pass counts objects, so such a body is only
	// slower.
	if bytes.Count(body, []byte("{")) <= maxMemory/largestStruct(target.Type()) {
		err := jsonv2.Unmarshal(body, out, lenient)
		if _, mismatch := errors.AsType[*jsonv2.SemanticError](err); !mismatch {
			return nil, err
		}
		target.SetZero()
	}
	var d decoder
	err := jsonv2.Unmarshal(body, out, d.options())
	return d.drift, err
}
