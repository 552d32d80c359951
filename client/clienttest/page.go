package clienttest

import (
	"slices"
	"strings"
)

// page is a part of a list.
type page struct {
	records []*record
	total   int // contacts that match, on all pages
	before  int // of them, those that stand before this page
}

// last tells that no contact follows.
func (p page) last() bool {
	return p.before+len(p.records) >= p.total
}

// pageAfter returns the contacts behind a place in a list, from its beginning if the place is nil. The caller holds the
// lock.
func (s *store) pageAfter(o *order, text string, place *record, limit int) page {
	if o == nil {
		return page{}
	}
	if text != "" {
		return cut(s.search(o, text), place, 0, limit)
	}
	p := page{total: o.Len()}
	take := func(r *record) bool {
		if len(p.records) < limit && (place == nil || precedes(place, r)) {
			p.records = append(p.records, r)
		}
		return len(p.records) < limit
	}
	if place == nil {
		o.Scan(take)
		return p
	}
	p.before = rank(o, place)
	o.Ascend(place, take)
	return p
}

// pageFrom returns the contacts behind the first ones of a list. The caller holds the lock.
func (s *store) pageFrom(o *order, text string, skip, limit int) page {
	if o == nil {
		return page{}
	}
	if text != "" {
		return cut(s.search(o, text), nil, skip, limit)
	}
	p := page{total: o.Len(), before: min(skip, o.Len())}
	if first, ok := o.GetAt(skip); ok && limit > 0 {
		o.Ascend(first, func(r *record) bool {
			p.records = append(p.records, r)
			return len(p.records) < limit
		})
	}
	return p
}

func cut(found []*record, place *record, skip, limit int) page {
	before := min(skip, len(found))
	for place != nil && before < len(found) && !precedes(place, found[before]) {
		before++
	}
	return page{records: found[before:][:min(limit, len(found)-before)], total: len(found), before: before}
}

// search returns the contacts of a list that match a query. A query that is wholly the e-mail address or phone number of a
// contact finds what has it, through the index; any other is looked for in names, company, address and number of every
// contact. What the API searches, and how, is not known.
func (s *store) search(o *order, query string) []*record {
	query = strings.ToLower(strings.TrimSpace(query))
	if found := s.exact(o, query); len(found) > 0 {
		return found
	}
	var found []*record
	o.Scan(func(r *record) bool {
		if r.contains(query) {
			found = append(found, r)
		}
		return true
	})
	return found
}

func (s *store) exact(o *order, query string) []*record {
	first, ok := o.Min()
	if !ok {
		return nil
	}
	ids := s.byEmail.ids(first.location, query)
	if ids == nil {
		ids = s.byPhone.ids(first.location, query)
	}
	var found []*record
	for _, id := range ids {
		if r, ok := o.Get(s.byID[id]); ok { // as the listing has it, which may lag behind
			found = append(found, r)
		}
	}
	slices.SortFunc(found, compare)
	return found
}

func (r *record) contains(query string) bool {
	if strings.Contains(strings.ToLower(r.fullName()), query) {
		return true
	}
	return slices.ContainsFunc([]text{companyName, email, phone}, func(member text) bool {
		return strings.Contains(strings.ToLower(r.text(member)), query)
	})
}
