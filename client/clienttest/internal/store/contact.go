package store

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/normalize"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// Normalize returns a copy of a contact in the form that the store holds. The contact may have any
// of the API's shapes. In the copy, names are in their original case, properties that are derived
// from others are empty, and times are in UTC with milliseconds. Normalize returns an error if the
// contact cannot be encoded as JSON.
func Normalize(c *gen.Contact) (*gen.Contact, error) {
	n := Clone(c)
	n.DateAdded, n.DateUpdated = Millisecond(c.DateAdded), Millisecond(c.DateUpdated)
	if n.FirstName == "" && n.LastName == "" {
		normalize.SplitName(&n, c.Name)
	}
	n.FirstName, n.LastName = cmp.Or(c.FirstNameRaw, n.FirstName), cmp.Or(c.LastNameRaw, n.LastName)
	n.Name = normalize.FullName(&n)
	n.FirstNameRaw, n.LastNameRaw, n.ContactName, n.EmailLowerCase = "", "", "", ""
	n.FirstNameLowerCase, n.LastNameLowerCase, n.FullNameLowerCase = "", "", ""
	n.Attributions, n.SearchAfter = nil, nil
	n.Address1, n.Address = cmp.Or(n.Address1, n.Address), ""
	n.Deleted, n.BounceEmail, n.UnsubscribeEmail = false, false, false
	n.LastUpdatedBy, n.LastSessionActivityAt = gen.CreatedBy{}, time.Time{}
	if len(c.Attributions) > 0 {
		n.AttributionSource = wire.BareAttribution(c.Attributions[0])
		n.LastAttributionSource = wire.BareAttribution(c.Attributions[len(c.Attributions)-1])
	} else if reflect.ValueOf(n.LastAttributionSource).IsZero() {
		n.LastAttributionSource = n.AttributionSource
	}
	n.LastActivity = gen.Time{Time: Millisecond(c.LastActivity.Time)}
	if _, err := jsonv2.Marshal(&n); err != nil {
		return nil, fmt.Errorf("contact %s cannot be encoded as JSON: %w", n.ID, err)
	}
	return &n, nil
}

// Clone returns a copy of a contact. Changes of its fields and lists do not change c.
func Clone(c *gen.Contact) gen.Contact {
	n := *c
	n.Tags = slices.Clone(c.Tags)
	n.CustomFields = slices.Clone(c.CustomFields)
	n.AdditionalEmails = slices.Clone(c.AdditionalEmails)
	n.AdditionalPhones = slices.Clone(c.AdditionalPhones)
	n.Followers = slices.Clone(c.Followers)
	n.Opportunities = slices.Clone(c.Opportunities)
	n.Extra = slices.Clone(c.Extra)
	return n
}

// Millisecond returns t in UTC as the API stores it, to the millisecond.
func Millisecond(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// compare defines the order of lists: the latest dateAdded first. The order of contacts with the
// same dateAdded has not been observed; here it is by descending ID.
func compare(a, b *gen.Contact) int {
	return cmp.Or(b.DateAdded.Compare(a.DateAdded), strings.Compare(b.ID, a.ID))
}
