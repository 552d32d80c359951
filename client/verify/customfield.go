package verify

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// sentField is a custom field of a request.
type sentField struct {
	ID         string          `json:"id"`
	Key        string          `json:"key"`
	FieldValue json.RawMessage `json:"field_value"`
}

func parseFields(value json.RawMessage) []sentField {
	var fields []sentField
	_ = json.Unmarshal(value, &fields) // a missing value, or one of another type, has no fields
	return fields
}

// unappliedCustomFields returns the names of the custom fields that are not stored.
func unappliedCustomFields(value json.RawMessage, contact *client.Contact, c *config) []string {
	sent := map[string][]json.RawMessage{}
	for _, field := range parseFields(value) {
		id := field.ID
		if id == "" {
			id = c.ids[fieldKey(field.Key)]
		}
		if id != "" {
			sent[id] = append(sent[id], field.FieldValue)
		}
	}
	var names []string
	for id, values := range sent {
		stored := client.CustomFieldByID(contact, id)
		if !slices.ContainsFunc(values, func(value json.RawMessage) bool {
			return sameValue(client.ReadCustomField(client.CustomField{Value: value}), stored)
		}) {
			names = append(names, "customFields/"+id)
		}
	}
	return names
}

// sameValue reports whether stored may be a form of sent.
func sameValue(sent, stored client.FieldValue) bool {
	switch {
	case sent.Kind() == client.FieldEmpty || isBlank(sent.Text()) && sent.Kind() == client.FieldText:
		return stored.Kind() == client.FieldEmpty
	case stored.Kind() == client.FieldEmpty:
		return false
	case isObject(sent.Kind()) || isObject(stored.Kind()):
		return true // the stored form of files and objects differs from the sent form
	case sent.Kind() == client.FieldList || stored.Kind() == client.FieldList:
		return sameList(sent.List(), stored.List())
	}
	return sameScalar(sent, stored)
}

func isObject(kind client.FieldKind) bool {
	return kind == client.FieldFiles || kind == client.FieldObject
}

// sameList reports whether every sent element is stored, in any order.
func sameList(sent, stored []string) bool {
	for _, element := range sent {
		if !isBlank(element) && !slices.ContainsFunc(stored, func(s string) bool { return sameText(element, s) }) {
			return false
		}
	}
	return true
}

func sameScalar(sent, stored client.FieldValue) bool {
	if sameText(sent.Text(), stored.Text()) || samePhoneField(sent.Text(), stored.Text()) {
		return true
	}
	if a, okA := number(sent); okA {
		// Two numbers are not compared as dates: 42 and 43 would be one millisecond apart.
		if b, okB := number(stored); okB {
			return math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b))
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
	return strings.HasPrefix(stored, "+") && len(digits(sent)) >= comparedDigits && samePhone(sent, stored)
}

// number returns a value as a number. The value may be a string with thousands separators or a
// currency sign.
func number(value client.FieldValue) (float64, bool) {
	if n, ok := value.Number(); ok {
		return n, true
	}
	text := strings.NewReplacer(",", "", "$", "", "€", "", "£", "", " ", "").Replace(value.Text())
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// date returns a value as a time. The value may be in any of the API's formats of dates.
func date(value client.FieldValue) (time.Time, bool) {
	if t, ok := value.Time(); ok {
		return t, true
	}
	days, ok := possibleDays(value.Text())
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(time.DateOnly, days[0])
	return t, err == nil
}
