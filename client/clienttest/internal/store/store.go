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

// Store holds contacts. A stored contact never changes: a write replaces it by another one.
// Responses and snapshots can therefore share contacts without a lock. A contact needs about 3 KB
// of memory.
type Store struct {
	mu       sync.Mutex
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

// Begin locks the store for reading and writing. The caller must call [Tx.End]. Each write is
// applied immediately, and is not undone if a later one fails.
func (s *Store) Begin() *Tx {
	s.mu.Lock()
	return &Tx{s}
}

// Get returns the contact with an ID, or nil if there is none.
func (s *Store) Get(id string) *gen.Contact {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.contacts[id]
}

// Len returns the number of contacts.
func (s *Store) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.contacts)
}

// Sorted returns all contacts in the order of lists.
func (s *Store) Sorted() []*gen.Contact {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.contacts), compare)
}

// Tx reads and changes a locked store.
type Tx struct{ s *Store }

// End unlocks the store.
func (tx *Tx) End() { tx.s.mu.Unlock() }

// Get returns the contact with an ID, or nil if there is none.
func (tx *Tx) Get(id string) *gen.Contact { return tx.s.contacts[id] }

// DeletedAt returns when the contact with an ID was deleted, or zero if it was not.
func (tx *Tx) DeletedAt(id string) time.Time { return tx.s.deleted[id] }

// Put stores a normalized contact. It replaces the contact with the same ID. Lists and searches
// show the write after their lag, but not before earlier writes; if now is zero, they have no lag.
func (tx *Tx) Put(c *gen.Contact, now time.Time) {
	old := tx.s.contacts[c.ID]
	tx.unindex(old)
	tx.s.contacts[c.ID] = c
	delete(tx.s.deleted, c.ID)
	for _, key := range indexKeys(c) {
		if ids := tx.s.index[key]; !slices.Contains(ids, c.ID) {
			tx.s.index[key] = append(ids, c.ID)
		}
	}
	tx.s.lists.replace(old, c, now)
	tx.s.search.replace(old, c, now)
}

// Delete deletes the contact with an ID, which must exist. Lists and searches show it until their lag has passed.
func (tx *Tx) Delete(id string, now time.Time) {
	old := tx.s.contacts[id]
	tx.unindex(old)
	delete(tx.s.contacts, id)
	tx.s.lists.replace(old, nil, now)
	tx.s.search.replace(old, nil, now)
	tx.s.deleted[id] = now
}

// Oldest returns the oldest contact of a location that has a value, or nil. The property is
// "email", which includes secondary addresses and ignores case, or "phone", the primary number.
func (tx *Tx) Oldest(location, property, value string) (oldest *gen.Contact) {
	for _, id := range tx.s.index[newIndexKey(location, property, value)] {
		if c := tx.s.contacts[id]; oldest == nil || compare(oldest, c) < 0 {
			oldest = c
		}
	}
	return oldest
}

// unindex removes a contact from the index; nil is ignored.
func (tx *Tx) unindex(c *gen.Contact) {
	for _, key := range indexKeys(c) {
		ids := slices.DeleteFunc(tx.s.index[key], func(id string) bool { return id == c.ID })
		if tx.s.index[key] = ids; len(ids) == 0 {
			delete(tx.s.index, key)
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
