package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// located is a value in a JSON document with the JSON pointer to it.
type located struct {
	pointer string
	value   any
}

// find returns the values that match a JSON pointer in which * matches every element or property.
func find(body any, pattern string) []located {
	found := []located{{"", body}}
	for token := range strings.SplitSeq(strings.TrimPrefix(pattern, "/"), "/") {
		var next []located
		for _, at := range found {
			switch value := at.value.(type) {
			case map[string]any:
				for _, name := range slices.Sorted(maps.Keys(value)) {
					if token == "*" || token == name {
						next = append(next, located{at.pointer + "/" + name, value[name]})
					}
				}
			case []any:
				for i, element := range value {
					if name := strconv.Itoa(i); token == "*" || token == name {
						next = append(next, located{at.pointer + "/" + name, element})
					}
				}
			}
		}
		found = next
	}
	return found
}

// lookup returns the value at a JSON pointer, or nil if the body has no such value.
func lookup(body any, pointer string) any {
	if found := find(body, pointer); len(found) == 1 {
		return found[0].value
	}
	return nil
}
