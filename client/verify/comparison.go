package verify

import (
	"encoding/json"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
)

// comparison compares the properties of a request with a contact.
type comparison struct {
	config

	contact   *client.Contact
	updated   bool // by an upsert of an existing contact
	unapplied []string
}

func (c *comparison) report(name string, applied bool) {
	if !applied {
		c.unapplied = append(c.unapplied, name)
	}
}

// property compares one property of the request.
func (c *comparison) property(name string, raw json.RawMessage) {
	contact := c.contact
	switch name {
	case "tags":
		c.tags(raw)
	case "customFields":
		c.customFields(raw)
	case "dnd":
		var sent bool
		c.report(name, json.Unmarshal(raw, &sent) != nil || sent == contact.DND)
	case "dndSettings":
		c.channels(name, raw, map[string]client.DNDStatus{
			"Call": contact.DNDSettings.Call.Status, "Email": contact.DNDSettings.Email.Status, "SMS": contact.DNDSettings.SMS.Status,
			"WhatsApp": contact.DNDSettings.WhatsApp.Status, "GMB": contact.DNDSettings.GMB.Status, "FB": contact.DNDSettings.FB.Status,
		})
	case "inboundDndSettings":
		c.channels(name, raw, map[string]client.DNDStatus{"all": contact.InboundDNDSettings.All.Status})
	default:
		c.text(name, raw)
	}
}

// text compares a property that holds a string. Other properties, such as locationId, are not
// stored as they are sent.
func (c *comparison) text(name string, raw json.RawMessage) {
	same := sameText
	var got string
	contact := c.contact
	switch name {
	case "email":
		got = contact.Email
	case "phone":
		same, got = samePhone, contact.Phone
	case "firstName":
		c.names(name, raw, contact.FirstName, contact.FirstNameRaw, contact.FirstNameLowerCase)
		return
	case "lastName":
		c.names(name, raw, contact.LastName, contact.LastNameRaw, contact.LastNameLowerCase)
		return
	case "name":
		c.names(name, raw, contact.Name, contact.ContactName, contact.FullNameLowerCase, contact.FirstName+" "+contact.LastName)
		return
	case "gender":
		got = contact.Gender
	case "companyName":
		got = contact.CompanyName
	case "address1":
		got = contact.Address1
	case "city":
		got = contact.City
	case "state":
		got = contact.State
	case "postalCode":
		same, got = samePostalCode, contact.PostalCode
	case "country":
		same, got = sameCountry, contact.Country
	case "website":
		same, got = sameWebsite, contact.Website
	case "timezone":
		same, got = sameTimezone, contact.Timezone
	case "dateOfBirth":
		same, got = sameDay, contact.DateOfBirth
	case "source":
		got = contact.Source
	case "assignedTo":
		got = contact.AssignedTo
	default:
		return
	}
	var sent string
	if json.Unmarshal(raw, &sent) != nil {
		return
	}
	cleared := strings.TrimSpace(sent) == ""
	if name == "gender" && c.updated && !cleared {
		c.report(name, false) // the response has it, and the API does not store it
		return
	}
	if cleared || strings.TrimSpace(got) == "" {
		c.report(name, cleared == (strings.TrimSpace(got) == ""))
		return
	}
	c.report(name, same(sent, got))
}

// names compares a name with the forms in which the API stores it. It is applied if one of them has
// it: different responses have different forms. The full name need only have the same words.
func (c *comparison) names(name string, raw json.RawMessage, forms ...string) {
	var sent string
	if json.Unmarshal(raw, &sent) != nil {
		return
	}
	cleared, stored := strings.TrimSpace(sent) == "", false
	for _, form := range forms {
		if form = normalText(form); form == "" {
			continue
		}
		stored = true
		if form == normalText(sent) || name == "name" && hasWords(form, normalText(sent)) {
			return
		}
	}
	if cleared && name == "name" {
		return // the name may be made of the first and the last name
	}
	c.report(name, cleared && !stored)
}

func (c *comparison) tags(raw json.RawMessage) {
	var sent []string
	if json.Unmarshal(raw, &sent) != nil || sent == nil {
		return
	}
	stored := map[string]bool{}
	for _, tag := range c.contact.Tags {
		stored[normalText(tag)] = true
	}
	cleared := true
	for _, tag := range sent {
		if tag = normalText(tag); tag != "" {
			cleared = false
			c.report("tags/"+tag, stored[tag])
		}
	}
	c.report("tags", !cleared || len(stored) == 0)
}

// channels compares the statuses of do-not-disturb settings. A channel without a status is inactive.
func (c *comparison) channels(name string, raw json.RawMessage, stored map[string]client.DNDStatus) {
	var sent map[string]struct{ Status client.DNDStatus }
	if json.Unmarshal(raw, &sent) != nil {
		return
	}
	for channel, setting := range sent {
		got, known := stored[channel]
		if got == "" {
			got = client.DNDInactive
		}
		c.report(name+"/"+channel, !known || setting.Status == "" || setting.Status == got)
	}
}

type sentField struct {
	ID    string          `json:"id"`
	Key   string          `json:"key"`
	Value json.RawMessage `json:"field_value"`
}

func customFields(raw json.RawMessage) []sentField {
	var fields []sentField
	if json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	return fields
}

func (c *comparison) customFields(raw json.RawMessage) {
	for _, field := range customFields(raw) {
		id := field.ID
		if id == "" {
			id = c.fieldIDs[fieldKey(field.Key)]
		}
		if id != "" {
			c.report("customFields/"+id, sameValue(field.Value, client.CustomFieldByID(c.contact, id).Raw()))
		}
	}
}
