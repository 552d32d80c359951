package clienttest

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// fieldInput is a custom field as a request writes it.
type fieldInput struct {
	ID    string          `json:"id"`
	Key   string          `json:"key"`
	Value json.RawMessage `json:"field_value"`
}

// writeFields returns the custom fields after a write: those not named are kept, those the location does not know are
// dropped without a word, and so are values that do not fit.
func (l *Location) writeFields(stored []gen.CustomField, inputs []fieldInput, rule ClearRule) ([]gen.CustomField, *answer) {
	fields := slices.Clone(stored)
	for i, input := range inputs {
		definition := l.field(input.ID, input.Key)
		if definition == nil {
			continue
		}
		if input.ID != "" && input.Key != "" && l.field("", input.Key) != definition {
			return nil, unprocessable("customFields." + strconv.Itoa(i) + ".id and key must name the same field")
		}
		at := slices.IndexFunc(fields, func(f gen.CustomField) bool { return f.ID == definition.ID })
		value, clears := definition.convert(input.Value, rule)
		switch {
		case clears && at >= 0:
			fields = slices.Delete(fields, at, at+1)
		case value == nil:
		case at >= 0:
			fields[at].Value = value
		default:
			fields = append(fields, gen.CustomField{ID: definition.ID, Value: value})
		}
	}
	return fields, nil
}

// convert returns a value as the API answers it, nil if it does not fit the field; or that it clears the field.
func (f *FieldDefinition) convert(raw json.RawMessage, rule ClearRule) (value json.RawMessage, clears bool) {
	raw = bytes.TrimSpace(raw)
	switch string(raw) {
	case "", "null":
		clears, _ = rule.clears(nil)
		return nil, clears
	case `""`:
		clears, _ = rule.clears(new(string))
		return nil, clears
	case "[]", "{}":
		return nil, true
	}
	switch f.Type {
	case FieldTypeNumber:
		return asNumber(raw), false
	case FieldTypeDate:
		return asDate(raw), false
	case FieldTypeSelect:
		return f.asOption(raw), false
	case FieldTypeList:
		return f.asOptions(raw), false
	case FieldTypeFiles:
		return asFiles(raw), false
	default:
		return asString(raw), false
	}
}

// asNumber reads a number, or a string that is one. JSON has no infinities and no NaN.
func asNumber(raw json.RawMessage) json.RawMessage {
	number, err := strconv.ParseFloat(strings.Trim(string(raw), `" `), 64)
	if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
		return nil
	}
	return strconv.AppendFloat(nil, number, 'f', -1, 64)
}

// asDate returns a date as milliseconds since 1970.
func asDate(raw json.RawMessage) json.RawMessage {
	value := strings.Trim(string(raw), `"`)
	if millis, err := strconv.ParseInt(value, 10, 64); err == nil {
		return strconv.AppendInt(nil, millis, 10)
	}
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		return strconv.AppendInt(nil, t.UnixMilli(), 10)
	}
	if day, ok := parseDay(value); ok {
		if t, err := time.Parse(time.DateOnly, day); err == nil {
			return strconv.AppendInt(nil, t.UnixMilli(), 10)
		}
	}
	return nil
}

func (f *FieldDefinition) asOption(raw json.RawMessage) json.RawMessage {
	var option string
	if json.Unmarshal(raw, &option) != nil || !f.has(option) {
		return nil
	}
	return encode(option)
}

// asOptions returns those of the values that are options of the field.
func (f *FieldDefinition) asOptions(raw json.RawMessage) json.RawMessage {
	var options []string
	if json.Unmarshal(raw, &options) != nil {
		return nil
	}
	options = slices.DeleteFunc(options, func(option string) bool { return !f.has(option) })
	if len(options) == 0 {
		return nil
	}
	return encode(options)
}

func (f *FieldDefinition) has(option string) bool {
	return len(f.Options) == 0 || slices.Contains(f.Options, option)
}

func asFiles(raw json.RawMessage) json.RawMessage {
	var files map[string]any
	if json.Unmarshal(raw, &files) != nil {
		return nil
	}
	return encode(files)
}

// asString stores numbers and booleans as the string of their JSON.
func asString(raw json.RawMessage) json.RawMessage {
	var value string
	switch raw[0] {
	case '[', '{':
		return nil
	case '"':
		if json.Unmarshal(raw, &value) != nil {
			return nil
		}
	default:
		value = string(raw)
	}
	return encode(value)
}

// encode encodes a decoded value again, so that what is stored is JSON that every decoder accepts:
// no invalid UTF-8, no name twice.
func encode(value any) json.RawMessage {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	return encoded
}
