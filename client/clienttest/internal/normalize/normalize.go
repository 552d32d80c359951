// Package normalize converts the values of contacts to the form in which the API stores them. A
// result named ok reports whether the value is valid.
package normalize

import (
	"encoding/json"
	"fmt"
	"math"
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

// Phone returns a number in E.164. A number without a country code belongs to the country.
func Phone(number, country string) (normal string, ok bool) {
	parsed, err := phonenumbers.Parse(number, country)
	if err != nil || !phonenumbers.IsPossibleNumber(parsed) {
		return "", false
	}
	return phonenumbers.Format(parsed, phonenumbers.E164), true
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

// FieldValue returns a written value of a custom field in the form in which the API returns it, or nil
// if the API drops it silently. old is the stored value, nil if the field has none.
func FieldValue(f *gen.CustomFieldDefinition, old json.RawMessage, value any) (any, error) {
	accepts := func(option any) bool {
		text, ok := option.(string)
		return ok && (len(f.Options) == 0 || slices.Contains(f.Options, text))
	}
	text, isText := value.(string)
	list, isList := value.([]any)
	object, isObject := value.(map[string]any)
	switch f.DataType {
	case "NUMERICAL", "MONETORY":
		if isObject {
			return nil, invalidFieldValue(f, value)
		}
		return number(value), nil
	case "DATE":
		return date(f, value)
	case "SINGLE_OPTIONS", "RADIO":
		if accepts(value) {
			return value, nil
		}
	case "MULTIPLE_OPTIONS", "CHECKBOX":
		list = slices.DeleteFunc(list, func(option any) bool { return !accepts(option) })
		if len(list) > 0 {
			return list, nil
		}
	case "TEXTBOX_LIST":
		return rows(old, object), nil
	case "FILE_UPLOAD", "SIGNATURE":
		if isObject || isList {
			return value, nil
		}
	default:
		switch {
		case isText:
			return text, nil
		case !isList && !isObject: // numbers and booleans become the string of their JSON
			raw, err := json.Marshal(value)
			return string(raw), err
		}
	}
	return nil, nil
}

func invalidFieldValue(f *gen.CustomFieldDefinition, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return fmt.Errorf("Invalid Custom Field Value \"%s\" for \"%s\"", raw, f.ID) //nolint:staticcheck // the API's text
}

// number reads a number, or a string that contains one. JSON has no infinities and no NaN.
func number(value any) any {
	read, err := strconv.ParseFloat(strings.TrimSpace(fmt.Sprint(value)), 64)
	if err != nil || math.IsNaN(read) || math.IsInf(read, 0) {
		return nil
	}
	return read
}

// date reads YYYY-MM-DD or an RFC 3339 time, of which it returns the day, or milliseconds since
// 1970, of which it returns midnight UTC.
func date(f *gen.CustomFieldDefinition, value any) (any, error) {
	const day = 24 * time.Hour
	if millis, ok := value.(float64); ok {
		return time.UnixMilli(int64(millis)).Truncate(day).UnixMilli(), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, fmt.Sprint(value)); err == nil {
			return t.Format(time.DateOnly), nil
		}
	}
	return nil, invalidFieldValue(f, value)
}

// rows changes the rows that a stored object has. It returns nil if a row is new.
func rows(old json.RawMessage, written map[string]any) any {
	var stored map[string]any
	if written == nil || json.Unmarshal(old, &stored) != nil {
		return nil
	}
	for row, value := range written {
		if _, ok := stored[row]; !ok {
			return nil
		}
		stored[row] = value
	}
	return stored
}
