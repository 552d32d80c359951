// Package store holds the contacts of a fake, finds them and keeps them in a file.
package store

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// Store holds contacts. A stored contact is never changed: a write stores another one, so that
// responses and snapshots can share contacts without a lock. A contact takes about 3 KB, 100,000 of
// them 300 MB.
type Store struct {
	mu       sync.Mutex
	contacts map[string]*gen.Contact
	deleted  map[string]time.Time
	emails   index // by address in lower case, primary or not
	phones   index // by primary number
	listing  listing
	journal  *journal // nil without a file
}

// New returns an empty store.
func New() *Store {
	return &Store{
		contacts: map[string]*gen.Contact{}, deleted: map[string]time.Time{},
		emails: index{}, phones: index{}, listing: listing{lists: map[listKey][]*gen.Contact{}},
	}
}

// Begin locks the store for reading and writing. The caller must call End. Writes are applied
// immediately and are not undone when a later one fails.
func (s *Store) Begin() *Tx {
	s.mu.Lock()
	return &Tx{s}
}

// Get returns the contact with an ID, nil if there is none.
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

// Contacts returns all contacts by ID.
func (s *Store) Contacts() map[string]*gen.Contact {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.contacts)
}

// Sorted returns all contacts in the order of lists.
func (s *Store) Sorted() []*gen.Contact {
	return slices.SortedFunc(maps.Values(s.Contacts()), compare)
}

// Latest returns the first n contacts of all locations in the order of lists, as lists show them.
func (s *Store) Latest(n int, now time.Time) []*gen.Contact {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listing.catchUp(now)
	var found []*gen.Contact
	for key, list := range s.listing.lists {
		if key.business == "" {
			found = append(found, list[:min(n, len(list))]...)
		}
	}
	slices.SortFunc(found, compare)
	return found[:min(n, len(found))]
}

// Close closes the file of the store.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.close()
}

// Tx reads and changes a locked store.
type Tx struct{ s *Store }

// End unlocks the store.
func (tx *Tx) End() { tx.s.mu.Unlock() }

// Get returns the contact with an ID, nil if there is none.
func (tx *Tx) Get(id string) *gen.Contact { return tx.s.contacts[id] }

// DeletedAt returns when the contact with an ID was deleted, and reports whether it was.
func (tx *Tx) DeletedAt(id string) (at time.Time, ok bool) {
	at, ok = tx.s.deleted[id]
	return at, ok
}

// Put stores a normalized contact in place of the one with the same ID, if there is one. Lists show
// it from the time visible on; a zero time shows it at once.
func (tx *Tx) Put(c *gen.Contact, visible time.Time) error {
	if c.ID == "" {
		return errors.New("a contact without an ID")
	}
	if err := tx.s.journal.write(c); err != nil {
		return err
	}
	old := tx.s.contacts[c.ID]
	tx.unindex(old)
	tx.s.contacts[c.ID] = c
	delete(tx.s.deleted, c.ID)
	for _, address := range emails(c) {
		tx.s.emails.add(c.LocationID, address, c.ID)
	}
	if c.Phone != "" {
		tx.s.phones.add(c.LocationID, c.Phone, c.ID)
	}
	tx.s.listing.change(old, c, visible)
	return nil
}

// Delete deletes the contact with an ID, if there is one.
func (tx *Tx) Delete(id string, now, visible time.Time) error {
	old := tx.s.contacts[id]
	if old != nil {
		if err := tx.s.journal.write(deletedLine{id, true}); err != nil {
			return err
		}
		tx.unindex(old)
		delete(tx.s.contacts, id)
		tx.s.listing.change(old, nil, visible)
	}
	tx.s.deleted[id] = now
	return nil
}

// ByEmail returns the contact of a location that has an email address, primary or not, in any case;
// the oldest of several, nil if there is none.
func (tx *Tx) ByEmail(location, address string) *gen.Contact {
	return tx.oldest(tx.s.emails.ids(location, strings.ToLower(address)))
}

// ByPhone returns the contact of a location that has a phone number; the oldest of several, nil if
// there is none.
func (tx *Tx) ByPhone(location, number string) *gen.Contact {
	return tx.oldest(tx.s.phones.ids(location, number))
}

func (tx *Tx) oldest(ids []string) (oldest *gen.Contact) {
	for _, id := range ids {
		if c := tx.s.contacts[id]; oldest == nil || compare(oldest, c) < 0 {
			oldest = c
		}
	}
	return oldest
}

func (tx *Tx) unindex(c *gen.Contact) {
	if c == nil {
		return
	}
	for _, address := range emails(c) {
		tx.s.emails.drop(c.LocationID, address, c.ID)
	}
	if c.Phone != "" {
		tx.s.phones.drop(c.LocationID, c.Phone, c.ID)
	}
}

type indexKey struct{ location, value string }

// index finds the IDs of contacts by location and value.
type index map[indexKey][]string

func (x index) ids(location, value string) []string { return x[indexKey{location, value}] }

func (x index) add(location, value, id string) {
	key := indexKey{location, value}
	if !slices.Contains(x[key], id) {
		x[key] = append(x[key], id)
	}
}

func (x index) drop(location, value, id string) {
	key := indexKey{location, value}
	x[key] = slices.DeleteFunc(x[key], func(other string) bool { return other == id })
	if len(x[key]) == 0 {
		delete(x, key)
	}
}
