// Package utf8json finds strings that encoding/json would change.
package utf8json

import (
	"errors"
	"io"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
	"github.com/oapi-codegen/nullable"
)

// strict lets json/v2 encode a value like encoding/json, except that a string must be valid UTF-8.
// Nullable would otherwise encode its value with encoding/json.
var strict = jsonv2.JoinOptions(
	jsonv1.DefaultOptionsV1(), jsonv1.ReportErrorsWithLegacySemantics(false), jsontext.AllowInvalidUTF8(false),
	jsonv2.WithMarshalers(jsonv2.MarshalToFunc(func(enc *jsontext.Encoder, text nullable.Nullable[string]) error {
		return jsonv2.MarshalEncode(enc, text[true])
	})),
)

// FindInvalid returns the JSON pointer of the first string in v that is not valid UTF-8, and whether
// there is one. encoding/json replaces the invalid bytes of such a string without an error.
func FindInvalid(v any) (pointer string, found bool) {
	err := jsonv2.MarshalWrite(io.Discard, v, strict)
	if invalid, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return string(invalid.JSONPointer), true
	}
	return "", false
}
