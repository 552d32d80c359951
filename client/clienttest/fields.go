package clienttest

import (
	"bytes"
	"encoding/json"
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
		return asKind(raw, '{'), false
	default:
		return asText(raw), false
	}
}

func asNumber(raw json.RawMessage) json.RawMessage {
	if number, err := strconv.ParseFloat(strings.Trim(string(raw), `" `), 64); err == nil {
		return json.RawMessage(strconv.FormatFloat(number, 'f', -1, 64))
	}
	return nil
}

func asDate(raw json.RawMessage) json.RawMessage {
	text := strings.Trim(string(raw), `"`)
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return json.RawMessage(text)
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return strconv.AppendInt(nil, t.UnixMilli(), 10)
	}
	if day, ok := parseDay(text); ok {
		t, _ := time.Parse(time.DateOnly, day)
		return strconv.AppendInt(nil, t.UnixMilli(), 10)
	}
	return nil
}

func (f *FieldDefinition) asOption(raw json.RawMessage) json.RawMessage {
	var option string
	if json.Unmarshal(raw, &option) != nil || !f.has(option) {
		return nil
	}
	return raw
}

// asOptions keeps the options that the field has.
func (f *FieldDefinition) asOptions(raw json.RawMessage) json.RawMessage {
	var options []string
	if json.Unmarshal(raw, &options) != nil {
		return nil
	}
	options = slices.DeleteFunc(options, func(option string) bool { return !f.has(option) })
	if len(options) == 0 {
		return nil
	}
	kept, _ := json.Marshal(options) // texts always encode
	return kept
}

func (f *FieldDefinition) has(option string) bool {
	return len(f.Options) == 0 || slices.Contains(f.Options, option)
}

func asKind(raw json.RawMessage, first byte) json.RawMessage {
	if raw[0] != first {
		return nil
	}
	return raw
}

// asText takes numbers and booleans as the text they are written as.
func asText(raw json.RawMessage) json.RawMessage {
	switch raw[0] {
	case '"':
		return raw
	case '[', '{':
		return nil
	default:
		return json.RawMessage(`"` + string(raw) + `"`)
	}
}
