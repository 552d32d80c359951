package store

import (
	"slices"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// listing is an index from which lists or searches are read. Like those of the API, it may lag
// behind writes.
type listing struct {
	lag   time.Duration
	lists map[listKey][]*gen.Contact // sorted
	late  []change                   // not visible yet, in the order of the writes
}

// listKey identifies the list of a location or, if business is set, of a business.
type listKey struct{ location, business string }

// change replaces a contact in the listing by another one. before is nil for a new contact, and
// after is nil for a deleted one.
type change struct {
	before, after *gen.Contact
	visible       time.Time
}

// replace replaces before by after once the lag has passed and all earlier changes are applied. If
// now is zero, there is no lag.
func (l *listing) replace(before, after *gen.Contact, now time.Time) {
	visible := now
	if !now.IsZero() {
		visible = now.Add(l.lag)
	}
	l.late = append(l.late, change{before, after, visible})
	l.catchUp(now)
}

// catchUp applies the changes that are visible now.
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
	Text               string       // to search for; empty selects every contact
	After              *gen.Contact // the cursor, of which DateAdded and ID are used; nil for the first page
	Skip, Limit        int
}

// Page is a part of a list.
type Page struct {
	Contacts []*gen.Contact
	Total    int // number of matching contacts on all pages
	Before   int // number of matching contacts before this page
}

// IsLast reports whether no contact follows the page.
func (p Page) IsLast() bool { return p.Before+len(p.Contacts) >= p.Total }

// Page returns a page of a list, with the changes that are visible now.
func (s *Store) Page(q Query, now time.Time) Page {
	list := s.lists.visible(listKey{q.Location, q.Business}, q.Text, now)
	before := min(q.Skip, len(list))
	if q.After != nil {
		at, found := slices.BinarySearchFunc(list, q.After, compare)
		if found {
			at++
		}
		before = at
	}
	return Page{
		Contacts: list[before:][:min(q.Limit, len(list)-before)],
		Total:    len(list), Before: before,
	}
}

// Searchable returns the contacts of a location that searches find, with the changes that are
// visible now.
func (s *Store) Searchable(location, text string, now time.Time) []*gen.Contact {
	return s.search.visible(listKey{location, ""}, text, now)
}

// visible returns the contacts of a list whose name, company, email address or phone number contains
// a text. How the API searches has not been observed.
func (l *listing) visible(key listKey, text string, now time.Time) []*gen.Contact {
	l.catchUp(now)
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" {
		return l.lists[key]
	}
	var found []*gen.Contact
	for _, c := range l.lists[key] {
		values := strings.Join([]string{c.Name, c.CompanyName, c.Email, c.Phone}, "\n")
		if strings.Contains(strings.ToLower(values), text) {
			found = append(found, c)
		}
	}
	return found
}
