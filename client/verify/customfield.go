package verify

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/phone"
)

// sentField is a custom field of a request.
type sentField struct {
	ID         string          `json:"id"`
	Key        string          `json:"key"`
	FieldValue json.RawMessage `json:"field_value"`
}

// id returns the ID of the field, or "" if it is unknown.
func (f sentField) id(fields []client.CustomFieldDefinitions) string {
	const prefix = "contact." // the API adds it to the keys of definitions
	for _, definition := range slices.Concat(fields...) {
		if f.ID == "" && strings.TrimPrefix(definition.Key, prefix) == strings.TrimPrefix(f.Key, prefix) {
			return definition.ID
		}
	}
	return f.ID
}

func parseFields(value json.RawMessage) []sentField {
	var fields []sentField
	_ = json.Unmarshal(value, &fields) // a missing value, or one of another type, has no fields
	return fields
}

// unappliedCustomFields returns the names of the custom fields that are not stored.
func unappliedCustomFields(value json.RawMessage, contact *client.Contact, definitions []client.CustomFieldDefinitions) []string {
	sent := map[string][]json.RawMessage{}
	for _, field := range parseFields(value) {
		if id := field.id(definitions); id != "" {
			sent[id] = append(sent[id], field.FieldValue)
		}
	}
	var names []string
	for id, values := range sent {
		stored := client.CustomFieldByID(contact, id)
		if !slices.ContainsFunc(values, func(value json.RawMessage) bool {
			return sameValue(client.FieldValue{Raw: value}, stored)
		}) {
			names = append(names, "customFields/"+id)
		}
	}
	return names
}

// sameValue reports whether stored may be a form of sent.
func sameValue(sent, stored client.FieldValue) bool {
	switch {
	case isBlank(sent.Text()):
		return stored.Text() == ""
	case stored.Text() == "":
		return false
	case startsWith(sent, "{") || startsWith(stored, "{"):
		return true // the stored form of files and objects differs from the sent form
	case startsWith(sent, "[") || startsWith(stored, "["):
		return len(missing(sent.List(), stored.List())) == 0
	}
	return sameScalar(sent, stored)
}

// startsWith reports whether the JSON of value is an object or a list, by its first byte.
func startsWith(value client.FieldValue, start string) bool {
	return bytes.HasPrefix(bytes.TrimSpace(value.Raw), []byte(start))
}

// missing returns the sent elements that are not stored, in any order.
func missing(sent, stored []string) []string {
	return slices.DeleteFunc(slices.Clone(sent), func(element string) bool {
		return isBlank(element) || slices.ContainsFunc(stored, func(s string) bool { return sameText(element, s) })
	})
}

func sameScalar(sent, stored client.FieldValue) bool {
	if sameText(sent.Text(), stored.Text()) || samePhoneField(sent.Text(), stored.Text()) {
		return true
	}
	if a, okA := number(sent); okA {
		// Two numbers are not compared as dates: 42 and 43 would be one millisecond apart.
		if b, okB := number(stored); okB {
			return sameNumber(a, b)
		}
	}
	if a, okA := date(sent); okA {
		b, okB := date(stored)
		return okB && a.Sub(b).Abs() <= 26*time.Hour // the dates may be midnight in different time zones
	}
	return false
}

// samePhoneField reports whether stored may be the E.164 form of sent in a field of type phone.
func samePhoneField(sent, stored string) bool {
	return strings.HasPrefix(stored, "+") && len(phone.Digits(sent)) >= phone.ComparedDigits && samePhone(sent, stored)
}

// separators are the characters of numbers that the API may not store.
var separators = strings.NewReplacer(",", "", "$", "", "€", "", "£", "", " ", "")

// number returns the text of a number without thousands separators and a currency sign.
func number(value client.FieldValue) (string, bool) {
	text := separators.Replace(value.Text())
	_, err := strconv.ParseFloat(text, 64)
	return text, err == nil
}

// sameNumber compares integers by their digits, because a float64 does not hold all digits of a long
// identifier.
func sameNumber(a, b string) bool {
	if isDigits(a) && isDigits(b) {
		return strings.TrimLeft(a, "0") == strings.TrimLeft(b, "0")
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y
}

func isDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }

// date returns a value as a time. The value may be in any of the API's formats of dates.
func date(value client.FieldValue) (time.Time, bool) {
	if t, ok := value.Time(); ok {
		return t, true
	}
	return parseDate(value.Text())
}
