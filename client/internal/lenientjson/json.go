package lenientjson

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

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

// normalize returns raw with valid strings and unique names: of several properties with one name, it
// returns the last one. It returns an error if raw is not complete JSON.
func normalize(raw jsontext.Value) (jsontext.Value, error) {
	if raw.IsValid() {
		return raw, nil
	}
	if !json.Valid(raw) {
		return nil, errNotObject
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

// values iterates over the properties of an object by name, or over the elements of a list by index.
// It must be valid.
func values(raw jsontext.Value) iter.Seq2[string, jsontext.Value] {
	return func(yield func(string, jsontext.Value) bool) {
		dec := jsontext.NewDecoder(bytes.NewBuffer(raw))
		_, err := dec.ReadToken()
		for i := 0; err == nil && dec.PeekKind() != ']' && dec.PeekKind() != '}'; i++ {
			name := strconv.Itoa(i)
			if raw.Kind() == '{' {
				token, _ := dec.ReadToken()
				name = token.String()
			}
			var value jsontext.Value
			value, err = dec.ReadValue()
			end := dec.InputOffset() // value itself is valid only until the next call of dec
			if err != nil || !yield(name, raw[end-int64(len(value)):end]) {
				return
			}
		}
	}
}
