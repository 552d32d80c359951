package wire

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Removed is the value that makes [Patch] remove a property or an element.
var Removed = removed{}

type removed struct{}

// Patch returns a JSON body with the value at a JSON pointer replaced or removed. A * in the pointer
// selects every element or property. If only the last property of the pointer does not exist, Patch
// adds it; if anything else does not exist, Patch changes nothing. It does not change the digits of
// numbers.
func Patch(body []byte, pointer string, value any) []byte {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var decoded any
	if decoder.Decode(&decoded) != nil {
		return body
	}
	patched, err := json.Marshal(patchAt(decoded, slices.Collect(jsontext.Pointer(pointer).Tokens()), value))
	if err != nil {
		return body
	}
	return patched
}

func patchAt(old any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	step, rest := path[0], path[1:]
	switch old := old.(type) {
	case map[string]any:
		names := []string{step}
		if step == "*" {
			names = slices.Collect(maps.Keys(old))
		}
		for _, name := range names {
			if property, exists := old[name]; exists || len(rest) == 0 {
				old[name] = patchAt(property, rest, value)
			}
		}
		maps.DeleteFunc(old, func(_ string, property any) bool { return property == Removed })
	case []any:
		for i, element := range old {
			if step == "*" || step == strconv.Itoa(i) {
				old[i] = patchAt(element, rest, value)
			}
		}
		return slices.DeleteFunc(old, func(element any) bool { return element == Removed })
	}
	return old
}
