package wire

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// Object is a JSON object.
type Object = map[string]any

// options are the options for encoding responses. Times have milliseconds, and lastActivity is a
// number.
var options = json.JoinOptions(json.Deterministic(true), Lenient, json.WithMarshalers(json.JoinMarshalers(
	json.MarshalFunc(func(t time.Time) ([]byte, error) {
		return t.UTC().AppendFormat(nil, `"2006-01-02T15:04:05.000Z07:00"`), nil
	}),
	json.MarshalFunc(func(t gen.Time) ([]byte, error) { return strconv.AppendInt(nil, t.UnixMilli(), 10), nil }),
)))

// Lenient holds the options for reading JSON as the API does: it accepts duplicate names and
// replaces invalid UTF-8.
var Lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// Encode returns a value as JSON. Values of the fake always encode.
func Encode(value any) jsontext.Value {
	encoded, err := json.Marshal(value, options)
	if err != nil {
		panic(err)
	}
	return encoded
}

// shape describes which properties of a contact a response has.
type shape struct {
	always    Object   // the properties that are always there, with the values that mean "not set"
	sometimes []string // the properties that are absent if they are not set; nil means every other one
}

func newShape(always string, sometimes ...string) shape {
	s := shape{sometimes: sometimes}
	if err := json.Unmarshal([]byte(always), &s.always); err != nil {
		panic(err)
	}
	return s
}

var (
	createdShape = newShape(`{
		"tags": [], "customFields": [], "deleted": false, "bounceEmail": false, "unsubscribeEmail": false,
		"validEmail": null, "validEmailDate": null
	}`)
	detailShape = newShape(`{
		"tags": [], "customFields": [], "followers": [], "additionalEmails": [], "additionalPhones": []
	}`)
	itemShape = newShape(`{
		"id": "", "locationId": "", "contactName": null, "firstName": null, "lastName": null,
		"firstNameRaw": null, "lastNameRaw": null, "companyName": null, "email": null, "phone": null,
		"dnd": false, "dndSettings": null, "type": null, "source": null, "assignedTo": null, "city": null,
		"state": null, "postalCode": null, "address1": null, "country": null, "website": null,
		"timezone": null, "dateAdded": "", "dateUpdated": "", "dateOfBirth": null, "businessId": null,
		"tags": [], "followers": [], "additionalEmails": [], "attributions": [], "customFields": [],
		"profilePhoto": null, "lastActivity": null
	}`, "none")
	searchedShape = newShape(`{
		"id": "", "locationId": "", "contactName": null, "firstName": null, "lastName": null,
		"firstNameLowerCase": null, "lastNameLowerCase": null, "email": null, "phone": null,
		"phoneLabel": null, "type": null, "source": null, "address": null, "city": null, "state": null,
		"postalCode": null, "country": null, "timezone": null, "website": null, "companyName": null,
		"businessName": null, "businessId": null, "assignedTo": null, "dateOfBirth": null, "dateAdded": "",
		"dateUpdated": "", "dnd": false, "validEmail": null, "tags": [], "followers": [],
		"customFields": [], "additionalEmails": [], "additionalPhones": [], "dndSettings": {},
		"inboundDndSettings": {}, "attributionSource": {}, "lastAttributionSource": {}, "searchAfter": []
	}`, "opportunities", "lastActivity")
	eventShape = newShape(`{"tags": [], "customFields": []}`,
		"id", "firstName", "lastName", "email", "phone", "companyName", "address1", "city", "state",
		"postalCode", "country", "website", "source", "assignedTo", "timezone", "dateOfBirth", "dnd",
		"dndSettings", "inboundDndSettings", "dateAdded", "attributionSource",
	)
)

// of returns the properties of a contact that the shape has, and those of Extra.
func (s shape) of(c *gen.Contact) Object {
	object := maps.Clone(s.always)
	for name, value := range decode(Encode(c)) {
		if _, ok := object[name]; ok || s.sometimes == nil || slices.Contains(s.sometimes, name) {
			object[name] = value
		}
	}
	for name, value := range decode(c.Extra) {
		object[name] = value
	}
	return object
}

// decode returns the properties of a JSON object, or none if it is not one.
func decode(object []byte) map[string]jsontext.Value {
	var properties map[string]jsontext.Value
	if json.Unmarshal(object, &properties, Lenient) != nil {
		return nil
	}
	return properties
}

