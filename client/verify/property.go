package verify

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
)

// property is a scalar property of a request.
type property struct {
	name   string
	stored func(*client.Contact) []string         // one of the values must be the same as the sent one
	same   func(sent, stored string) bool         // reports whether stored may be a form of sent
	get    func(*client.Contact) (value, ok bool) // for a Boolean
}

// one returns a property with one stored value.
func one(name string, same func(sent, stored string) bool, stored func(*client.Contact) string) property {
	return property{name: name, same: same, stored: func(c *client.Contact) []string { return []string{stored(c)} }}
}

var properties = []property{
	one("address1", sameText, func(c *client.Contact) string { return c.Address1 }),
	one("assignedTo", sameText, func(c *client.Contact) string { return c.AssignedTo }),
	one("city", sameText, func(c *client.Contact) string { return c.City }),
	one("companyName", sameText, func(c *client.Contact) string { return c.CompanyName }),
	one("country", sameCountry, func(c *client.Contact) string { return c.Country }),
	one("dateOfBirth", sameDay, func(c *client.Contact) string { return c.DateOfBirth }),
	one("email", sameText, func(c *client.Contact) string { return c.Email }),
	one("firstName", sameText, func(c *client.Contact) string { return c.FirstName }),
	one("gender", sameText, func(c *client.Contact) string { return c.Gender }),
	one("lastName", sameText, func(c *client.Contact) string { return c.LastName }),
	{name: "name", same: sameText, stored: func(c *client.Contact) []string {
		return []string{c.Name, c.ContactName, c.FirstName + " " + c.LastName}
	}},
	one("phone", samePhone, func(c *client.Contact) string { return c.Phone }),
	one("postalCode", sameText, func(c *client.Contact) string { return c.PostalCode }),
	one("source", sameText, func(c *client.Contact) string { return c.Source }),
	one("state", sameText, func(c *client.Contact) string { return c.State }),
	one("timezone", sameText, func(c *client.Contact) string { return c.Timezone }),
	one("website", sameWebsite, func(c *client.Contact) string { return c.Website }),
	{name: "dnd", get: func(c *client.Contact) (bool, bool) { return c.DND, true }},
}

// applied reports whether the contact has the value, or no value if the request clears the
// property.
func (p property) applied(value json.RawMessage, contact *client.Contact) bool {
	if p.get != nil {
		var sent bool
		stored, known := p.get(contact)
		return !known || json.Unmarshal(value, &sent) != nil || sent == stored
	}
	var sent string // empty for null, which clears the property as an empty string does
	if json.Unmarshal(value, &sent) != nil {
		return true
	}
	stored := p.stored(contact)
	if isBlank(sent) {
		return !slices.ContainsFunc(stored, func(s string) bool { return !isBlank(s) })
	}
	return slices.ContainsFunc(stored, func(s string) bool { return !isBlank(s) && p.same(sent, s) })
}

// unappliedTags returns the tags that are not stored. It ignores other stored tags, because a
// workflow may have added them, unless the request removes all tags.
func unappliedTags(value json.RawMessage, stored []string) []string {
	var sent []string
	if value == nil || json.Unmarshal(value, &sent) != nil {
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

// channel is a do-not-disturb setting of a request or a response.
type channel struct{ Status, Message, Code string }

// unappliedChannels returns the do-not-disturb settings that are not stored. Not every response has
// these objects, so a missing object is not reported.
func unappliedChannels(request map[string]json.RawMessage, contact *client.Contact) []string {
	var names []string
	for name, object := range map[string]any{"dndSettings": contact.DNDSettings, "inboundDndSettings": contact.InboundDNDSettings} {
		sent, stored := channels(request[name]), map[string]channel{}
		if data, err := json.Marshal(object); err == nil {
			stored = channels(data)
		}
		for key, want := range sent {
			got := stored[key]
			if len(stored) > 0 && (want.Status != got.Status || !sameOrUnset(want.Message, got.Message) || !sameOrUnset(want.Code, got.Code)) {
				names = append(names, name+"/"+key)
			}
		}
	}
	return names
}

func channels(data json.RawMessage) map[string]channel {
	var raw map[string]json.RawMessage
	_ = json.Unmarshal(data, &raw) // a value of another type has no channels
	all := map[string]channel{}
	for key, value := range raw {
		var c channel
		if json.Unmarshal(value, &c) == nil && c.Status != "" {
			all[key] = c
		}
	}
	return all
}

func sameOrUnset(sent, stored string) bool { return isBlank(sent) || sameText(sent, stored) }

// sorted returns the names in alphabetical order without duplicates.
func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
