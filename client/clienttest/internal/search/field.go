package search

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// kind determines the operators that a field takes.
type kind int

const (
	identifier kind = iota
	text
	exact
	date
	number
)

var operators = map[kind][]string{
	identifier: {"eq", "not_eq"},
	text:       {"eq", "not_eq", "exists", "not_exists", "contains", "not_contains"},
	exact:      {"eq", "not_eq", "exists", "not_exists"},
	date:       {"range", "exists", "not_exists"},
	number:     {"range", "eq", "not_eq", "exists", "not_exists"},
}

// field is a field of a contact, with the function that returns its values: none if it is not set,
// and dates in milliseconds since 1970.
type field struct {
	kind kind
	get  func(*gen.Contact) []string
}

// set returns a list of a value, or nil if it is empty.
func set(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

func textField(k kind, get func(*gen.Contact) string) field {
	return field{k, func(c *gen.Contact) []string { return set(get(c)) }}
}

func dateField(get func(*gen.Contact) time.Time) field {
	return field{date, func(c *gen.Contact) []string {
		if get(c).IsZero() {
			return nil
		}
		return set(strconv.FormatInt(get(c).UnixMilli(), 10))
	}}
}

// fields are the fields that a filter can have. Contacts of the fake have no value of the last
// ones.
var fields = map[string]field{
	"id":                 textField(identifier, func(c *gen.Contact) string { return c.ID }),
	"address":            textField(text, func(c *gen.Contact) string { return c.Address1 }),
	"businessName":       textField(text, func(c *gen.Contact) string { return c.BusinessName }),
	"city":               textField(text, func(c *gen.Contact) string { return c.City }),
	"companyName":        textField(text, func(c *gen.Contact) string { return c.CompanyName }),
	"firstNameLowerCase": textField(text, func(c *gen.Contact) string { return c.FirstName }),
	"lastNameLowerCase":  textField(text, func(c *gen.Contact) string { return c.LastName }),
	"phone":              textField(text, func(c *gen.Contact) string { return c.Phone }),
	"postalCode":         textField(text, func(c *gen.Contact) string { return c.PostalCode }),
	"source":             textField(text, func(c *gen.Contact) string { return c.Source }),
	"state":              textField(text, func(c *gen.Contact) string { return c.State }),
	"tags":               {text, func(c *gen.Contact) []string { return c.Tags }},
	"email":              textField(exact, func(c *gen.Contact) string { return c.Email }),
	"website":            textField(exact, func(c *gen.Contact) string { return c.Website }),
	"contactName":        textField(exact, func(c *gen.Contact) string { return c.Name }),
	"assignedTo":         textField(exact, func(c *gen.Contact) string { return c.AssignedTo }),
	"country":            textField(exact, func(c *gen.Contact) string { return c.Country }),
	"timezone":           textField(exact, func(c *gen.Contact) string { return c.Timezone }),
	"type":               textField(exact, func(c *gen.Contact) string { return c.Type }),
	"dnd":                textField(exact, func(c *gen.Contact) string { return strconv.FormatBool(c.DND) }),
	"followers":          {exact, func(c *gen.Contact) []string { return c.Followers }},
	"validEmail":         {exact, func(c *gen.Contact) []string { return fieldValues(c.ValidEmail, exact) }},
	"dateAdded":          dateField(func(c *gen.Contact) time.Time { return c.DateAdded }),
	"dateUpdated":        dateField(func(c *gen.Contact) time.Time { return c.DateUpdated }),
	"lastActivity":       dateField(func(c *gen.Contact) time.Time { return c.LastActivity.Time }),
	"dateOfBirth": dateField(func(c *gen.Contact) time.Time {
		day, _ := time.Parse(time.DateOnly, string(c.DateOfBirth)) // zero if it is not set
		return day
	}),
	"isValidWhatsapp": {exact, none}, "activeWorkflows": {exact, none}, "finishedWorkflows": {exact, none},
	"lastAppointment": {date, none}, "lastEmailClickedDate": {date, none}, "lastEmailOpenedDate": {date, none},
}

func none(*gen.Contact) []string { return nil }

var opportunityFields = map[string]func(gen.Opportunity) string{
	"pipelineId":      func(o gen.Opportunity) string { return o.PipelineID },
	"pipelineStageId": func(o gen.Opportunity) string { return o.PipelineStageID },
	"status":          func(o gen.Opportunity) string { return o.Status },
}

// kinds are the kinds of custom fields by dataType. Other types are like TEXT.
var kinds = map[string]kind{
	"CHECKBOX": exact, "MULTIPLE_OPTIONS": exact, "NUMERICAL": number, "MONETORY": number, "DATE": date,
}

// fieldOf returns the field with a name.
func fieldOf(name string, definitions []gen.CustomFieldDefinition) (field, error) {
	path, isCustom := strings.CutPrefix(name, "customFields.")
	if !isCustom {
		found, ok := fields[name]
		if !ok {
			return field{}, invalidField(name)
		}
		return found, nil
	}
	id, row, _ := strings.Cut(path, ".")
	at := slices.IndexFunc(definitions, func(d gen.CustomFieldDefinition) bool { return d.ID == id })
	if at < 0 || (row != "") != (definitions[at].DataType == "TEXTBOX_LIST") {
		return field{}, wire.BadRequest("Invalid Filter field type - custom_fields." + path + "! Check if custom field exists")
	}
	k, ok := kinds[definitions[at].DataType]
	if !ok {
		k = text
	}
	return field{k, func(c *gen.Contact) []string {
		for _, f := range c.CustomFields {
			if f.ID == id {
				return fieldValues(rowOf(f.Value, row), k)
			}
		}
		return nil
	}}, nil
}

// rowOf returns the value of a row of a TEXTBOX_LIST, or the value itself if row is empty.
func rowOf(value json.RawMessage, row string) json.RawMessage {
	var rows map[string]json.RawMessage
	if row == "" || json.Unmarshal(value, &rows) != nil {
		return value
	}
	return rows[row]
}

// fieldValues returns the values of a JSON string, number, boolean or list.
func fieldValues(raw json.RawMessage, k kind) []string {
	var value any
	if len(raw) == 0 || json.Unmarshal(raw, &value) != nil {
		return nil
	}
	var values []string
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	for _, one := range list {
		var textOf string
		switch one := one.(type) {
		case string:
			textOf = one
		case float64:
			textOf = strconv.FormatFloat(one, 'f', -1, 64)
		case bool:
			textOf = strconv.FormatBool(one)
		}
		if ms, ok := millis(textOf); k == date && ok {
			textOf = strconv.FormatFloat(ms, 'f', -1, 64)
		}
		values = append(values, set(textOf)...)
	}
	return values
}
