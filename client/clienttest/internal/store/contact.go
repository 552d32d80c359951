package store

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/normalize"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// Normalize returns a copy of a contact in the form that the store holds: with both names, and with
// times in UTC and milliseconds.
func Normalize(c *gen.Contact) gen.Contact {
	n := Clone(c)
	n.DateAdded, n.DateUpdated = Millisecond(c.DateAdded), Millisecond(c.DateUpdated)
	n.LastActivity = gen.Time{Time: Millisecond(c.LastActivity.Time)}
	if n.FirstName == "" && n.LastName == "" {
		normalize.SplitName(&n, c.Name)
	}
	n.Name = normalize.FullName(&n)
	if reflect.ValueOf(n.LastAttributionSource).IsZero() {
		n.LastAttributionSource = n.AttributionSource
	}
	return n
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
