package normalize

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FieldValue returns a value of a custom field in the form in which the API returns it, or nil if it
// has a wrong type. raw must not be empty. The type is text, number, date, select, list or files. A
// select or list accepts only the options, or every value if there are none. FieldValue decodes and
// encodes strings and objects, so that the result has no invalid UTF-8 and no duplicate names.
func FieldValue(fieldType string, options []string, raw json.RawMessage) json.RawMessage {
	accepts := func(option string) bool { return len(options) == 0 || slices.Contains(options, option) }
	switch fieldType {
	case "number":
		return number(raw)
	case "date":
		return milliseconds(raw)
	case "select":
		return reencode(raw, func(option *string) bool { return accepts(*option) })
	case "list":
		return reencode(raw, func(list *[]string) bool {
			*list = slices.DeleteFunc(*list, func(option string) bool { return !accepts(option) })
			return len(*list) > 0
		})
	case "files":
		return reencode(raw, func(*map[string]any) bool { return true })
	}
	switch raw[0] {
	case '[', '{':
		return nil
	case '"':
		return reencode(raw, func(*string) bool { return true })
	default: // numbers and booleans become the string of their JSON
		return json.RawMessage(strconv.Quote(string(raw)))
	}
}

// number reads a number, or a string that contains one. JSON has no infinities and no NaN.
func number(raw json.RawMessage) json.RawMessage {
	value, err := strconv.ParseFloat(strings.Trim(string(raw), `" `), 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return nil
	}
	return strconv.AppendFloat(nil, value, 'f', -1, 64)
}

// milliseconds reads a date in every form of [Day], or a number, and returns it as milliseconds
// since 1970.
func milliseconds(raw json.RawMessage) json.RawMessage {
	value := strings.Trim(string(raw), `"`)
	if millis, err := strconv.ParseInt(value, 10, 64); err == nil {
		return strconv.AppendInt(nil, millis, 10)
	}
	t, err := time.Parse(time.RFC3339, value)
	if day, ok := Day(value); err != nil && ok {
		t, err = time.Parse(time.DateOnly, day)
	}
	if err != nil {
		return nil
	}
	return strconv.AppendInt(nil, t.UnixMilli(), 10)
}

// reencode decodes a value and encodes it again if it is valid.
func reencode[T any](raw json.RawMessage, valid func(*T) bool) json.RawMessage {
	var value T
	if json.Unmarshal(raw, &value) != nil || !valid(&value) {
		return nil
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	return encoded
}
