package main

import (
	"cmp"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// property is a property of a contact that a column of a file can have.
type property struct {
	name string                          // name of the column in an export
	get  func(*client.Contact) string    // nil if it is not exported
	set  func(r *row, cell string) error // nil if it is not imported
}

// properties are the properties in the order of the columns of an export.
var properties = []property{
	{"id", func(c *client.Contact) string { return c.ID }, func(r *row, cell string) error { r.id = cell; return nil }},
	{
		"firstName", func(c *client.Contact) string { return cmp.Or(c.FirstNameRaw, c.FirstName) },
		text(func(r *request) *nullable { return &r.FirstName }),
	},
	{
		"lastName", func(c *client.Contact) string { return cmp.Or(c.LastNameRaw, c.LastName) },
		text(func(r *request) *nullable { return &r.LastName }),
	},
	{"name", nil, setName},
	{"email", func(c *client.Contact) string { return c.Email }, parsed(parseEmail, func(r *request) *nullable { return &r.Email })},
	{"phone", func(c *client.Contact) string { return c.Phone }, setPhone},
	{"companyName", func(c *client.Contact) string { return c.CompanyName }, text(func(r *request) *nullable { return &r.CompanyName })},
	{"address1", func(c *client.Contact) string { return cmp.Or(c.Address1, c.Address) }, parsed(anyText, func(r *request) *nullable { return &r.Address1 })},
	{"city", func(c *client.Contact) string { return c.City }, text(func(r *request) *nullable { return &r.City })},
	{"state", func(c *client.Contact) string { return c.State }, text(func(r *request) *nullable { return &r.State })},
	{"postalCode", func(c *client.Contact) string { return c.PostalCode }, text(func(r *request) *nullable { return &r.PostalCode })},
	{"country", func(c *client.Contact) string { return c.Country }, setCountry},
	{"website", func(c *client.Contact) string { return c.Website }, text(func(r *request) *nullable { return &r.Website })},
	{"timezone", func(c *client.Contact) string { return c.Timezone }, text(func(r *request) *nullable { return &r.Timezone })},
	{"dateOfBirth", dateOfBirth, setDateOfBirth},
	{"gender", nil, text(func(r *request) *nullable { return &r.Gender })},
	{"source", func(c *client.Contact) string { return c.Source }, text(func(r *request) *nullable { return &r.Source })},
	{"assignedTo", func(c *client.Contact) string { return c.AssignedTo }, text(func(r *request) *nullable { return &r.AssignedTo })},
	{"dnd", func(c *client.Contact) string {
		if c.DND { // a file that is imported later must not end do-not-disturb that was set since
			return "true"
		}
		return ""
	}, setDND},
	{"tags", func(c *client.Contact) string { return joinList(c.Tags) }, func(r *row, cell string) (err error) {
		r.tags, err = r.importer.splitList(cell)
		return err
	}},
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

// text returns a function that sets a property to the text of a cell in one line.
func text(field func(*request) *nullable) func(*row, string) error { return parsed(oneLine, field) }

// parsed returns a function that sets a property to the parsed text of a cell.
func parsed(parse func(string) (string, error), field func(*request) *nullable) func(*row, string) error {
	return func(r *row, cell string) error {
		value, err := parse(cell)
		if err == nil {
			*field(&r.request) = client.Set(value)
		}
		return err
	}
}

func setName(r *row, cell string) error {
	name, err := oneLine(cell)
	if err != nil {
		return err
	}
	if !r.importer.splitName {
		r.request.Name = client.Set(name)
		return nil
	}
	first, last := splitName(name)
	r.request.FirstName = client.Set(first)
	if last != "" {
		r.request.LastName = client.Set(last)
	}
	return nil
}

func setPhone(r *row, cell string) error {
	number, err := parsePhone(cell, r.region)
	if err == nil {
		r.request.Phone = client.Set(number)
	}
	return err
}

func setCountry(r *row, cell string) error {
	code, err := countryCode(cell)
	r.region = code // "" does not fall back to another country
	if err == nil {
		r.request.Country = client.Set(code)
	}
	return err
}

func setDateOfBirth(r *row, cell string) error {
	day, err := r.importer.parseDate(cell)
	switch {
	case err != nil:
		return err
	case day.After(time.Now()):
		return errFuture
	}
	r.request.DateOfBirth = client.Set(day.Format(time.DateOnly))
	return nil
}

func setDND(r *row, cell string) error {
	value, err := parseBool(cell)
	if err == nil {
		r.request.DND = client.Set(value)
	}
	return err
}

// dateOfBirth returns the date of birth as YYYY-MM-DD.
func dateOfBirth(c *client.Contact) string {
	if day, err := time.Parse(time.RFC3339, string(c.DateOfBirth)); err == nil {
		return day.Format(time.DateOnly)
	}
	return string(c.DateOfBirth)
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// findProperty returns the property whose name or alias is the name of a column, and whether it is
// exactly the name.
func findProperty(column string) (found *property, isExact bool) {
	normal := normalName(column)
	normal = cmp.Or(strings.ToLower(aliases[normal]), normal)
	for i := range properties {
		if p := &properties[i]; strings.ToLower(p.name) == normal {
			return p, p.name == column
		}
	}
	return nil, false
}
