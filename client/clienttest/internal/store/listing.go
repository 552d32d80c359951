package store

import (
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/normalize"
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

// replace replaces before by after once the lag has passed and all earlier changes are applied.
func (l *listing) replace(before, after *gen.Contact, now time.Time) {
	c := change{before, after, now.Add(l.lag)}
	if now.IsZero() {
		c.visible = now
	}
	if (now.IsZero() || l.lag == 0) && len(l.late) == 0 {
		l.apply(c)
		return
	}
	l.late = append(l.late, c)
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
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists.catchUp(now)
	list := s.lists.lists[listKey{q.Location, q.Business}]
	if text := strings.ToLower(strings.TrimSpace(q.Text)); text != "" {
		list = s.withText(q.Location, list, text)
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

// withText returns the contacts of a list that match a search text in lower case. If the text is
// the email address or phone number of contacts, it returns these contacts. Otherwise it returns
// those whose name, company, email address or phone number contains the text. How the API searches
// has not been observed.
func (s *Store) withText(location string, list []*gen.Contact, text string) []*gen.Contact {
	var found []*gen.Contact
	emails, phones := s.index[newIndexKey(location, "email", text)], s.index[newIndexKey(location, "phone", text)]
	for _, id := range slices.Concat(emails, phones) {
		if at, ok := slices.BinarySearchFunc(list, s.contacts[id], compare); ok {
			found = append(found, list[at]) // the version in the list, which may lag behind
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

// Search selects a page of a search.
type Search struct {
	Location, Text string
	Match          func(*gen.Contact) bool     // nil matches every contact
	Compare        func(a, b *gen.Contact) int // the order; nil is the order of lists, or its reverse
	Reverse        bool
	After          func(*gen.Contact) bool // reports whether a contact is after the cursor; nil for the first page
	Skip, Limit    int
}

// Search returns a page of a search, with the changes that are visible now, and the number of
// matching contacts on all pages.
func (s *Store) Search(q Search, now time.Time) (page []*gen.Contact, total int) {
	for _, c := range s.searchable(q, now) {
		if q.Match == nil || q.Match(c) {
			page = append(page, c)
		}
	}
	total = len(page)
	switch {
	case q.Compare != nil:
		slices.SortFunc(page, q.Compare)
	case q.Reverse:
		slices.Reverse(page)
	}
	begin := min(q.Skip, len(page))
	if q.After != nil {
		begin = sort.Search(len(page), func(i int) bool { return q.After(page[i]) })
	}
	page = page[begin:]
	return page[:min(q.Limit, len(page))], total
}

// searchable returns a copy of the list that a search reads.
func (s *Store) searchable(q Search, now time.Time) []*gen.Contact {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.search.catchUp(now)
	list := s.search.lists[listKey{q.Location, ""}]
	if text := strings.ToLower(strings.TrimSpace(q.Text)); text != "" {
		list = s.withText(q.Location, list, text)
	}
	return slices.Clone(list)
}
