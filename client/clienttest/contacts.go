package clienttest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/normalize"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/store"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// Seed stores contacts without the checks of the API, including duplicates, and returns them as
// they are stored. A contact with an existing ID replaces the stored one. Seed generates missing
// IDs and dates; by the generated dates, the first contact is the latest. It normalizes phone
// numbers and tags. An empty LocationID means the default location. Concurrent requests see none or
// all of the contacts.
//
// If a contact cannot be encoded as JSON, Seed ends the test; if the server was started by [Start],
// it panics.
func (s *Server) Seed(contacts ...client.Contact) []client.Contact {
	var stored []client.Contact
	now := s.Now()
	tx := s.store.Begin()
	defer tx.End()
	for i := range contacts {
		c, err := s.seed(tx, &contacts[i], now.Add(-time.Duration(i)*time.Millisecond))
		if err != nil {
			s.fail("Seed", err)
			return nil
		}
		stored = append(stored, store.Clone(c))
	}
	return stored
}

// seedOne stores a contact in a transaction of its own.
func (s *Server) seedOne(contact *client.Contact, added time.Time) error {
	tx := s.store.Begin()
	defer tx.End()
	_, err := s.seed(tx, contact, added)
	return err
}

// seed stores a contact, with generated values in place of missing ones.
func (s *Server) seed(tx *store.Tx, contact *client.Contact, added time.Time) (*gen.Contact, error) {
	c, err := store.Normalize(contact)
	if err != nil {
		return nil, err
	}
	c.LocationID = cmp.Or(c.LocationID, s.LocationID)
	c.Type = cmp.Or(c.Type, "lead")
	if c.DateAdded.IsZero() {
		c.DateAdded = store.Millisecond(added)
	}
	if c.DateUpdated.IsZero() {
		c.DateUpdated = c.DateAdded
	}
	if c.ID == "" {
		c.ID = s.newContactID(tx)
	}
	c.Phone = normalize.SeededPhone(c.Phone, s.location(c.LocationID).Country)
	if c.Tags != nil {
		c.Tags = normalize.Tags(c.Tags)
	}
	tx.Put(c, time.Time{})
	return c, nil
}

// The values of sample contacts. Cities and states belong together. The other lengths have no
// common factor, so that a combination repeats as late as possible.
var (
	sampleFirst  = []string{"Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Ken", "Margaret", "Dennis", "Hedy"}
	sampleLast   = []string{"Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Perlman"}
	sampleCity   = []string{"Dolomite", "Springfield", "Riverside", "Franklin", "Greenville"}
	sampleState  = []string{"AL", "IL", "CA", "TN", "SC"}
	sampleTags   = [][]string{{}, {"vip"}, {"newsletter", "spring"}, {"customer"}}
	sampleSource = []string{"public api", "landing page", "import"}
)

// SeedSamples adds n sample contacts to the default location. They are the same in every run,
// except for their dates: contact i was added i minutes ago. Fifty contacts belong to each
// business. The email addresses end in example.com.
func (s *Server) SeedSamples(n int) error { return s.SeedSamplesIn(s.LocationID, n) }

// SeedSamplesIn adds the sample contacts of [Server.SeedSamples] to a location.
func (s *Server) SeedSamplesIn(locationID string, n int) error {
	now, location := s.Now(), s.location(locationID)
	for i := range n {
		if err := s.seedOne(location.sample(i), now.Add(-time.Duration(i)*time.Minute)); err != nil {
			return err
		}
	}
	return nil
}

// sample returns sample contact i of a location.
func (l *Location) sample(i int) *gen.Contact {
	first, last := sampleFirst[i%len(sampleFirst)], sampleLast[i%len(sampleLast)]
	c := &gen.Contact{
		LocationID: l.ID, FirstName: first, LastName: last,
		Email:      strings.ToLower(first) + "." + strings.ToLower(last) + strconv.Itoa(i) + "@example.com",
		Phone:      "+1" + strconv.Itoa(2_010_000_000+i),
		Source:     sampleSource[i%len(sampleSource)],
		City:       sampleCity[i%len(sampleCity)],
		State:      sampleState[i%len(sampleState)],
		Country:    "US",
		BusinessID: fmt.Sprintf("641c09%018d", i/50),
		Tags:       sampleTags[i%len(sampleTags)],
	}
	field := slices.IndexFunc(l.Fields, func(f gen.CustomFieldDefinition) bool { return f.DataType == "NUMERICAL" })
	if i%3 == 0 && field >= 0 {
		c.CustomFields = []gen.CustomField{{ID: l.Fields[field].ID, Value: json.RawMessage(strconv.Itoa(i))}}
	}
	return c
}

// Contacts returns all contacts of all locations as they are stored, the latest first. It includes
// writes that lists do not show yet.
func (s *Server) Contacts() []client.Contact { return clones(s.store.Sorted()) }

// Contact returns the contact with an ID as it is stored, and reports whether it exists.
func (s *Server) Contact(id string) (contact client.Contact, ok bool) {
	c := s.store.Get(id)
	if c == nil {
		return client.Contact{}, false
	}
	return store.Clone(c), true
}

// Len returns the number of contacts of all locations.
func (s *Server) Len() int { return s.store.Len() }

// Latest returns the n latest contacts of all locations. It is faster than [Server.Contacts],
// because it does not read every contact. Like lists, it lags behind writes by Behavior.IndexLag.
func (s *Server) Latest(n int) []client.Contact { return clones(s.store.Latest(n, s.Now())) }

func clones(stored []*gen.Contact) []client.Contact {
	var contacts []client.Contact
	for _, c := range stored {
		contacts = append(contacts, store.Clone(c))
	}
	return contacts
}
