package search

import (
	"encoding/json"
	"fmt"
	"slices"
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

var operators = map[kind][]gen.FilterOperator{
	identifier: {"eq", "not_eq"},
	text:       {"eq", "not_eq", "exists", "not_exists", "contains", "not_contains"},
	exact:      {"eq", "not_eq", "exists", "not_exists"},
	date:       {"range", "exists", "not_exists"},
	number:     {"range", "eq", "not_eq", "exists", "not_exists"},
}

// field is a field of a contact, with the function that returns its value: a string, which is empty
// if it is not set, a time, which is zero if it is not set, or JSON.
type field struct {
	kind kind
	get  func(*gen.Contact) any
}

// fields are the fields that a filter can have. Contacts of the fake have no value of the last
// ones.
var fields = map[string]field{
	"id":                 {identifier, func(c *gen.Contact) any { return c.ID }},
	"address":            {text, func(c *gen.Contact) any { return c.Address1 }},
	"businessName":       {text, func(c *gen.Contact) any { return c.BusinessName }},
	"city":               {text, func(c *gen.Contact) any { return c.City }},
	"companyName":        {text, func(c *gen.Contact) any { return c.CompanyName }},
	"firstNameLowerCase": {text, func(c *gen.Contact) any { return c.FirstName }},
	"lastNameLowerCase":  {text, func(c *gen.Contact) any { return c.LastName }},
	"phone":              {text, func(c *gen.Contact) any { return c.Phone }},
	"postalCode":         {text, func(c *gen.Contact) any { return c.PostalCode }},
	"source":             {text, func(c *gen.Contact) any { return c.Source }},
	"state":              {text, func(c *gen.Contact) any { return c.State }},
	"tags":               {text, func(c *gen.Contact) any { return c.Tags }},
	"email":              {exact, func(c *gen.Contact) any { return c.Email }},
	"website":            {exact, func(c *gen.Contact) any { return c.Website }},
	"contactName":        {exact, func(c *gen.Contact) any { return c.Name }},
	"assignedTo":         {exact, func(c *gen.Contact) any { return c.AssignedTo }},
	"country":            {exact, func(c *gen.Contact) any { return c.Country }},
	"timezone":           {exact, func(c *gen.Contact) any { return c.Timezone }},
	"type":               {exact, func(c *gen.Contact) any { return c.Type }},
	"dnd":                {exact, func(c *gen.Contact) any { return c.DND }},
	"followers":          {exact, func(c *gen.Contact) any { return c.Followers }},
	"validEmail":         {exact, func(c *gen.Contact) any { return c.ValidEmail }},
	"dateAdded":          {date, func(c *gen.Contact) any { return c.DateAdded }},
	"dateUpdated":        {date, func(c *gen.Contact) any { return c.DateUpdated }},
	"dateOfBirth":        {date, func(c *gen.Contact) any { return string(c.DateOfBirth) }},
	"lastActivity":       {date, func(c *gen.Contact) any { return c.LastActivity.Time }},
	"isValidWhatsapp":    {exact, unset}, "activeWorkflows": {exact, unset}, "finishedWorkflows": {exact, unset},
	"lastAppointment": {date, unset}, "lastEmailClickedDate": {date, unset}, "lastEmailOpenedDate": {date, unset},
}

func unset(*gen.Contact) any { return "" }

var opportunityFields = map[string]func(gen.Opportunity) any{
	"pipelineId":      func(o gen.Opportunity) any { return o.PipelineID },
	"pipelineStageId": func(o gen.Opportunity) any { return o.PipelineStageID },
	"status":          func(o gen.Opportunity) any { return o.Status },
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
	return field{k, func(c *gen.Contact) any {
		at := slices.IndexFunc(c.CustomFields, func(f gen.CustomField) bool { return f.ID == id })
		if at < 0 {
			return ""
		}
		var rows map[string]json.RawMessage
		value := c.CustomFields[at].Value
		if row != "" && json.Unmarshal(value, &rows) == nil {
			return rows[row]
		}
		return value
	}}, nil
}

// values returns the values of a field: none if it is not set, numbers and dates as float64, and
// everything else as strings in lower case.
func (f field) values(c *gen.Contact) []any { return values(f.get(c), f.kind) }

func values(value any, k kind) []any {
	switch value := value.(type) {
	case json.RawMessage:
		var decoded any
		if len(value) == 0 || json.Unmarshal(value, &decoded) != nil {
			return nil
		}
		return values(decoded, k)
	case time.Time:
		if value.IsZero() {
			return nil
		}
		return []any{float64(value.UnixMilli())}
	case []string:
		var all []any
		for _, one := range value {
			all = append(all, strings.ToLower(one))
		}
		return all
	case []any:
		var all []any
		for _, one := range value {
			all = append(all, values(one, k)...)
		}
		return all
	case string:
		if t, ok := parseDate(value); k == date && ok {
			return []any{float64(t.UnixMilli())}
		}
		if value != "" {
			return []any{strings.ToLower(value)}
		}
		return nil
	case float64:
		return []any{value}
	case nil:
		return nil
	default:
		return []any{fmt.Sprint(value)} // a boolean
	}
}

// parseDate reads a date or a time in ISO 8601.
func parseDate(text string) (t time.Time, ok bool) {
	for _, layout := range []string{time.RFC3339, time.DateOnly, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
