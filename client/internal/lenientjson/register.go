package lenientjson

import (
	"reflect"

	"github.com/go-json-experiment/json/jsontext"
)

// special holds what is registered for a type.
type special struct {
	want     string // type in the schema, if it does not follow from the Go type
	fallback func(target any, raw jsontext.Value) bool
	finish   func(target any)
}

// specials is only written while packages are initialized.
var specials = map[reflect.Type]special{}

// RegisterFallback registers a function that stores a value of an unexpected type in a T, and
// reports whether it could. want is the type in the schema. raw is valid until the function
// returns. Call it only while the program is initialized.
func RegisterFallback[T any](want string, fallback func(target *T, raw jsontext.Value) bool) {
	s := specials[reflect.TypeFor[T]()]
	s.want = want
	s.fallback = func(target any, raw jsontext.Value) bool { return fallback(target.(*T), raw) } //nolint:forcetypeassert // it is registered for *T
	specials[reflect.TypeFor[T]()] = s
}

// RegisterFinish registers a function that is called with each T that has been decoded. Call it
// only while the program is initialized.
func RegisterFinish[T any](finish func(target *T)) {
	s := specials[reflect.TypeFor[T]()]
	s.finish = func(target any) { finish(target.(*T)) } //nolint:forcetypeassert // it is registered for *T
	specials[reflect.TypeFor[T]()] = s
}