// Created returns a contact in the shape of the response to a create, which omits missing values.
func Created(contact *gen.Contact) Object {
	c := withLowerCase(contact)
	c.LastUpdatedBy, c.LastSessionActivityAt = c.CreatedBy, c.DateAdded
	return createdShape.of(&c)
}

// Detail returns a contact in the shape of get, update, upsert and the search for a duplicate, which
// omits missing values.
func Detail(contact *gen.Contact) Object {
	c := withLowerCase(contact)
	c.AdditionalEmails = withValidEmail(c.AdditionalEmails)
	return detailShape.of(&c)
}

// Item returns a contact in the shape of lists: missing values are null, names are in lower case, and
// firstNameRaw and lastNameRaw have the original case.
func Item(contact *gen.Contact) Object {
	c := *contact
	c.FirstNameRaw, c.LastNameRaw, c.ContactName = c.FirstName, c.LastName, strings.ToLower(c.Name)
	c.FirstName, c.LastName = strings.ToLower(c.FirstName), strings.ToLower(c.LastName)
	c.AdditionalEmails = withValidEmail(c.AdditionalEmails)
	c.Attributions = listAttributions(contact)
	return itemShape.of(&c)
}

// Searched returns a contact in the shape of searches: missing values are null, names keep their
// case, address1 is spelled address, and dateOfBirth is a number.
func Searched(contact *gen.Contact, searchAfter []any) Object {
	c := withLowerCase(contact)
	c.ContactName, c.Address = strings.ToLower(contact.Name), c.Address1
	c.AdditionalEmails, c.AdditionalPhones = slices.Clone(c.AdditionalEmails), slices.Clone(c.AdditionalPhones)
	for i, e := range c.AdditionalEmails {
		c.AdditionalEmails[i] = gen.AdditionalEmail{Email: e.Email}
	}
	for i, p := range c.AdditionalPhones {
		c.AdditionalPhones[i] = gen.AdditionalPhone{Phone: p.Phone}
	}
	object := searchedShape.of(&c)
	if day, err := time.Parse(time.DateOnly, string(c.DateOfBirth)); err == nil {
		object["dateOfBirth"] = day.UnixMilli()
	}
	object["searchAfter"] = searchAfter
	return object
}

// Event returns a contact in the shape of webhooks, which omits missing values.
func Event(c *gen.Contact) Object {
	object := eventShape.of(c)
	if day, err := time.Parse(time.DateOnly, string(c.DateOfBirth)); err == nil {
		object["dateOfBirth"] = day
	}
	return object
}

// withLowerCase returns a copy of a contact without a name and with the properties in lower case.
func withLowerCase(contact *gen.Contact) gen.Contact {
	c := *contact
	c.FirstNameLowerCase, c.LastNameLowerCase = strings.ToLower(c.FirstName), strings.ToLower(c.LastName)
	c.FullNameLowerCase, c.EmailLowerCase, c.Name = strings.ToLower(c.Name), strings.ToLower(c.Email), ""
	return c
}

// withValidEmail returns the addresses with null as the result of a validation that has not
// happened.
func withValidEmail(addresses []gen.AdditionalEmail) []gen.AdditionalEmail {
	addresses = slices.Clone(addresses)
	for i := range addresses {
		if addresses[i].ValidEmail == nil {
			addresses[i].ValidEmail = []byte("null")
		}
	}
	return addresses
}

// listAttributions returns the first attribution and, if it differs, the last one, with the
// utm-prefixed names of lists.
func listAttributions(c *gen.Contact) []gen.Attribution {
	if reflect.ValueOf(c.AttributionSource).IsZero() {
		return nil
	}
	first, last := prefixed(c.AttributionSource), prefixed(c.LastAttributionSource)
	first.IsFirst, last.IsLast = true, true
	if reflect.DeepEqual(c.LastAttributionSource, c.AttributionSource) {
		return []gen.Attribution{first}
	}
	return []gen.Attribution{first, last}
}

func prefixed(a gen.Attribution) gen.Attribution {
	a.UtmSessionSource, a.UtmCampaign, a.UtmCampaignID, a.UtmAdID = a.SessionSource, a.Campaign, a.CampaignID, a.AdID
	a.SessionSource, a.Campaign, a.CampaignID, a.AdID = "", "", "", ""
	return a
}

// Definition returns the definition of a custom field.
func Definition(f gen.CustomFieldDefinition) Object {
	object := Object{"placeholder": "", "standard": false}
	for name, value := range decode(Encode(f)) {
		object[name] = value
	}
	return object
}
