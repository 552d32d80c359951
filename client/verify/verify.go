package verify

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
)

// Request is a request to write a contact.
type Request interface {
	client.CreateContactRequest | client.UpdateContactRequest | client.UpsertContactRequest
}

// Unapplied compares a request with the contact in its response, and returns the JSON names of the
// values that the API did not store, in alphabetical order: "phone", "tags/vip", "dndSettings/SMS",
// "customFields/<id>". They include properties that the request clears and that still have a value.
// The names contain no values except tags. If every value was stored, Unapplied returns nil. A nil
// contact has no values. Custom fields that are written by key can be verified only with the
// definitions of the location's fields. For the response of an upsert, use [Upsert].
func Unapplied[R Request](sent R, got *client.Contact, fields ...client.CustomFieldDefinitions) []string {
	return unapplied(sent, got, fields)
}

// Upsert compares a request with its response as [Unapplied] does. The API discards the gender in an
// upsert of an existing contact, but returns it in the response. Upsert therefore reports the gender
// of every request that updated a contact. To verify it, pass the contact that Get returns to
// Unapplied.
func Upsert(sent client.UpsertContactRequest, got *client.UpsertContactResult, fields ...client.CustomFieldDefinitions) []string {
	got = cmp.Or(got, new(client.UpsertContactResult))
	names := unapplied(sent, &got.Contact, fields)
	if sent.Gender != nil && !got.New {
		names = sorted(append(names, "gender"))
	}
	return names
}

// comparisons report whether a stored value may be a form of the sent one. All other properties are
// compared by [sameText].
var comparisons = map[string]func(sent, stored string) bool{
	"country": sameCountry, "dateOfBirth": sameDay, "phone": samePhone, "website": sameWebsite,
}

func unapplied(sent any, contact *client.Contact, fields []client.CustomFieldDefinitions) []string {
	contact = cmp.Or(contact, new(client.Contact))
	stored := properties(contact)
	var names []string
	for name, value := range properties(sent) {
		switch name {
		case "locationId", "createNewIfDuplicateAllowed": // no values of a contact
		case "tags":
			names = append(names, unappliedTags(value, stored[name])...)
		case "dndSettings", "inboundDndSettings":
			names = append(names, unappliedChannels(name, value, stored[name])...)
		case "customFields":
			names = append(names, unappliedCustomFields(value, contact, fields)...)
		default:
			if !isStored(name, value, stored) {
				names = append(names, name)
			}
		}
	}
	return sorted(names)
}

// isStored reports whether the contact has the value of a property, or no value if the request
// clears the property.
func isStored(name string, value json.RawMessage, contact map[string]json.RawMessage) bool {
	sent, stored, same := text(value), []string{text(contact[name])}, comparisons[name]
	if name == "name" {
		stored = append(stored, text(contact["contactName"]), text(contact["firstName"])+" "+text(contact["lastName"]))
	}
	if same == nil {
		same = sameText
	}
	stored = slices.DeleteFunc(stored, isBlank)
	if isBlank(sent) {
		return len(stored) == 0
	}
	return slices.ContainsFunc(stored, func(s string) bool { return same(sent, s) })
}

// text returns a string or "true". It returns "" for false, for null, which clears a property as an
// empty string does, and for a missing value.
func text(value json.RawMessage) (text string) {
	if string(value) == "true" {
		return "true"
	}
	_ = json.Unmarshal(value, &text)
	return text
}

// unappliedTags returns the names of the tags that are not stored. Stored tags that were not sent
// are reported only if the request removes all tags, because a workflow may have added them.
func unappliedTags(value, contact json.RawMessage) []string {
	var sent, stored []string
	_, _ = json.Unmarshal(value, &sent), json.Unmarshal(contact, &stored)
	if len(sent) == 0 && len(stored) > 0 {
		return []string{"tags"}
	}
	var names []string
	for _, tag := range missing(sent, stored) {
		names = append(names, "tags/"+strings.ToLower(strings.TrimSpace(tag)))
	}
	return names
}

// unappliedChannels returns the names of the do-not-disturb settings that are not stored. Some
// responses do not have these objects at all, so a missing object is not reported.
func unappliedChannels(name string, value, contact json.RawMessage) []string {
	var names []string
	var sent, stored map[string]map[string]string // properties by channel
	_, _ = json.Unmarshal(value, &sent), json.Unmarshal(contact, &stored)
	for channel, setting := range sent {
		for property, value := range setting {
			if len(stored) > 0 && !isBlank(value) && !sameText(value, stored[channel][property]) {
				names = append(names, name+"/"+channel)
			}
		}
	}
	return names
}

// Unverifiable returns the names of the custom fields of a request that [Unapplied] cannot verify,
// because they are written by a key that the definitions do not have. The names have the form
// "customFields/<key>". If there are none, Unverifiable returns nil.
func Unverifiable[R Request](sent R, fields ...client.CustomFieldDefinitions) []string {
	var names []string
	for _, field := range parseFields(properties(sent)["customFields"]) {
		if field.id(fields) == "" {
			names = append(names, "customFields/"+field.Key)
		}
	}
	return sorted(names)
}

// properties returns the JSON properties of a request or a contact.
func properties(value any) (properties map[string]json.RawMessage) {
	if data, err := json.Marshal(value); err == nil { // the client cannot send or return it otherwise
		_ = json.Unmarshal(data, &properties)
	}
	return properties
}

// sorted returns the names in alphabetical order without duplicates.
func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
