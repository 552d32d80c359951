// Package verify compares what a write sent with the contact that the API returned.
//
// The API accepts some values and does not store them: an unknown custom field, a value that is not
// an option of a select field, the phone number of an upsert that matched another contact by its
// email address. [Unapplied] finds them. It knows how the API normalizes values, and reports nothing
// where it cannot know.
package verify

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
)

// Option configures [Unapplied] and [Unverifiable].
type Option func(*config)

type config struct {
	fieldIDs map[string]string // by normalized key
}

// WithFieldKeys sets the IDs of custom fields by their keys, so that fields which were written by
// key can be verified: responses have IDs only. A key may have the prefix "contact.".
func WithFieldKeys(ids map[string]string) Option {
	return func(c *config) {
		for key, id := range ids {
			c.fieldIDs[fieldKey(key)] = id
		}
	}
}

// fieldKey returns a key without the prefix that the list of custom fields has and writes may omit.
func fieldKey(key string) string {
	return strings.TrimPrefix(strings.TrimSpace(key), "contact.")
}

// Unapplied returns the names of the values that were sent and are not in the response, sorted: JSON
// names such as "phone", and "customFields/<id>", "tags/<tag>" and "dndSettings/<channel>" for
// parts. A property that was cleared and still has a value is listed too. It returns nil if
// everything was applied, as far as that can be known.
//
// Sent is a [client.CreateContactRequest], [client.UpdateContactRequest] or
// [client.UpsertContactRequest]; got is a [client.Contact] or a [client.UpsertContactResult]. Both may
// be pointers. Unapplied returns nil for other types.
func Unapplied(sent, got any, opts ...Option) []string {
	contact, updated := response(got)
	want := properties(sent)
	if contact == nil || want == nil {
		return nil
	}
	c := comparison{config: newConfig(opts), contact: contact, updated: updated}
	for name, value := range want {
		c.property(name, value)
	}
	slices.Sort(c.unapplied)
	return slices.Compact(c.unapplied)
}

// Unverifiable returns the names of the custom fields that were sent by a key whose ID is not known,
// as "customFields/<key>", sorted. Use [WithFieldKeys] to make them verifiable.
func Unverifiable(sent any, opts ...Option) []string {
	config := newConfig(opts)
	var names []string
	for _, field := range customFields(properties(sent)["customFields"]) {
		if field.ID == "" && config.fieldIDs[fieldKey(field.Key)] == "" {
			names = append(names, "customFields/"+field.Key)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func newConfig(opts []Option) config {
	c := config{fieldIDs: map[string]string{}}
	for _, opt := range opts {
		if opt != nil {
			opt(&c)
		}
	}
	return c
}

// response returns the contact of a response, and whether it is that of an upsert which updated an
// existing contact.
func response(got any) (contact *client.Contact, updated bool) {
	switch got := got.(type) {
	case *client.Contact:
		return got, false
	case client.Contact:
		return &got, false
	case *client.UpsertContactResult:
		if got != nil {
			return &got.Contact, !got.New
		}
	case client.UpsertContactResult:
		return &got.Contact, !got.New
	}
	return nil, false
}

// properties returns the properties that a request sends, or nil if sent is not a request.
func properties(sent any) map[string]json.RawMessage {
	switch sent.(type) {
	case client.CreateContactRequest, client.UpdateContactRequest, client.UpsertContactRequest,
		*client.CreateContactRequest, *client.UpdateContactRequest, *client.UpsertContactRequest:
	default:
		return nil
	}
	text, err := json.Marshal(sent)
	if err != nil {
		return nil
	}
	var sentProperties map[string]json.RawMessage
	if json.Unmarshal(text, &sentProperties) != nil {
		return nil
	}
	return sentProperties
}
