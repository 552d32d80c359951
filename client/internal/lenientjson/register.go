package lenientjson

import (
	"reflect"

	"github.com/go-json-experiment/json/jsontext"
)

// hooks are the functions that are registered for a type.
type hooks struct {
	want        string // type in the schema, if fallback is set
	fallback    func(target any, raw jsontext.Value) bool
	afterDecode func(target any)
}

// hooksByType is only written while packages are initialized.
var hooksByType = map[reflect.Type]hooks{}

// RegisterFallback registers a function that stores a value of an unexpected type in a T, and
// reports whether it did. The argument want is the type in the schema. The argument raw is valid
// only until the function returns. Call RegisterFallback only while the program is initialized.
func RegisterFallback[T any](want string, fallback func(target *T, raw jsontext.Value) bool) {
	h := hooksByType[reflect.TypeFor[T]()]
	h.want = want
	h.fallback = func(target any, raw jsontext.Value) bool { return fallback(target.(*T), raw) } //nolint:forcetypeassert // it is registered for *T
	hooksByType[reflect.TypeFor[T]()] = h
}

// RegisterAfterDecode registers a function that is called with each T that has been decoded. Call
// RegisterAfterDecode only while the program is initialized.
func RegisterAfterDecode[T any](afterDecode func(target *T)) {
	h := hooksByType[reflect.TypeFor[T]()]
	h.afterDecode = func(target any) { afterDecode(target.(*T)) } //nolint:forcetypeassert // it is registered for *T
	hooksByType[reflect.TypeFor[T]()] = h
}
