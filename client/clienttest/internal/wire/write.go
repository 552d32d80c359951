// Package wire reads and writes the API's JSON: the bodies of writes, contacts in each of their
// shapes, and errors.
package wire

import (
	"maps"
	"regexp"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/normalize"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// Write is the body of a write, by property.
type Write map[string]jsontext.Value

// FieldInput is a custom field as a request writes it.
type FieldInput struct {
	ID    string `json:"id"`
	Key   string `json:"key"`
	Value any    `json:"field_value"`
}

var fieldValue = regexp.MustCompile(`"fieldValue"\s*:`)

// RenameFieldValue renames the property fieldValue of custom fields, which the API also accepts.
func RenameFieldValue(body []byte) []byte {
	return fieldValue.ReplaceAll(body, []byte(`"field_value":`))
}

// ParseWrite reads a body that has been validated.
func ParseWrite(body []byte) Write { return decode(body) }

// Text returns a string property, or "" if it is missing or null.
func (w Write) Text(name string) string {
	var text string
	if json.Unmarshal(w[name], &text, Lenient) != nil {
		return ""
	}
	return text
}

// Set sets a property.
func (w Write) Set(name string, value any) { w[name] = Encode(value) }

// HasAny reports whether one of the string properties is neither missing nor null nor empty.
func (w Write) HasAny(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return w.Text(name) != "" })
}

// CustomFields returns the custom fields of the write.
func (w Write) CustomFields() []FieldInput {
	var inputs []FieldInput
	if json.Unmarshal(w["customFields"], &inputs, Lenient) != nil {
		return nil
	}
	return inputs
}

// Normalize converts the values to the form in which the API stores them. Phone numbers without a
// country code belong to the country. An empty phone number is ignored. Normalize returns a 400 for
// an impossible phone number, and a 422 with a message for each other invalid value.
func (w Write) Normalize(country string) error {
	if string(w["phone"]) == `""` {
		delete(w, "phone")
	}
	var invalid []string
	for _, p := range []struct {
		name   string
		normal func(string) (string, bool)
		rule   string
	}{
		{"country", normalize.Country, "must be valid"},
		{"dateOfBirth", normalize.Day, "must be a valid date"},
		{"email", normalize.Email, "must be an email"},
		{"phone", func(number string) (string, bool) { return normalize.Phone(number, country) }, ""},
	} {
		if !w.HasAny(p.name) {
			continue
		}
		normal, ok := p.normal(w.Text(p.name))
		switch {
		case ok:
			w.Set(p.name, normal)
		case p.name == "phone":
			return BadRequest("Invalid country calling code")
		default:
			invalid = append(invalid, p.name+" "+p.rule)
		}
	}
	if invalid != nil {
		return Unprocessable(invalid)
	}
	return nil
}

// Apply sets the values in a contact, except custom fields. Null and the empty string clear a
// property. The channels of dndSettings are merged.
func (w Write) Apply(c *gen.Contact) {
	properties := maps.Clone(w)
	maps.DeleteFunc(properties, func(name string, _ jsontext.Value) bool {
		return slices.Contains([]string{"customFields", "createNewIfDuplicateAllowed", "name"}, name)
	})
	for name, value := range properties {
		if value.Kind() == 'n' {
			properties.Set(name, "")
		}
	}
	if name := w.Text("name"); name != "" && !w.HasAny("firstName", "lastName") {
		normalize.SplitName(c, name)
	}
	if err := json.Unmarshal(Encode(properties), c, Lenient); err != nil {
		panic(err) // the validation has checked the types
	}
	c.Tags, c.Name = normalize.Tags(c.Tags), normalize.FullName(c)
}
