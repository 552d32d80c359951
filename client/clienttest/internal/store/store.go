// Package store holds the contacts of a fake and finds them.
package store

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// Store holds contacts. The caller of a method holds the lock. A stored contact never changes: a
// write replaces it by another one. A contact needs about 3 KB of memory.
type Store struct {
	sync.Mutex

	contacts map[string]*gen.Contact
	deleted  map[string]time.Time
	index    map[indexKey][]string // IDs by email address and phone number
	lists    listing               // of GET /contacts/
	search   listing               // of POST /contacts/search
}

// New returns an empty store, whose lists and searches show writes after a lag.
func New(listLag, searchLag time.Duration) *Store {
	return &Store{
		contacts: map[string]*gen.Contact{}, deleted: map[string]time.Time{}, index: map[indexKey][]string{},
		lists:  listing{lag: listLag, lists: map[listKey][]*gen.Contact{}},
		search: listing{lag: searchLag, lists: map[listKey][]*gen.Contact{}},
	}
}

// Get returns the contact with an ID, or nil if there is none.
func (s *Store) Get(id string) *gen.Contact { return s.contacts[id] }

// Len returns the number of contacts.
func (s *Store) Len() int { return len(s.contacts) }

// Sorted returns all contacts in the order of lists.
func (s *Store) Sorted() []*gen.Contact {
	return slices.SortedFunc(maps.Values(s.contacts), compare)
}

// DeletedAt returns when the contact with an ID was deleted, or zero if it was not.
func (s *Store) DeletedAt(id string) time.Time { return s.deleted[id] }

// Put stores a normalized contact. It replaces the contact with the same ID. Lists and searches
// show the write after their lag, but not before earlier writes; if now is zero, they have no lag.
func (s *Store) Put(c *gen.Contact, now time.Time) {
	old := s.contacts[c.ID]
	s.unindex(old)
	s.contacts[c.ID] = c
	delete(s.deleted, c.ID)
	for _, key := range indexKeys(c) {
		if ids := s.index[key]; !slices.Contains(ids, c.ID) {
			s.index[key] = append(ids, c.ID)
		}
	}
	s.lists.replace(old, c, now)
	s.search.replace(old, c, now)
}

// Delete deletes the contact with an ID, which must exist. Lists and searches show it until their lag has passed.
func (s *Store) Delete(id string, now time.Time) {
	old := s.contacts[id]
	s.unindex(old)
	delete(s.contacts, id)
	s.lists.replace(old, nil, now)
	s.search.replace(old, nil, now)
	s.deleted[id] = now
}

// Oldest returns the oldest contact of a location that has a value, or nil. The property is
// "email", which includes secondary addresses and ignores case, or "phone", the primary number.
func (s *Store) Oldest(location, property, value string) (oldest *gen.Contact) {
	for _, id := range s.index[newIndexKey(location, property, value)] {
		if c := s.contacts[id]; oldest == nil || compare(oldest, c) < 0 {
			oldest = c
		}
	}
	return oldest
}

// unindex removes a contact from the index; nil is ignored.
func (s *Store) unindex(c *gen.Contact) {
	for _, key := range indexKeys(c) {
		ids := slices.DeleteFunc(s.index[key], func(id string) bool { return id == c.ID })
		if s.index[key] = ids; len(ids) == 0 {
			delete(s.index, key)
		}
	}
}

// indexKey is an email address or a phone number, in a location.
type indexKey struct{ location, property, value string }

func newIndexKey(location, property, value string) indexKey {
	return indexKey{location, property, strings.ToLower(value)}
}

// indexKeys returns the keys of a contact; nil has none.
func indexKeys(c *gen.Contact) []indexKey {
	if c == nil {
		return nil
	}
	var keys []indexKey
	if c.Email != "" {
		keys = append(keys, newIndexKey(c.LocationID, "email", c.Email))
	}
	for _, additional := range c.AdditionalEmails {
		keys = append(keys, newIndexKey(c.LocationID, "email", additional.Email))
	}
	if c.Phone != "" {
		keys = append(keys, newIndexKey(c.LocationID, "phone", c.Phone))
	}
	return keys
}
