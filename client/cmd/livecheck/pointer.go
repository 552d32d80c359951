package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// match is a value in a JSON document, and the JSON pointer to it.
type match struct {
	pointer string
	value   any
}

// find returns the values at a JSON pointer in which the token * matches every element or property.
func find(body any, pattern string) []match {
	found := []match{{"", body}}
	for token := range strings.SplitSeq(strings.TrimPrefix(pattern, "/"), "/") {
		var next []match
		for _, at := range found {
			switch value := at.value.(type) {
			case map[string]any:
				for _, name := range slices.Sorted(maps.Keys(value)) {
					if token == "*" || token == name {
						next = append(next, match{at.pointer + "/" + name, value[name]})
					}
				}
			case []any:
				for i, element := range value {
					if name := strconv.Itoa(i); token == "*" || token == name {
						next = append(next, match{at.pointer + "/" + name, element})
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
