package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// property is what a column of a file can contain: a property of a contact, or a custom field.
type property struct {
	name  string                          // name of the column in an export; custom:ID for a custom field
	read  func(*client.Contact) string    // nil if it is not exported
	write func(r *row, cell string) error // nil if it is not imported
}

// properties are the properties of a contact in the order of the columns of an export.
var properties = []property{
	{"id", func(c *client.Contact) string { return c.ID }, func(r *row, cell string) error { r.id = cell; return nil }},
	{
		"firstName", func(c *client.Contact) string { return cmp.Or(c.FirstNameRaw, c.FirstName) },
		parsed((*row).line, func(r *request) *nullable { return &r.FirstName }),
	},
	{
		"lastName", func(c *client.Contact) string { return cmp.Or(c.LastNameRaw, c.LastName) },
		parsed((*row).line, func(r *request) *nullable { return &r.LastName }),
	},
	{"name", nil, (*row).setName},
	{"email", func(c *client.Contact) string { return c.Email }, parsed((*row).email, func(r *request) *nullable { return &r.Email })},
	{"phone", func(c *client.Contact) string { return c.Phone }, parsed((*row).phone, func(r *request) *nullable { return &r.Phone })},
	{"companyName", func(c *client.Contact) string { return c.CompanyName }, parsed((*row).line, func(r *request) *nullable { return &r.CompanyName })},
	{
		"address1", func(c *client.Contact) string { return cmp.Or(c.Address1, c.Address) },
		parsed((*row).text, func(r *request) *nullable { return &r.Address1 }),
	},
	{"city", func(c *client.Contact) string { return c.City }, parsed((*row).line, func(r *request) *nullable { return &r.City })},
	{"state", func(c *client.Contact) string { return c.State }, parsed((*row).line, func(r *request) *nullable { return &r.State })},
	{"postalCode", func(c *client.Contact) string { return c.PostalCode }, parsed((*row).line, func(r *request) *nullable { return &r.PostalCode })},
	{"country", func(c *client.Contact) string { return c.Country }, parsed((*row).country, func(r *request) *nullable { return &r.Country })},
	{"website", func(c *client.Contact) string { return c.Website }, parsed((*row).line, func(r *request) *nullable { return &r.Website })},
	{"timezone", func(c *client.Contact) string { return c.Timezone }, parsed((*row).line, func(r *request) *nullable { return &r.Timezone })},
	{"dateOfBirth", dateOfBirth, parsed((*row).birthday, func(r *request) *nullable { return &r.DateOfBirth })},
	{"gender", nil, parsed((*row).line, func(r *request) *nullable { return &r.Gender })},
	{"source", func(c *client.Contact) string { return c.Source }, parsed((*row).line, func(r *request) *nullable { return &r.Source })},
	{"assignedTo", func(c *client.Contact) string { return c.AssignedTo }, parsed((*row).line, func(r *request) *nullable { return &r.AssignedTo })},
	{"dnd", func(c *client.Contact) string {
		if c.DND { // a file that is imported later must not end do-not-disturb that was set since
			return "true"
		}
		return ""
	}, (*row).setDND},
	{"tags", func(c *client.Contact) string { return joinList(c.Tags) }, (*row).setTags},
	{"type", func(c *client.Contact) string { return c.Type }, nil},
	{"dateAdded", func(c *client.Contact) string { return formatTime(c.DateAdded) }, nil},
	{"dateUpdated", func(c *client.Contact) string { return formatTime(c.DateUpdated) }, nil},
}

// aliases maps other names of columns, in lower case without spaces and punctuation, to properties.
var aliases = map[string]string{
	"address": "address1", "birthdate": "dateOfBirth", "birthday": "dateOfBirth", "cell": "phone", "cellphone": "phone",
	"company": "companyName", "contactid": "id", "countrycode": "country", "dob": "dateOfBirth", "emailaddress": "email",
	"familyname": "lastName", "forename": "firstName", "fullname": "name", "givenname": "firstName", "mail": "email", "mobile": "phone",
	"mobilephone": "phone", "organization": "companyName", "phonenumber": "phone", "postcode": "postalCode", "region": "state",
	"street": "address1", "streetaddress": "address1", "surname": "lastName", "tag": "tags", "telephone": "phone", "town": "city",
	"url": "website", "zip": "postalCode", "zipcode": "postalCode",
}

type (
	request  = client.UpsertContactRequest
	nullable = client.Nullable[string]
)

// parsed returns a function that sets a property of a request to the parsed text of a cell.
func parsed(parse func(*row, string) (string, error), field func(*request) *nullable) func(*row, string) error {
	return func(r *row, cell string) error {
		value, err := parse(r, cell)
		if err == nil {
			*field(&r.request) = client.Set(value)
		}
		return err
	}
}

// customPrefix begins the name of a property that is a custom field.
const customPrefix = "custom:"

// customProperty returns the property that is a custom field.
func customProperty(def client.CustomFieldDefinition) property {
	p := property{
		name:  customPrefix + def.ID,
		read:  func(c *client.Contact) string { return customCell(def, client.CustomFieldByID(c, def.ID)) },
		write: func(r *row, cell string) error { return r.setCustomField(def, cell) },
	}
	if def.DataType == "TEXTBOX_LIST" { // the API has no safe way to write it
		p.write = nil
	}
	return p
}

