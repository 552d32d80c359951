package lenientjson

import (
	"bytes"
	"encoding/json"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// lenient accepts strings that are not valid UTF-8, and objects with several properties of one name.
var lenient = jsonv2.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// Text returns a JSON string without its quotes, an empty string for null, and any other value as
// JSON.
func Text(raw jsontext.Value) string {
	switch raw.Kind() {
	case 'n':
		return ""
	case '"':
		text, _ := jsontext.AppendUnquote(nil, bytes.TrimSpace(raw)) // it replaces invalid UTF-8
		return string(text)
	}
	return string(raw)
}

// normalize returns raw, which lenient accepts, with valid strings and unique names: of several
// properties with one name, it returns the last one.
func normalize(raw jsontext.Value) jsontext.Value {
	if raw.IsValid() {
		return raw
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var value any
	_ = dec.Decode(&value)
	valid, _ := json.Marshal(value)
	return valid
}
