package clienttest

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/normalize"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/store"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// Seed stores contacts directly, bypassing the API's checks, and returns them as they are stored. A
// contact with an existing ID replaces the stored one. Missing IDs, locations and dates are filled
// in: the first contact is the latest. Duplicates are stored. Phone numbers and tags are normalized
// as the API does. Concurrent requests see none or all of the contacts. A contact that cannot be
// stored ends the test; on a server of [Start] it causes a panic: programs use SeedJSON.
func (s *Server) Seed(contacts ...client.Contact) []client.Contact {
	stored, err := s.seedAll(contacts)
	if err != nil {
		s.fail("Seed", err)
	}
	return stored
}

func (s *Server) seedAll(contacts []client.Contact) (stored []client.Contact, err error) {
	now := s.Now()
	tx := s.store.Begin()
	defer tx.End()
	for i := range contacts {
		c, err := s.seed(tx, &contacts[i], now.Add(-time.Duration(i)*time.Millisecond))
		if err != nil {
			return nil, err
		}
		stored = append(stored, store.Clone(c))
	}
	return stored, nil
}

// SeedJSON does what Seed does with contacts in JSON, one per line, and returns their number. The
// error names the line; the lines before it are stored.
func (s *Server) SeedJSON(from io.Reader) (int, error) {
	now, seeded := s.Now(), 0
	lines := bufio.NewReaderSize(from, 1<<20)
	for number := 1; ; number++ {
		line, readErr := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			if err := s.seedLine(line, now.Add(-time.Duration(seeded)*time.Millisecond)); err != nil {
				return seeded, fmt.Errorf("line %d: %w", number, err)
			}
			seeded++
		}
		if errors.Is(readErr, io.EOF) {
			return seeded, nil
		}
		if readErr != nil {
			return seeded, readErr
		}
	}
}

func (s *Server) seedLine(line []byte, added time.Time) error {
	var contact client.Contact
	if err := jsonv2.Unmarshal(line, &contact, wire.Lenient); err != nil {
		return err
	}
	tx := s.store.Begin()
	defer tx.End()
	_, err := s.seed(tx, &contact, added)
	return err
}

// seed stores a contact with its missing values filled in.
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
	return c, tx.Put(c, time.Time{})
}

// WriteJSON writes all contacts in the form that SeedJSON reads, the latest first.
func (s *Server) WriteJSON(to io.Writer) error {
	lines := bufio.NewWriterSize(to, 1<<20)
	for _, c := range s.store.Sorted() {
		if err := jsonv2.MarshalWrite(lines, c); err != nil {
			return err
		}
		if err := lines.WriteByte('\n'); err != nil {
			return err
		}
	}
	return lines.Flush()
}

// The values of samples. The numbers of entries have no common factor, so that combinations repeat
// late.
var (
	sampleFirst  = []string{"Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Ken", "Margaret", "Dennis", "Hedy"}
	sampleLast   = []string{"Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Perlman"}
	sampleCity   = []string{"Dolomite", "Springfield", "Riverside", "Franklin", "Greenville"}
	sampleState  = []string{"AL", "IL", "CA", "TN", "SC"}
	sampleTags   = [][]string{{}, {"vip"}, {"newsletter", "spring"}, {"customer"}}
	sampleSource = []string{"public api", "landing page", "import"}
)

// SeedSamples adds n sample contacts to the server's own location. They are the same ones in every
// run, except for their dates: the i-th was added i minutes ago. About fifty share a business.
// Their email addresses end in example.com.
func (s *Server) SeedSamples(n int) error { return s.SeedSamplesIn(s.LocationID, n) }

// SeedSamplesIn adds n sample contacts to a location.
func (s *Server) SeedSamplesIn(locationID string, n int) error {
	now, location := s.Now(), s.location(locationID)
	for i := range n {
		if err := s.seedSample(location, i, now); err != nil {
			return err
		}
	}
	return nil
}

