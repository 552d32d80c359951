package clienttest

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/highlevel-contacts/contacts-go/client"
)

// Seed puts contacts into the fake as if they had been there before, and returns them as they are stored. A contact whose id
// exists replaces the one that is there. Missing ids, locations and dates are filled in: the first contact given is the
// latest. Duplicates are not refused. Phone numbers and tags are brought to the form in which the API has them. What the
// other requests see is either none or all of the contacts.
func (s *Server) Seed(contacts ...client.Contact) []client.Contact {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	now := s.Now().UnixMilli()
	stored := make([]client.Contact, len(contacts))
	for i := range contacts {
		r := s.seeded(&contacts[i], now-int64(i))
		if err := s.store.put(r, time.Time{}); err != nil {
			panic(fmt.Sprintf("clienttest: Seed: %v", err))
		}
		stored[i] = r.contact()
	}
	return stored
}

// SeedJSON does what Seed does with contacts in JSON, one a line, until the end of the reader, and returns their number. Its
// errors name the line; the lines before it are stored.
func (s *Server) SeedJSON(from io.Reader) (int, error) {
	now, seeded := s.Now().UnixMilli(), 0
	lines := bufio.NewReaderSize(from, 1<<20)
	var contact client.Contact // one for all lines: it is 2.6 KB
	for number := 1; ; number++ {
		line, readErr := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			contact = client.Contact{}
			if err := json.Unmarshal(line, &contact, lenient); err != nil {
				return seeded, fmt.Errorf("line %d: %w", number, err)
			}
			if err := s.seed(&contact, now-int64(seeded)); err != nil {
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

func (s *Server) seed(contact *client.Contact, added int64) error {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	return s.store.put(s.seeded(contact, added), time.Time{})
}

// seeded makes a record of a contact. The caller holds the lock.
func (s *Server) seeded(contact *client.Contact, added int64) *record {
	r := newRecord(contact)
	r.location = cmp.Or(r.location, s.LocationID)
	r.added = cmp.Or(r.added, added)
	r.updated = cmp.Or(r.updated, r.added)
	if r.id == "" {
		r.id = s.newContactID()
	}
	if r.text(contactType) == "" {
		r.setText(contactType, "lead")
	}
	if number := r.text(phone); number != "" && !isE164(number) {
		if e164, ok := normalPhone(number, s.locationOf(r.location).Country); ok {
			r.setText(phone, e164)
		}
	}
	if r.tags != nil {
		r.tags = normalTags(r.tags)
	}
	return r
}

// WriteJSON writes all contacts in the form that SeedJSON reads, the latest first.
func (s *Server) WriteJSON(to io.Writer) error {
	lines := bufio.NewWriterSize(to, 1<<20)
	for r := range s.records() {
		line, err := jsonLine(r)
		if err != nil {
			return err
		}
		if _, err := lines.Write(line); err != nil {
			return err
		}
	}
	return lines.Flush()
}

// records ranges over all contacts as they are when the range begins.
func (s *Server) records() iter.Seq[*record] {
	return func(yield func(*record) bool) {
		for _, r := range s.sorted() {
			if !yield(r) {
				return
			}
		}
	}
}
