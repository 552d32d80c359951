package clienttest

import (
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// getContact answers GET /contacts/{contactId}.
func (s *Server) getContact(c *call) answer {
	r := s.store.get(c.id)
	if r == nil {
		return s.missing(c)
	}
	contact := newObject(1024)
	contact.writeDetail(r, &s.behavior)
	body := newObject(1200)
	body.raw("contact", contact.end())
	body.text("traceId", c.traceID)
	return succeed(http.StatusOK, body.end())
}

// missing is the answer for an id that no contact has.
func (s *Server) missing(c *call) answer {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return s.missingLocked(c)
}

// missingLocked does what missing does for a caller that holds the lock.
func (s *Server) missingLocked(c *call) answer {
	deleted, ok := s.store.deleted[c.id]
	if ok && c.now.Sub(deleted) < s.behavior.DeletedFor {
		return deletedJustNow(c.id)
	}
	return notFound(c.id)
}

// getContacts answers GET /contacts/.
func (s *Server) getContacts(c *call) answer {
	limit := bounded(numberIn(c.query, "limit", 20), s.behavior.PageMax)
	p := s.store.locationPage(c.location.ID, c.query.Get("query"), cursor(c.query), limit, c.now)

	body := s.listBody()
	s.writePage(body, p)
	s.writeMeta(body, c, p, limit)
	body.integer("count", int64(p.total))
	body.text("traceId", c.traceID)
	return succeedWith(body)
}

// getContactsByBusinessID answers GET /contacts/business/{businessId}.
func (s *Server) getContactsByBusinessID(c *call) answer {
	limit, skip := bounded(numberIn(c.query, "limit", 25), s.behavior.BusinessPageMax), numberIn(c.query, "skip", 0)
	p := s.store.businessPage(key{c.location.ID, c.id}, c.query.Get("query"), skip, limit, c.now)

	count := p.total
	if s.behavior.CountPage {
		count = len(p.records)
	}
	body := s.listBody()
	s.writePage(body, p)
	body.integer("count", int64(count))
	return succeedWith(body)
}

// listBody returns an object to write a list to. A page of a hundred contacts takes some 80 KB, which are used again.
func (s *Server) listBody() *object {
	if used, ok := s.bodies.Get().(*object); ok {
		used.bytes = append(used.bytes[:0], '{')
		return used
	}
	return newObject(4096)
}

func succeedWith(list *object) answer {
	a := succeed(http.StatusOK, list.end())
	a.pooled = list
	return a
}

// locationPage returns contacts of a location that follow a place in its list.
func (s *store) locationPage(location, text string, place *record, limit int, now time.Time) page {
	s.lockForList(now)
	defer s.mu.RUnlock()
	return s.pageAfter(s.listing.locations[location], text, place, limit)
}

// businessPage returns contacts of a business after the first ones.
func (s *store) businessPage(business key, text string, skip, limit int, now time.Time) page {
	s.lockForList(now)
	defer s.mu.RUnlock()
	return s.pageFrom(s.listing.businesses[business], text, skip, limit)
}

// lockForList takes the lock for reading, after the listing has caught up.
func (s *store) lockForList(now time.Time) {
	s.mu.RLock()
	if s.listing.isBehind(now) {
		s.mu.RUnlock()
		s.mu.Lock()
		s.listing.catchUp(now)
		s.mu.Unlock()
		s.mu.RLock()
	}
}

func (s *Server) writePage(body *object, p page) {
	body.name("contacts")
	body.bytes = append(body.bytes, '[')
	for i, r := range p.records {
		if i > 0 {
			body.bytes = append(body.bytes, ',')
		}
		item := object{append(body.bytes, '{')}
		item.writeItem(r, &s.behavior)
		body.bytes = item.end()
	}
	body.bytes = append(body.bytes, ']')
}

// cursor returns the place behind which a page begins. With one half of the cursor missing there is none: the API answers
// the first page again, forever.
func cursor(query url.Values) *record {
	after, err := strconv.ParseInt(query.Get("startAfter"), 10, 64)
	id := query.Get("startAfterId")
	if err != nil || id == "" {
		return nil
	}
	return &record{added: after, id: id}
}

func bounded(limit, most int) int {
	if most > 0 {
		return min(limit, most)
	}
	return limit
}

func numberIn(query url.Values, name string, otherwise int) int {
	number, err := strconv.Atoi(query.Get(name))
	if err != nil || number < 0 {
		return otherwise
	}
	return number
}
