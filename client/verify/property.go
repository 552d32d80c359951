package verify

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
)

// property is a property of a request whose value is a string or a Boolean.
type property struct {
	name    string
	stored  func(*client.Contact) []string // where the value may be stored
	same    func(sent, stored string) bool // reports whether stored may be a form of sent
	boolean func(*client.Contact) bool     // the stored value of a Boolean, instead of stored and same
}

// stringProperty returns a property whose value is stored in one place.
func stringProperty(name string, same func(sent, stored string) bool, stored func(*client.Contact) string) property {
	return property{name: name, same: same, stored: func(c *client.Contact) []string { return []string{stored(c)} }}
}

var properties = []property{
	stringProperty("address1", sameText, func(c *client.Contact) string { return c.Address1 }),
	stringProperty("assignedTo", sameText, func(c *client.Contact) string { return c.AssignedTo }),
	stringProperty("city", sameText, func(c *client.Contact) string { return c.City }),
	stringProperty("companyName", sameText, func(c *client.Contact) string { return c.CompanyName }),
	stringProperty("country", sameCountry, func(c *client.Contact) string { return c.Country }),
	stringProperty("dateOfBirth", sameDay, func(c *client.Contact) string { return string(c.DateOfBirth) }),
	stringProperty("email", sameText, func(c *client.Contact) string { return c.Email }),
	stringProperty("firstName", sameText, func(c *client.Contact) string { return c.FirstName }),
	stringProperty("gender", sameText, func(c *client.Contact) string { return c.Gender }),
	stringProperty("keyword", sameText, func(c *client.Contact) string { return c.Keyword }),
	stringProperty("lastName", sameText, func(c *client.Contact) string { return c.LastName }),
	{name: "name", same: sameText, stored: func(c *client.Contact) []string {
		return []string{c.Name, c.ContactName, c.FirstName + " " + c.LastName}
	}},
	stringProperty("phone", samePhone, func(c *client.Contact) string { return c.Phone }),
	stringProperty("postalCode", sameText, func(c *client.Contact) string { return c.PostalCode }),
	stringProperty("source", sameText, func(c *client.Contact) string { return c.Source }),
	stringProperty("ssn", sameText, func(c *client.Contact) string { return c.SSN }),
	stringProperty("state", sameText, func(c *client.Contact) string { return c.State }),
	stringProperty("timezone", sameText, func(c *client.Contact) string { return c.Timezone }),
	stringProperty("type", sameText, func(c *client.Contact) string { return c.Type }),
	stringProperty("website", sameWebsite, func(c *client.Contact) string { return c.Website }),
	{name: "dnd", boolean: func(c *client.Contact) bool { return c.DND }},
}

// isStored reports whether the contact has the value, or no value if the request clears the
// property.
func (p property) isStored(value json.RawMessage, contact *client.Contact) bool {
	if p.boolean != nil {
		var sent bool // false for null
		return json.Unmarshal(value, &sent) != nil || sent == p.boolean(contact)
	}
	var sent string // empty for null, which clears the property as an empty string does
	if json.Unmarshal(value, &sent) != nil {
		return true
	}
	stored := slices.DeleteFunc(p.stored(contact), isBlank)
	if isBlank(sent) {
		return len(stored) == 0
	}
	return slices.ContainsFunc(stored, func(s string) bool { return p.same(sent, s) })
}

// unappliedTags returns the names of the tags that are not stored. Stored tags that were not sent
// are reported only if the request removes all tags, because a workflow may have added them.
func unappliedTags(value json.RawMessage, stored []string) []string {
	var sent []string
	if json.Unmarshal(value, &sent) != nil { // no tags were sent
		return nil
	}
	if len(sent) == 0 && len(stored) > 0 {
		return []string{"tags"}
	}
	var names []string
	for _, tag := range sent {
		if !isBlank(tag) && !slices.ContainsFunc(stored, func(s string) bool { return sameText(tag, s) }) {
			names = append(names, "tags/"+strings.ToLower(strings.TrimSpace(tag)))
		}
	}
	return names
}

// unappliedChannels returns the names of the do-not-disturb settings that are not stored. Some
// responses do not have these objects at all, so a missing object is not reported.
func unappliedChannels(request map[string]json.RawMessage, contact *client.Contact) []string {
	var names []string
	for name, object := range map[string]any{"dndSettings": contact.DNDSettings, "inboundDndSettings": contact.InboundDNDSettings} {
		sent, stored := channels(request[name]), map[string]map[string]string{}
		if data, err := json.Marshal(object); err == nil {
			stored = channels(data)
		}
		for channel, setting := range sent {
			for property, value := range setting {
				if len(stored) > 0 && !isBlank(value) && !sameText(value, stored[channel][property]) {
					names = append(names, name+"/"+channel)
				}
			}
		}
	}
	return names
}

// channels returns the properties of the settings in a JSON object by channel.
func channels(data json.RawMessage) (settings map[string]map[string]string) {
	_ = json.Unmarshal(data, &settings) // values of other types are ignored
	return settings
}
