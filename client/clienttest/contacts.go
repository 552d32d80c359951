package clienttest

import (
	"cmp"
	stdjson "encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

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
	stored, err := s.seed(contacts, time.Millisecond)
	if err != nil {
		s.fail("Seed", err)
	}
	return stored
}

// seed stores contacts, with generated values in place of missing ones. Each contact was added some
// time before the previous one.
func (s *Server) seed(contacts []client.Contact, apart time.Duration) ([]client.Contact, error) {
	var stored []client.Contact
	now := store.Millisecond(s.Now())
	s.store.Lock()
	defer s.store.Unlock()
	for i := range contacts {
		c := store.Normalize(&contacts[i])
		if _, err := json.Marshal(&c); err != nil {
			return nil, fmt.Errorf("contact %d cannot be encoded as JSON: %w", i+1, err)
		}
		c.LocationID = cmp.Or(c.LocationID, s.LocationID)
		c.Type = cmp.Or(c.Type, "lead")
		if c.DateAdded.IsZero() {
			c.DateAdded = now.Add(-time.Duration(i) * apart)
		}
		if c.DateUpdated.IsZero() {
			c.DateUpdated = c.DateAdded
		}
		if c.ID == "" {
			c.ID = s.newContactID()
		}
		if number, ok := normalize.Phone(c.Phone, s.location(c.LocationID).Country); ok {
			c.Phone = number
		}
		c.Tags = normalize.Tags(c.Tags)
		s.store.Put(&c, time.Time{})
		stored = append(stored, store.Clone(&c))
	}
	return stored, nil
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
	location := s.location(locationID)
	samples := make([]client.Contact, n)
	for i := range samples {
		samples[i] = location.sample(i)
	}
	_, err := s.seed(samples, time.Minute)
	return err
}

// sample returns sample contact i of a location.
func (l *Location) sample(i int) gen.Contact {
	first, last := sampleFirst[i%len(sampleFirst)], sampleLast[i%len(sampleLast)]
	c := gen.Contact{
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
		c.CustomFields = []gen.CustomField{{ID: l.Fields[field].ID, Value: stdjson.RawMessage(strconv.Itoa(i))}}
	}
	return c
}

// Contacts returns all contacts of all locations as they are stored, the latest first. It includes
// writes that lists do not show yet.
func (s *Server) Contacts() []client.Contact {
	s.store.Lock()
	defer s.store.Unlock()
	var contacts []client.Contact
	for _, c := range s.store.Sorted() {
		contacts = append(contacts, store.Clone(c))
	}
	return contacts
}

// Contact returns the contact with an ID as it is stored, and reports whether it exists.
func (s *Server) Contact(id string) (contact client.Contact, ok bool) {
	s.store.Lock()
	defer s.store.Unlock()
	c := s.store.Get(id)
	if c == nil {
		return client.Contact{}, false
	}
	return store.Clone(c), true
}

// Len returns the number of contacts of all locations.
func (s *Server) Len() int {
	s.store.Lock()
	defer s.store.Unlock()
	return s.store.Len()
}
