package clienttest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// What samples are made of. The numbers of entries have no common factor, so that combinations do not repeat soon.
var (
	sampleFirst  = []string{"Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Ken", "Margaret", "Dennis", "Hedy"}
	sampleLast   = []string{"Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Perlman"}
	sampleCity   = []string{"Dolomite", "Springfield", "Riverside", "Franklin", "Greenville"}
	sampleState  = []string{"AL", "IL", "CA", "TN", "SC"}
	sampleTags   = [][]string{{}, {"vip"}, {"newsletter", "spring"}, {"customer"}}
	sampleSource = []string{"public api", "landing page", "import"}
)

// SeedSamples adds n sample contacts to the server's own location. They are the same ones in every
// run, except for their dates: the i-th was added i minutes ago. About fifty share a business. Their
// email addresses end in example.com.
func (s *Server) SeedSamples(n int) error {
	return s.SeedSamplesIn(s.LocationID, n)
}

// SeedSamplesIn adds n sample contacts to a location.
func (s *Server) SeedSamplesIn(locationID string, n int) error {
	const batch = 1000 // other requests get in between
	now := s.Now().UnixMilli()
	for from := 0; from < n; from += batch {
		if err := s.seedSamples(locationID, from, min(from+batch, n), now); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) seedSamples(locationID string, from, to int, now int64) error {
	location := s.locationOf(locationID)
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	for i := from; i < to; i++ {
		if err := s.store.put(s.sample(location, i, now), time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// sample makes the i-th sample. The caller holds the lock.
func (s *Server) sample(l *Location, i int, now int64) *record {
	first, last := sampleFirst[i%len(sampleFirst)], sampleLast[i%len(sampleLast)]
	added := now - int64(i)*time.Minute.Milliseconds()
	r := &record{
		id: s.newContactID(), location: l.ID, added: added, updated: added,
		tags: sampleTags[i%len(sampleTags)],
		rest: &noRest,
	}
	r.texts = packTexts([]textValue{
		{firstName, first},
		{lastName, last},
		{email, strings.ToLower(first) + "." + strings.ToLower(last) + strconv.Itoa(i) + "@example.com"},
		{phone, "+1" + strconv.Itoa(2_010_000_000+i)},
		{contactType, "lead"},
		{source, sampleSource[i%len(sampleSource)]},
		{city, sampleCity[i%len(sampleCity)]},
		{state, sampleState[i%len(sampleState)]},
		{country, "US"},
		{businessID, fmt.Sprintf("641c09%018d", i/50)},
	})
	number := slices.IndexFunc(l.Fields, func(f FieldDefinition) bool { return f.Type == FieldTypeNumber })
	if i%3 == 0 && number >= 0 {
		r.fields = []gen.CustomField{{ID: l.Fields[number].ID, Value: json.RawMessage(strconv.Itoa(i))}}
	}
	return r
}

// Latest returns the contacts of all locations that were added last, at most n of them. Unlike [Server.Contacts] it does not
// look at every contact; like lists it may lag behind.
func (s *Server) Latest(n int) []client.Contact {
	s.store.lockForList(s.Now())
	var found []*record
	for _, o := range s.store.listing.locations {
		found = append(found, s.store.pageFrom(o, "", 0, n).records...)
	}
	s.store.mu.RUnlock()
	return models(found, n)
}
