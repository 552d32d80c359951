package main

import (
	"reflect"
	"slices"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
)

// contactProperties are the properties of a contact in api/contacts.yaml, as the generated type
// names them.
var contactProperties = func() []string {
	var names []string
	for field := range reflect.TypeFor[client.Contact]().Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}()

func compareProperties(o *observation) (found finding) {
	if !o.isOperation() {
		return finding{}
	}
	for _, pattern := range []string{"/contact/*", "/contacts/*/*"} {
		for _, at := range find(o.body, pattern) {
			name := at.pointer[strings.LastIndex(at.pointer, "/")+1:]
			if slices.Contains(contactProperties, name) {
				found.confirmed = true
				continue
			}
			found.contradicted = append(found.contradicted, at.pointer+" ("+typeOf(at.value)+") is not in api/contacts.yaml")
		}
	}
	return found
}
