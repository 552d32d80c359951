package verify

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
)

// An Option configures [Unapplied] and [Unverifiable].
type Option func(*config)

type config struct {
	ids map[string]string // IDs of custom fields by key, without the prefix "contact."
}

// WithFieldKeys provides the IDs of custom fields by key, so that fields written by key can be
// verified. The keys may have the prefix "contact.", which the API adds when it lists custom
// fields. If the option is passed several times, the IDs add up.
func WithFieldKeys(ids map[string]string) Option {
	return func(c *config) {
		for key, id := range ids {
			c.ids[fieldKey(key)] = id
		}
	}
}

func newConfig(opts []Option) *config {
	c := &config{ids: map[string]string{}}
	for _, opt := range opts {
		if opt != nil {
			opt(c)
		}
	}
	return c
}

// Unapplied compares a request with its response, and returns the JSON names of the values that the
// API did not store, in alphabetical order: "phone", "tags/vip", "dndSettings/SMS",
// "customFields/<id>". They include properties that the request clears and that still have a value.
// The names contain no values except tags. If every value was stored, Unapplied returns nil.
//
// The argument sent is a request to create, update or upsert a contact. The argument got is the
// response: a [client.Contact] or a [client.UpsertContactResult]. Both may be pointers. Unapplied
// returns nil for other types.
//
// The API discards the gender in an upsert of an existing contact, but returns it in the response.
// Unapplied therefore always reports the gender of a request if UpsertContactResult.New is false.
// To verify the stored gender, pass the contact that Get returns.
func Unapplied(sent, got any, opts ...Option) []string {
	request := parseRequest(sent)
	contact, updated := parseResponse(got)
	if request == nil || contact == nil {
		return nil
	}
	var names []string
	for _, property := range properties {
		if value, ok := request[property.name]; ok && !property.isStored(value, contact) {
			names = append(names, property.name)
		}
	}
	if _, ok := request["gender"]; ok && updated {
		names = append(names, "gender")
	}
	names = append(names, unappliedTags(request["tags"], contact.Tags)...)
	names = append(names, unappliedChannels(request, contact)...)
	names = append(names, unappliedCustomFields(request["customFields"], contact, newConfig(opts))...)
	return sorted(names)
}

// Unverifiable returns the names of the custom fields of a request that [Unapplied] cannot verify,
// because they are written by a key for which [WithFieldKeys] provides no ID. The names have the
// form "customFields/<key>". Unverifiable returns nil if it finds none, and if sent is not a
// request.
func Unverifiable(sent any, opts ...Option) []string {
	c := newConfig(opts)
	var names []string
	for _, field := range parseFields(parseRequest(sent)["customFields"]) {
		if field.ID == "" && c.ids[fieldKey(field.Key)] == "" {
			names = append(names, "customFields/"+field.Key)
		}
	}
	return sorted(names)
}

// parseRequest returns the JSON properties of a request, or nil if sent is not a request.
func parseRequest(sent any) map[string]json.RawMessage {
	switch sent.(type) {
	case client.CreateContactRequest, client.UpdateContactRequest, client.UpsertContactRequest,
		*client.CreateContactRequest, *client.UpdateContactRequest, *client.UpsertContactRequest:
	default:
		return nil
	}
	data, err := json.Marshal(sent)
	if err != nil {
		return nil // the client cannot send it either
	}
	var request map[string]json.RawMessage
	if json.Unmarshal(data, &request) != nil {
		return nil
	}
	return request // nil for a nil pointer, whose JSON is null
}

// parseResponse returns the contact of a response, and reports whether an upsert updated it.
func parseResponse(got any) (contact *client.Contact, updated bool) {
	switch response := got.(type) {
	case *client.Contact:
		return response, false
	case client.Contact:
		return &response, false
	case *client.UpsertContactResult:
		if response != nil {
			return &response.Contact, !response.New
		}
	case client.UpsertContactResult:
		return &response.Contact, !response.New
	}
	return nil, false
}

// fieldKey returns the key of a custom field without the prefix "contact.".
func fieldKey(key string) string { return strings.TrimPrefix(strings.TrimSpace(key), "contact.") }

// sorted returns the names in alphabetical order without duplicates.
func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