// findProperty returns the property that the name of a column means.
func findProperty(name string, definitions client.CustomFieldDefinitions) (property, error) {
	custom, isCustom := strings.CutPrefix(name, customPrefix)
	normal := normalName(name)
	normal = cmp.Or(strings.ToLower(aliases[normal]), normal)
	var found []property
	for _, p := range properties {
		if p.name == name {
			return p, nil
		}
		if !isCustom && strings.ToLower(p.name) == normal {
			found = append(found, p)
		}
	}
	for _, def := range findFields(custom, definitions) {
		found = append(found, customProperty(def))
	}
	switch len(found) {
	case 0:
		return property{}, errors.New("neither a property nor a custom field")
	case 1:
		return found[0], nil
	}
	return property{}, fmt.Errorf("ambiguous: %s or %s", found[0].name, found[1].name)
}

// findFields returns the custom fields with an ID, key or name.
func findFields(name string, definitions client.CustomFieldDefinitions) client.CustomFieldDefinitions {
	return slices.DeleteFunc(slices.Clone(definitions), func(def client.CustomFieldDefinition) bool {
		return name == "" || def.ID != name && def.Key != name && def.Key != "contact."+name && !strings.EqualFold(trim(def.Name), name)
	})
}

// exported returns the properties that an export contains, with the names of their columns. The
// column of a custom field has its name, if an import finds the field by it.
func exported(definitions client.CustomFieldDefinitions) (columns []property) {
	for _, p := range properties {
		if p.read != nil {
			columns = append(columns, p)
		}
	}
	for _, def := range definitions {
		p, name := customProperty(def), trim(def.Name)
		found, err := findProperty(name, definitions)
		if err == nil && found.name == p.name && checkCell(name) == nil && !strings.ContainsAny(name, "\r\n") && name != ignore {
			p.name = name
		}
		columns = append(columns, p)
	}
	return columns
}

// dateOfBirth returns the date of birth as YYYY-MM-DD.
func dateOfBirth(c *client.Contact) string {
	day, _, _ := strings.Cut(string(c.DateOfBirth), "T")
	return day
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// column is a column of a file that is imported.
type column struct {
	property

	index  int // of its cells
	header string
}

// ignore is the target of a column that is not imported.
const ignore = "-"

// parseColumns returns the columns that a header names, and the names of the columns that are not
// imported. The mappings have the form NAME=TARGET or #NUMBER=TARGET.
func parseColumns(header, mappings []string, definitions client.CustomFieldDefinitions, mode string) (columns []column, ignored []string, err error) {
	if slices.ContainsFunc(header, isValue) {
		return nil, nil, errors.New("the first line contains values: it must name the columns")
	}
	targets, err := parseMappings(mappings, header)
	if err != nil {
		return nil, nil, err
	}
	var problems []error
	used := map[string]string{} // names of columns by property
	for i, name := range header {
		c, target := column{index: i, header: cmp.Or(name, fmt.Sprintf("#%d", i+1))}, cmp.Or(targets[i], name)
		var err error
		if target != ignore {
			c.property, err = findProperty(target, definitions)
		}
		isImported := c.write != nil && (c.name != "id" || mode == modeUpdate)
		switch {
		case target == "":
			err = errors.New("the header is empty")
		case err != nil:
		case isImported && used[c.name] != "":
			err = fmt.Errorf("column %q is imported as %s too", used[c.name], c.name)
		case c.name == "gender" && mode == modeUpdate:
			err = errors.New("the API does not change the gender of a contact")
		case isImported:
			columns, used[c.name] = append(columns, c), c.header
		default:
			ignored = append(ignored, c.header)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("column %d, %q: %w", i+1, name, err))
		}
	}
	if full := used["name"]; full != "" && used["firstName"]+used["lastName"] != "" {
		problems = append(problems, fmt.Errorf("column %q: the first and last name have columns too", full))
	}
	if problems != nil {
		return nil, nil, fmt.Errorf("the header:\n%w\n"+
			"name a property or a custom field with --map 'COLUMN=TARGET', or ignore a column with --map 'COLUMN=-'; "+
			"COLUMN can be a number, such as #3, and TARGET a custom field, such as custom:KEY", errors.Join(problems...))
	}
	// The country of a row determines how its phone number is read.
	if i := slices.IndexFunc(columns, func(c column) bool { return c.name == "country" }); i > 0 {
		columns[0], columns[i] = columns[i], columns[0]
	}
	return columns, ignored, nil
}

// isValue reports whether a name of a column is an email address or a phone number, which no error
// may contain.
func isValue(name string) bool {
	_, err := (*row).email(nil, name)
	return err == nil || len(normalName(name)) >= 7 && strings.Trim(name, "0123456789+-./() ") == ""
}

// parseMappings returns the targets by the index of the column.
func parseMappings(mappings, header []string) (map[int]string, error) {
	targets := map[int]string{}
	for _, mapping := range mappings {
		at := strings.LastIndex(mapping, "=")
		if at < 0 || trim(mapping[at+1:]) == "" {
			return nil, fmt.Errorf("--map %q: want COLUMN=TARGET", mapping)
		}
		name := trim(mapping[:at])
		index := slices.Index(header, name)
		if digits, ok := strings.CutPrefix(name, "#"); ok && index < 0 {
			number, _ := strconv.Atoi(digits) // 0 is not a column
			index = number - 1
		} else if index >= 0 && slices.Contains(header[index+1:], name) {
			return nil, fmt.Errorf("--map %q: the file has several columns of this name: use a number, such as #%d", mapping, index+1)
		}
		if index < 0 || index >= len(header) {
			return nil, fmt.Errorf("--map %q: the file has no such column", mapping)
		}
		targets[index] = trim(mapping[at+1:])
	}
	return targets, nil
}
