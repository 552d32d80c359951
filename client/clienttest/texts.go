package clienttest

import "github.com/highlevel-contacts/contacts-go/gen"

// text names a member of a contact whose value is a text.
type text uint8

const (
	firstName text = iota
	lastName
	companyName
	email
	phone
	contactType
	source
	assignedTo
	address1
	city
	state
	postalCode
	country
	website
	timezone
	dateOfBirth
	businessID
	gender
	profilePhoto
	attachments
	ssn
	keyword
	visitorID
)

// textMembers tells the JSON name of each text member and its place in the generated model. The name and the lower-cased
// members are not here: they follow from these.
var textMembers = [...]struct {
	name  string
	place func(*gen.Contact) *string
}{
	firstName:    {"firstName", func(c *gen.Contact) *string { return &c.FirstName }},
	lastName:     {"lastName", func(c *gen.Contact) *string { return &c.LastName }},
	companyName:  {"companyName", func(c *gen.Contact) *string { return &c.CompanyName }},
	email:        {"email", func(c *gen.Contact) *string { return &c.Email }},
	phone:        {"phone", func(c *gen.Contact) *string { return &c.Phone }},
	contactType:  {"type", func(c *gen.Contact) *string { return &c.Type }},
	source:       {"source", func(c *gen.Contact) *string { return &c.Source }},
	assignedTo:   {"assignedTo", func(c *gen.Contact) *string { return &c.AssignedTo }},
	address1:     {"address1", func(c *gen.Contact) *string { return &c.Address1 }},
	city:         {"city", func(c *gen.Contact) *string { return &c.City }},
	state:        {"state", func(c *gen.Contact) *string { return &c.State }},
	postalCode:   {"postalCode", func(c *gen.Contact) *string { return &c.PostalCode }},
	country:      {"country", func(c *gen.Contact) *string { return &c.Country }},
	website:      {"website", func(c *gen.Contact) *string { return &c.Website }},
	timezone:     {"timezone", func(c *gen.Contact) *string { return &c.Timezone }},
	dateOfBirth:  {"dateOfBirth", func(c *gen.Contact) *string { return &c.DateOfBirth }},
	businessID:   {"businessId", func(c *gen.Contact) *string { return &c.BusinessID }},
	gender:       {"gender", func(c *gen.Contact) *string { return &c.Gender }},
	profilePhoto: {"profilePhoto", func(c *gen.Contact) *string { return &c.ProfilePhoto }},
	attachments:  {"attachments", func(c *gen.Contact) *string { return &c.Attachments }},
	ssn:          {"ssn", func(c *gen.Contact) *string { return &c.SSN }},
	keyword:      {"keyword", func(c *gen.Contact) *string { return &c.Keyword }},
	visitorID:    {"visitorId", func(c *gen.Contact) *string { return &c.VisitorID }},
}

// textNamed finds a member by its JSON name.
func textNamed(name string) (text, bool) {
	for member := range textMembers {
		if textMembers[member].name == name {
			return text(member), true
		}
	}
	return 0, false
}

// name is the JSON name of the member.
func (t text) name() string {
	return textMembers[t].name
}