// seedSample stores the i-th sample of a location.
func (s *Server) seedSample(l *Location, i int, now time.Time) error {
	tx := s.store.Begin()
	defer tx.End()
	first, last := sampleFirst[i%len(sampleFirst)], sampleLast[i%len(sampleLast)]
	added := store.Millisecond(now.Add(-time.Duration(i) * time.Minute))
	c := &gen.Contact{
		ID: s.newContactID(tx), LocationID: l.ID, DateAdded: added, DateUpdated: added, Type: "lead",
		FirstName: first, LastName: last, Name: first + " " + last,
		Email:      strings.ToLower(first) + "." + strings.ToLower(last) + strconv.Itoa(i) + "@example.com",
		Phone:      "+1" + strconv.Itoa(2_010_000_000+i),
		Source:     sampleSource[i%len(sampleSource)],
		City:       sampleCity[i%len(sampleCity)],
		State:      sampleState[i%len(sampleState)],
		Country:    "US",
		BusinessID: fmt.Sprintf("641c09%018d", i/50),
		Tags:       sampleTags[i%len(sampleTags)],
	}
	field := slices.IndexFunc(l.Fields, func(f FieldDefinition) bool { return f.Type == FieldTypeNumber })
	if i%3 == 0 && field >= 0 {
		c.CustomFields = []gen.CustomField{{ID: l.Fields[field].ID, Value: json.RawMessage(strconv.Itoa(i))}}
	}
	return tx.Put(c, time.Time{})
}

// Contacts returns all contacts of all locations as they are stored, the latest first. Lists may
// lag behind it.
func (s *Server) Contacts() []client.Contact { return clones(s.store.Sorted()) }

// Contact returns the contact with an ID as it is stored.
func (s *Server) Contact(id string) (contact client.Contact, ok bool) {
	c := s.store.Get(id)
	if c == nil {
		return client.Contact{}, false
	}
	return store.Clone(c), true
}

// Len returns the number of contacts of all locations.
func (s *Server) Len() int { return s.store.Len() }

// Latest returns the contacts of all locations that were added last, at most n of them. Unlike
// [Server.Contacts] it does not read every contact; like lists it may lag behind.
func (s *Server) Latest(n int) []client.Contact { return clones(s.store.Latest(n, s.Now())) }

func clones(stored []*gen.Contact) []client.Contact {
	var contacts []client.Contact
	for _, c := range stored {
		contacts = append(contacts, store.Clone(c))
	}
	return contacts
}

// Snapshot is all contacts of a server at one time.
type Snapshot struct {
	contacts map[string]*gen.Contact // never changed
}

// Change is a contact that differs between two snapshots. Before or After is nil if one of them
// does not have it.
type Change struct {
	ID            string
	Before, After *client.Contact
}

// Snapshot returns the contacts as they are. It costs little: contacts that do not change later are
// shared.
func (s *Server) Snapshot() Snapshot { return Snapshot{s.store.Contacts()} }

// Since returns the contacts that were created, updated and deleted since an earlier snapshot of
// the same server, sorted by ID. An update that wrote the same values counts, because it changed
// dateUpdated.
func (s Snapshot) Since(earlier Snapshot) []Change {
	var changes []Change
	for id, after := range s.contacts {
		if before := earlier.contacts[id]; before != after {
			changes = append(changes, Change{id, clone(before), clone(after)})
		}
	}
	for id, before := range earlier.contacts {
		if s.contacts[id] == nil {
			changes = append(changes, Change{ID: id, Before: clone(before)})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.ID, b.ID) })
	return changes
}

// Len returns the number of contacts.
func (s Snapshot) Len() int { return len(s.contacts) }

func clone(c *gen.Contact) *client.Contact {
	if c == nil {
		return nil
	}
	return new(store.Clone(c))
}

// ContactJSON returns the contact with an ID as a get returns it, whichever location it belongs to.
func (s *Server) ContactJSON(id string) (contact []byte, ok bool) {
	c := s.store.Get(id)
	if c == nil {
		return nil, false
	}
	return s.detail(c), true
}
