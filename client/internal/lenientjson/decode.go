// Package lenientjson decodes JSON whose values do not always have the type that the schema names.
//
// Decode first decodes strictly, which is fast. If that fails, it decodes value by value: it
// converts the values that the fields can hold, stores the others in the Extra field of the
// enclosing struct, and reports every mismatch as a Drift.
package lenientjson

import (
	"bytes"
	"errors"
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

// Drift is a place where a value does not have the type of the schema.
type Drift struct {
	Pointer string // JSON pointer to the value
	Want    string // type in the schema: string, boolean, integer, number, date-time, array or object
	Got     string // JSON type found
}

// Strings maps a struct to its field that stores a string in place of the object.
type Strings map[reflect.Type]string

// Decode decodes body, one complete JSON value, into the value that out points to, which must be zero,
// except that lists may have a capacity. A body for a struct must be an object. Below that, a value of
// an unexpected type is not an error. Errors do not quote the body.
func Decode(body []byte, out any, inStrings Strings) ([]Drift, error) {
	raw, target := jsontext.Value(httpx.TrimBOM(body)), reflect.ValueOf(out).Elem()
	if target.Kind() == reflect.Struct && raw.Kind() != '{' {
		return nil, errNotObject
	}
	d := decoder{strings: inStrings, memory: memoryFactor*len(raw) + memorySlack}
	if d.decodeStrictly(raw, target, memorySlack) {
		return nil, nil
	}
	target.SetZero()
	raw, err := normalize(raw)
	held := err == nil && d.convert(raw, target, "")
	switch {
	case d.tooLarge:
		return nil, ErrTooLarge
	case !held:
		return nil, errNotObject
	}
	return d.drift, nil
}

// decoder decodes values whose types may differ from those of the schema.
type decoder struct {
	strings  Strings
	drift    []Drift
	memory   int // bytes that may still be allocated
	tooLarge bool
}

// decode stores raw in target, a zero value, and reports whether target can hold it.
func (d *decoder) decode(raw jsontext.Value, target reflect.Value, pointer jsontext.Pointer) bool {
	return d.decodeStrictly(raw, target, 0) || d.convert(raw, target, pointer)
}

// decodeStrictly lets json/v2 decode raw. It returns false, and leaves target zero, if raw has an
// unexpected value, or could take more memory than its share and slack.
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
	for {
		before, after, found := bytes.Cut(raw, []byte("null"))
		if !found {
			return false
		}
		before = bytes.TrimRight(before, " \t\r\n")
		if bytes.HasSuffix(before, []byte("[")) || bytes.HasSuffix(before, []byte(",")) {
			return true
		}
		raw = after
	}
}
