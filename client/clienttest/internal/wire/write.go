package wire

import (
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/normalize"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// Write is the body of a create, update or upsert.
type Write struct {
	CreateNewIfDuplicateAllowed bool                      `json:"createNewIfDuplicateAllowed"`
	DND                         *bool                     `json:"dnd"`
	DNDSettings                 map[string]jsontext.Value `json:"dndSettings"`
	InboundDNDSettings          *gen.InboundDNDSettings   `json:"inboundDndSettings"`
	Tags                        *[]string                 `json:"tags"`
	CustomFields                []FieldInput              `json:"customFields"`

	// Strings holds the string properties of the body by name; nil means null.
	Strings map[string]*string `json:"-"`
	// Others holds all other properties, from which ParseWrite reads Strings.
	Others map[string]jsontext.Value `json:",embed"`
}

// FieldInput is a custom field as a request writes it.
type FieldInput struct {
	ID    string         `json:"id"`
	Key   string         `json:"key"`
	Value jsontext.Value `json:"field_value"`
}

// stringFields returns pointers to the fields of a contact for the string properties that a write
// can have, by property. It omits name.
func stringFields(c *gen.Contact) map[string]*string {
	return map[string]*string{
		"firstName": &c.FirstName, "lastName": &c.LastName, "companyName": &c.CompanyName,
		"email": &c.Email, "phone": &c.Phone, "source": &c.Source, "assignedTo": &c.AssignedTo,
		"address1": &c.Address1, "city": &c.City, "state": &c.State, "postalCode": &c.PostalCode,
		"country": &c.Country, "website": &c.Website, "timezone": &c.Timezone,
		"dateOfBirth": (*string)(&c.DateOfBirth), "gender": &c.Gender, "keyword": &c.Keyword, "ssn": &c.SSN, "type": &c.Type,
	}
}

// ParseWrite reads a body. It ignores unknown properties, which the validation rejects.
func ParseWrite(body []byte) (*Write, error) {
	w := &Write{Strings: map[string]*string{}}
	if err := json.Unmarshal(body, w, Lenient); err != nil {
		return nil, Unprocessable(err.Error())
	}
	for _, name := range append(slices.Collect(maps.Keys(stringFields(&gen.Contact{}))), "name") {
		raw, ok := w.Others[name]
		if !ok {
			continue
		}
		var value *string
		if err := json.Unmarshal(raw, &value, Lenient); err != nil {
			return nil, Unprocessable(name + " must be a string")
		}
		w.Strings[name] = value
	}
	return w, nil
}

// Normalize converts the values to the form in which the API stores them. Phone numbers without a
// country code belong to the country. An empty phone number is ignored. Normalize returns a 400 for
// an impossible phone number, and a 422 with a message for each other invalid value.
func (w *Write) Normalize(country string) error {
	var invalid []string
	check := func(name string, normal func(string) (string, bool), message string) {
		value := w.Strings[name]
		if value == nil || *value == "" {
			return
		}
		normalized, ok := normal(*value)
		if !ok {
			invalid = append(invalid, message)
			return
		}
		w.Strings[name] = &normalized
	}
	if phone := w.Strings["phone"]; phone != nil {
		normalized, ok := normalize.Phone(*phone, country)
		switch {
		case *phone == "":
			delete(w.Strings, "phone")
		case !ok:
			return BadRequest("Invalid country calling code")
		default:
			w.Strings["phone"] = &normalized
		}
	}
	check("email", normalize.Email, "email must be an email")
	check("country", normalize.Country, "country must be valid")
	check("dateOfBirth", normalize.Day, "dateOfBirth must be a valid date")
	if invalid != nil {
		slices.Sort(invalid)
		return Unprocessable(invalid...)
	}
	return nil
}

// HasAny reports whether one of the string properties is neither missing nor null nor empty.
func (w *Write) HasAny(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return w.Strings[name] != nil && *w.Strings[name] != "" })
}

// Apply sets the values in a contact, except custom fields. Null and the empty string clear a
// property. It merges the channels of dndSettings and ignores unknown ones. Their names are
// case-sensitive.
func (w *Write) Apply(c *gen.Contact) error {
	for name, field := range stringFields(c) {
		value, sent := w.Strings[name]
		if sent {
			*field = ""
			if value != nil {
				*field = *value
			}
		}
	}
	if name := w.Strings["name"]; name != nil && *name != "" && w.Strings["firstName"] == nil && w.Strings["lastName"] == nil {
		normalize.SplitName(c, *name)
	}
	c.Name = normalize.FullName(c)
	if w.DND != nil {
		c.DND = *w.DND
	}
	if w.InboundDNDSettings != nil {
		c.InboundDNDSettings = *w.InboundDNDSettings
	}
	if w.Tags != nil {
		c.Tags = normalize.Tags(*w.Tags)
	}
	channels := map[string]*gen.DNDSetting{
		"Call": &c.DNDSettings.Call, "Email": &c.DNDSettings.Email, "SMS": &c.DNDSettings.SMS,
		"WhatsApp": &c.DNDSettings.WhatsApp, "GMB": &c.DNDSettings.GMB, "FB": &c.DNDSettings.FB, "RCS": &c.DNDSettings.RCS,
	}
	for name, raw := range w.DNDSettings {
		if channel := channels[name]; channel != nil {
			*channel = gen.DNDSetting{}
			if err := json.Unmarshal(raw, channel, Lenient); err != nil {
				return Unprocessable("dndSettings." + name + " is invalid")
			}
		}
	}
	return nil
}

// RenameFieldValues renames the properties fieldValue and value of custom fields, which the API
// also accepts, to field_value. It returns an error if the body is not JSON. The validation reports
// every other problem.
func RenameFieldValues(body []byte) ([]byte, error) {
	var properties map[string]jsontext.Value
	if json.Unmarshal(body, &properties, Lenient) != nil {
		if !jsontext.Value(body).IsValid() {
			return nil, BadRequest("request body is not valid JSON")
		}
		return body, nil // JSON, but not an object
	}
	var fields []map[string]jsontext.Value
	if isList := json.Unmarshal(properties["customFields"], &fields, Lenient) == nil; !isList {
		return body, nil
	}
	renamed := false
	for _, field := range fields {
		for _, name := range []string{"fieldValue", "value"} {
			value, ok := field[name]
			if _, exists := field["field_value"]; ok && !exists {
				field["field_value"] = value
				delete(field, name)
				renamed = true
			}
		}
	}
	if !renamed {
		return body, nil
	}
	properties["customFields"] = encodeOr(fields, properties["customFields"])
	return encodeOr(properties, body), nil
}
