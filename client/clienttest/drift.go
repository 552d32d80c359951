package clienttest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// drift changes a JSON body as Set and Remove say. Numbers keep their digits and members their order as far as that goes:
// those of a changed object are sorted.
func (f Fault) drift(body []byte) []byte {
	for _, pointer := range keys(f.Set) {
		value, err := json.Marshal(f.Set[pointer])
		if err != nil {
			value = []byte("null")
		}
		body = changeAt(body, steps(pointer), value)
	}
	for _, pointer := range f.Remove {
		body = changeAt(body, steps(pointer), nil)
	}
	return body
}

// steps takes a JSON pointer apart.
func steps(pointer string) []string {
	parts := strings.Split(pointer, "/")[1:]
	for i, part := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
	}
	return parts
}

// changeAt returns a JSON value with the part at path replaced, or removed if the new value is nil. What the path does not
// lead to stays as it is, but for a member that a replacement adds to its object.
func changeAt(body []byte, path []string, value []byte) []byte {
	if len(path) == 0 {
		return value
	}
	step, rest := path[0], path[1:]
	switch jsontext.Value(body).Kind() {
	case '{':
		return changeMember(body, step, rest, value)
	case '[':
		return changeElement(body, step, rest, value)
	default:
		return body
	}
}

func changeMember(body []byte, step string, rest []string, value []byte) []byte {
	members := map[string]jsontext.Value{}
	if json.Unmarshal(body, &members, lenient) != nil {
		return body
	}
	names := []string{step}
	if step == "*" {
		names = names[:0]
		for name := range members {
			names = append(names, name)
		}
	}
	for _, name := range names {
		old, exists := members[name]
		if !exists && (value == nil || len(rest) > 0) {
			continue
		}
		if changed := changeAt(old, rest, value); changed == nil {
			delete(members, name)
		} else {
			members[name] = changed
		}
	}
	return encodeOr(members, body)
}

func changeElement(body []byte, step string, rest []string, value []byte) []byte {
	var elements []jsontext.Value
	if json.Unmarshal(body, &elements, lenient) != nil {
		return body
	}
	for i, old := range elements {
		if step == "*" || step == strconv.Itoa(i) {
			elements[i] = changeAt(old, rest, value)
		}
	}
	elements = slices.DeleteFunc(elements, func(v jsontext.Value) bool { return v == nil })
	return encodeOr(elements, body)
}

func encodeOr(value any, otherwise []byte) []byte {
	encoded, err := json.Marshal(value, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return otherwise
	}
	return encoded
}
