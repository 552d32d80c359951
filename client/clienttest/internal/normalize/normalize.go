// Package normalize converts the values of contacts to the form in which the API stores them. A
// result named ok reports whether the value is valid.
package normalize

import (
	"encoding/json"
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

// FieldValue returns a value of a custom field in the form in which the API returns it, or nil if
// it has a wrong type. raw must not be empty. fieldType is text, number, date, select, list or
// files. A select or list accepts only the options, or every value if there are none. FieldValue
// decodes and encodes strings and objects, so that the result has no invalid UTF-8 and no duplicate
// names.
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
