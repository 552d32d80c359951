package store

import (
	"slices"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/normalize"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// listing is the index that lists are read from. Like the API's it may lag behind the writes.
type listing struct {
	lists map[listKey][]*gen.Contact // sorted
	late  []change                   // in the order of writing
}

// listKey is a location, or a business of it.
type listKey struct{ location, business string }

// change replaces one contact by another in the listing; either may be nil.
type change struct {
	before, after *gen.Contact
	visible       time.Time
}

func (l *listing) change(before, after *gen.Contact, visible time.Time) {
	c := change{before, after, visible}
	if visible.IsZero() && len(l.late) == 0 {
		l.apply(c)
		return
	}
	l.late = append(l.late, c)
}

// catchUp applies the changes that are visible at the time now.
func (l *listing) catchUp(now time.Time) {
	for len(l.late) > 0 && !l.late[0].visible.After(now) {
		l.apply(l.late[0])
		l.late = l.late[1:]
	}
}

func (l *listing) apply(c change) {
	for _, key := range keysOf(c.before) {
		if at, ok := slices.BinarySearchFunc(l.lists[key], c.before, compare); ok {
			l.lists[key] = slices.Delete(l.lists[key], at, at+1)
		}
	}
	for _, key := range keysOf(c.after) {
		at, _ := slices.BinarySearchFunc(l.lists[key], c.after, compare)
		l.lists[key] = slices.Insert(l.lists[key], at, c.after)
	}
}

// keysOf returns the lists that a contact is in.
func keysOf(c *gen.Contact) []listKey {
	switch {
	case c == nil:
		return nil
	case c.BusinessID == "":
		return []listKey{{c.LocationID, ""}}
	default:
		return []listKey{{c.LocationID, ""}, {c.LocationID, c.BusinessID}}
	}
}

// Query selects a page of a list.
type Query struct {
	Location, Business string       // an empty Business selects the list of the location
	Text               string       // to search for
	After              *gen.Contact // with DateAdded and ID, the cursor; nil for the beginning
	Skip, Limit        int
}

// Page is a part of a list.
type Page struct {
	Contacts []*gen.Contact
	Total    int // contacts that match, on all pages
	Before   int // contacts that match before this page
}

// IsLast reports whether no contact follows.
func (p Page) IsLast() bool { return p.Before+len(p.Contacts) >= p.Total }

// Page returns a page of a list as it is visible at the time now.
func (s *Store) Page(q Query, now time.Time) Page {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listing.catchUp(now)
	list := s.listing.lists[listKey{q.Location, q.Business}]
	if text := strings.ToLower(strings.TrimSpace(q.Text)); text != "" {
		list = s.search(q.Location, list, text)
	}
	before := min(q.Skip, len(list))
	if q.After != nil {
		at, found := slices.BinarySearchFunc(list, q.After, compare)
		if found {
			at++
		}
		before = at
	}
	return Page{
		Contacts: slices.Clone(list[before:][:min(q.Limit, len(list)-before)]), // the list changes later
		Total:    len(list), Before: before,
	}
}

// search returns the contacts of a list that match a text in lower case. A text that is the email
// address or phone number of a contact finds these contacts; any other text is searched for in
// names, company, email address and phone number. What the API searches, and how, is not known.
func (s *Store) search(location string, list []*gen.Contact, text string) []*gen.Contact {
	var found []*gen.Contact
	for _, id := range slices.Concat(s.index[emailKey(location, text)], s.index[phoneKey(location, text)]) {
		if at, ok := slices.BinarySearchFunc(list, s.contacts[id], compare); ok {
			found = append(found, list[at]) // as the list shows it, which may lag behind
		}
	}
	slices.SortFunc(found, compare)
	if len(found) > 0 {
		return found
	}
	for _, c := range list {
		for _, value := range []string{normalize.FullName(c), c.CompanyName, c.Email, c.Phone} {
			if strings.Contains(strings.ToLower(value), text) {
				found = append(found, c)
				break
			}
		}
	}
	return found
}
