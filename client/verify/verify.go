package verify

import (
	"encoding/json"
	"slices"

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
	if got == nil {
		return unapplied(sent, nil, fields)
	}
	names := unapplied(sent, &got.Contact, fields)
	if sent.Gender != nil && !got.New {
		names = sorted(append(names, "gender"))
	}
	return names
}

func unapplied(sent any, contact *client.Contact, fields []client.CustomFieldDefinitions) []string {
	request := parseRequest(sent)
	if contact == nil {
		contact = &client.Contact{}
	}
	var names []string
	for _, property := range properties {
		if value, ok := request[property.name]; ok && !property.isStored(value, contact) {
			names = append(names, property.name)
		}
	}
	names = append(names, unappliedTags(request["tags"], contact.Tags)...)
	names = append(names, unappliedChannels(request, contact)...)
	names = append(names, unappliedCustomFields(request["customFields"], contact, fields)...)
	return sorted(names)
}

// Unverifiable returns the names of the custom fields of a request that [Unapplied] cannot verify,
// because they are written by a key that the definitions do not have. The names have the form
// "customFields/<key>". If there are none, Unverifiable returns nil.
func Unverifiable[R Request](sent R, fields ...client.CustomFieldDefinitions) []string {
	var names []string
	for _, field := range parseFields(parseRequest(sent)["customFields"]) {
		if field.id(fields) == "" {
			names = append(names, "customFields/"+field.Key)
		}
	}
	return sorted(names)
}

// parseRequest returns the JSON properties of a request.
func parseRequest(sent any) map[string]json.RawMessage {
	var request map[string]json.RawMessage
	if data, err := json.Marshal(sent); err == nil { // the client cannot send it otherwise
		_ = json.Unmarshal(data, &request)
	}
	return request
}

// sorted returns the names in alphabetical order without duplicates.
func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
