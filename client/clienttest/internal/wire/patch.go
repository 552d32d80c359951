package wire

import (
	"maps"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Patch returns body with the value at a JSON pointer replaced, or removed if value is nil. A * in
// the pointer selects every element or property. If only the last property of the pointer does
// not exist, Patch adds it; if anything else does not exist, Patch changes nothing. It does not
// change the digits of numbers, and sorts the properties of a changed object.
func Patch(body []byte, pointer string, value []byte) []byte {
	return patchAt(body, slices.Collect(jsontext.Pointer(pointer).Tokens()), value)
}

func patchAt(body []byte, path []string, value []byte) []byte {
	if len(path) == 0 {
		return value
	}
	step, rest := path[0], path[1:]
	switch jsontext.Value(body).Kind() {
	case '{':
		return patchProperty(body, step, rest, value)
	case '[':
		return patchElement(body, step, rest, value)
	default:
		return body
	}
}

func patchProperty(body []byte, step string, rest []string, value []byte) []byte {
	properties := map[string]jsontext.Value{}
	if json.Unmarshal(body, &properties, Lenient) != nil {
		return body
	}
	names := []string{step}
	if step == "*" {
		names = slices.Collect(maps.Keys(properties))
	}
	for _, name := range names {
		old, exists := properties[name]
		if !exists && (value == nil || len(rest) > 0) {
			continue
		}
		if changed := patchAt(old, rest, value); changed == nil {
			delete(properties, name)
		} else {
			properties[name] = changed
		}
	}
	return encodeOr(properties, body)
}

func patchElement(body []byte, step string, rest []string, value []byte) []byte {
	var elements []jsontext.Value
	if json.Unmarshal(body, &elements, Lenient) != nil {
		return body
	}
	for i, old := range elements {
		if step == "*" || step == strconv.Itoa(i) {
			elements[i] = patchAt(old, rest, value)
		}
	}
	elements = slices.DeleteFunc(elements, func(v jsontext.Value) bool { return v == nil })
	return encodeOr(elements, body)
}

func encodeOr(value any, fallback []byte) []byte {
	encoded, err := json.Marshal(value, json.Deterministic(true), Lenient)
	if err != nil {
		return fallback
	}
	return encoded
}
