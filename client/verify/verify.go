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
// verified. Keys may have the prefix "contact.", which the API adds when it lists custom fields.
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

// Unapplied returns the JSON names of the values in sent that got does not have, in alphabetical
// order: "phone", "tags/vip", "dndSettings/SMS", "customFields/<id>". They include properties that
// were cleared and still have a value. The result contains no values except tags.
//
// The argument sent is a request to create, update or upsert a contact. The argument got is the
// response: a [client.Contact] or a [client.UpsertContactResult]. Both may be pointers. Unapplied
// returns nil for other types.
//
// The API discards the gender in an upsert of an existing contact, but returns it in the response.
// The gender is therefore always reported if New is false. To verify the stored value, pass the
// contact that Get returns.
func Unapplied(sent, got any, opts ...Option) []string {
	request := parseRequest(sent)
	contact, updated := parseResponse(got)
	if request == nil || contact == nil {
		return nil
	}
	var names []string
	for _, property := range properties {
		value, ok := request[property.name]
		if !ok || property.applied(value, contact) {
			continue
		}
		names = append(names, property.name)
	}
	if _, ok := request["gender"]; ok && updated && !slices.Contains(names, "gender") {
		names = append(names, "gender")
	}
	names = append(names, unappliedTags(request["tags"], contact.Tags)...)
	names = append(names, unappliedChannels(request, contact)...)
	names = append(names, unappliedFields(request["customFields"], contact, newConfig(opts))...)
	return sorted(names)
}

// Unverifiable returns the custom fields of a request that [Unapplied] cannot verify, because they
// are written by a key for which [WithFieldKeys] provides no ID. Their names have the form
// "customFields/<key>".
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

// parseRequest returns the properties that a request sends, or nil if sent is not a request.
func parseRequest(sent any) map[string]json.RawMessage {
	switch request := sent.(type) {
	case client.CreateContactRequest, client.UpdateContactRequest, client.UpsertContactRequest:
	case *client.CreateContactRequest:
		if request == nil {
			return nil
		}
	case *client.UpdateContactRequest:
		if request == nil {
			return nil
		}
	case *client.UpsertContactRequest:
		if request == nil {
			return nil
		}
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
	return request
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

func fieldKey(key string) string { return strings.TrimPrefix(strings.TrimSpace(key), "contact.") }
