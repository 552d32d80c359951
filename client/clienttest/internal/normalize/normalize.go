// Package normalize converts the values of contacts to the form in which the API stores them. A
// result named ok reports whether the value is valid.
package normalize

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// Tags returns tags trimmed, in lower case, and without empty and duplicate ones.
func Tags(tags []string) []string {
	normal := make([]string, 0, len(tags))
	for _, tag := range tags {
		tag = strings.ToLower(strings.TrimSpace(tag))
		if tag != "" && !slices.Contains(normal, tag) {
			normal = append(normal, tag)
		}
	}
	return normal
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// Phone returns a number in E.164. A number without a country code belongs to the country.
func Phone(number, country string) (normal string, ok bool) {
	parsed, err := phonenumbers.Parse(number, country)
	if err != nil || !phonenumbers.IsPossibleNumber(parsed) {
		return "", false
	}
	return phonenumbers.Format(parsed, phonenumbers.E164), true
}

// SeededPhone returns a number as Phone does, but does not change numbers that are in E.164 or
// impossible. It is much faster for numbers in E.164.
func SeededPhone(number, country string) string {
	if number != "" && !e164.MatchString(number) {
		if normal, ok := Phone(number, country); ok {
			return normal
		}
	}
	return number
}

// Email returns an email address without spaces around it.
func Email(address string) (normal string, ok bool) {
	address = strings.TrimSpace(address)
	name, host, _ := strings.Cut(address, "@")
	return address, name != "" && host != "" && !strings.ContainsAny(address, " \t\r\n")
}

// Country returns a two-letter code in upper case.
func Country(code string) (normal string, ok bool) { return strings.ToUpper(code), len(code) == 2 }

// separators replaces each separator of a day by a dash.
var separators = strings.NewReplacer("/", "-", ".", "-", "_", "-")

// Day reads a day in the forms that dateOfBirth accepts: YYYY-MM-DD and MM-DD-YYYY, separated by
// - / . or _, and RFC 3339. It returns the day as YYYY-MM-DD.
func Day(value string) (normal string, ok bool) {
	t, err := time.Parse(time.RFC3339, value)
	for _, layout := range []string{"2006-1-2", "1-2-2006"} {
		if err != nil {
			t, err = time.Parse(layout, separators.Replace(value))
		}
	}
	return t.Format(time.DateOnly), err == nil
}

// FullName returns what the API calls name and contactName.
func FullName(c *gen.Contact) string { return strings.TrimSpace(c.FirstName + " " + c.LastName) }

// SplitName sets the first and last name of a contact from a full name. It splits the name at the
// first space; how the API splits it has not been observed.
func SplitName(c *gen.Contact, name string) {
	first, last, _ := strings.Cut(strings.TrimSpace(name), " ")
	c.FirstName, c.LastName = first, strings.TrimSpace(last)
}

// FieldValue returns a written value of a custom field in the form in which the API returns it, nil
// if the API drops it silently, or null if it clears the field. old is the stored value, nil if the
// field has none. FieldValue decodes and encodes strings and objects, so that the result has no
// invalid UTF-8 and no duplicate names.
func FieldValue(f *gen.CustomFieldDefinition, old, raw json.RawMessage) (json.RawMessage, error) {
	switch string(raw) {
	case "", "null", `""`, "[]", "{}":
		return json.RawMessage("null"), nil
	}
	accepts := func(option string) bool { return len(f.Options) == 0 || slices.Contains(f.Options, option) }
	switch f.DataType {
	case "NUMERICAL", "MONETORY":
		if raw[0] == '{' {
			return nil, invalidFieldValue(f, raw)
		}
		return number(raw), nil
	case "DATE":
		return date(f, raw)
	case "SINGLE_OPTIONS", "RADIO":
		return reencode(raw, func(option *string) bool { return accepts(*option) }), nil
	case "MULTIPLE_OPTIONS", "CHECKBOX":
		return reencode(raw, func(list *[]string) bool {
			*list = slices.DeleteFunc(*list, func(option string) bool { return !accepts(option) })
			return len(*list) > 0
		}), nil
	case "TEXTBOX_LIST":
		return rows(old, raw), nil
	case "FILE_UPLOAD", "SIGNATURE":
		if raw[0] != '{' && raw[0] != '[' {
			return nil, nil
		}
		return reencode(raw, func(*any) bool { return true }), nil
	}
	switch raw[0] {
	case '[', '{':
		return nil, nil
	case '"':
		return reencode(raw, func(*string) bool { return true }), nil
	default: // numbers and booleans become the string of their JSON
		return json.RawMessage(strconv.Quote(string(raw))), nil
	}
}

func invalidFieldValue(f *gen.CustomFieldDefinition, raw json.RawMessage) error {
	return fmt.Errorf("Invalid Custom Field Value \"%s\" for \"%s\"", raw, f.ID) //nolint:staticcheck // the API's text
}

// number reads a number, or a string that contains one. JSON has no infinities and no NaN.
func number(raw json.RawMessage) json.RawMessage {
	value, err := strconv.ParseFloat(strings.Trim(string(raw), `" `), 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return nil
	}
	return strconv.AppendFloat(nil, value, 'f', -1, 64)
}

// date reads YYYY-MM-DD or an RFC 3339 time, of which it returns the day, or milliseconds since
// 1970, of which it returns midnight UTC.
func date(f *gen.CustomFieldDefinition, raw json.RawMessage) (json.RawMessage, error) {
	if millis, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		const day = 24 * 60 * 60 * 1000
		return strconv.AppendInt(nil, millis-((millis%day)+day)%day, 10), nil
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return nil, invalidFieldValue(f, raw)
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t, err = time.Parse(time.RFC3339, text)
	}
	if err != nil {
		return nil, invalidFieldValue(f, raw)
	}
	return json.RawMessage(t.Format(`"` + time.DateOnly + `"`)), nil
}

// rows changes the rows that a stored object has. It returns nil if a row is new.
func rows(old, raw json.RawMessage) json.RawMessage {
	var stored map[string]any
	if json.Unmarshal(old, &stored) != nil {
		return nil
	}
	return reencode(raw, func(written *map[string]any) bool {
		for row := range *written {
			if _, ok := stored[row]; !ok {
				return false
			}
		}
		maps.Copy(stored, *written)
		*written = stored
		return true
	})
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
