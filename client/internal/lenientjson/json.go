package lenientjson

import (
	"bytes"
	"iter"
	"strconv"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// lenient accepts JSON that json/v2 rejects by default: duplicate names and invalid UTF-8.
var lenient = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

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

// normalize returns raw with valid strings and unique names. It returns an error if raw is not
// complete JSON.
func normalize(raw jsontext.Value) (jsontext.Value, error) {
	if raw.IsValid() {
		return raw, nil
	}
	raw = bytes.Clone(raw)
	if err := raw.Format(lenient); err != nil {
		return nil, err
	}
	return unique(raw), nil
}

// unique returns raw with the last of several properties with the same name.
func unique(raw jsontext.Value) jsontext.Value {
	if raw.IsValid() {
		return raw
	}
	var out []byte
	if raw.Kind() == '[' {
		for _, element := range values(raw) {
			out = append(append(out, ','), unique(element)...)
		}
		out[0] = '['
		return append(out, ']')
	}
	var names []string
	last := map[string]jsontext.Value{}
	for name, value := range values(raw) {
		if _, again := last[name]; !again {
			names = append(names, name)
		}
		last[name] = value
	}
	for _, name := range names {
		out = appendProperty(out, name, unique(last[name]))
	}
	return append(out, '}')
}

// appendProperty appends a property to object, which is empty or lacks its closing brace.
func appendProperty(object []byte, name string, value jsontext.Value) []byte {
	if object = append(object, ','); len(object) == 1 {
		object[0] = '{'
	}
	object, _ = jsontext.AppendQuote(object, name) // the name is valid UTF-8
	return append(append(object, ':'), value...)
}

// values iterates over the properties of an object by name, or over the elements of a list by index.
// Its syntax must be valid.
func values(raw jsontext.Value) iter.Seq2[string, jsontext.Value] {
	return func(yield func(string, jsontext.Value) bool) {
		dec := jsontext.NewDecoder(bytes.NewBuffer(raw), lenient)
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
