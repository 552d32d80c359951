package clienttest

import (
	"maps"
	"net/url"
	"strconv"
)

// writeMeta writes the meta of a list, with the end of the list in the shape that was chosen.
func (s *Server) writeMeta(body *object, c *call, p page, limit int) {
	end, isEmpty := s.behavior.ListEnd, len(p.records) == 0
	switch {
	case s.behavior.ListMeta == ListMetaNone || isEmpty && end == ListEndNoMeta:
		return
	case s.behavior.ListMeta == ListMetaEmpty || isEmpty && end == ListEndEmptyMeta:
		body.raw("meta", []byte("{}"))
		return
	}
	number := 1 + p.before/max(limit, 1)
	if p.before%max(limit, 1) > 0 {
		number++
	}
	meta := newObject(512)
	meta.integer("total", int64(p.total))
	s.writeNext(meta, c, p, number)
	meta.integer("currentPage", int64(number))
	if number > 1 {
		meta.integer("prevPage", int64(number-1))
	} else {
		meta.null("prevPage")
	}
	body.raw("meta", meta.end())
}

// writeNext writes the members that lead to the next page.
func (s *Server) writeNext(meta *object, c *call, p page, number int) {
	ends := p.last()
	switch s.behavior.ListEnd {
	case ListEndEmptyMeta, ListEndNoCursor, ListEndNoMeta:
		ends = len(p.records) == 0 // what follows a page with contacts may be an empty one
	}
	var next string
	if len(p.records) > 0 {
		last := p.records[len(p.records)-1]
		if cursor := s.behavior.ListMeta; cursor != ListMetaNoCursor {
			if cursor != ListMetaHalfCursor {
				meta.text("startAfterId", last.id)
			}
			meta.integer("startAfter", last.added)
		}
		next = nextPageURL(c.query, last)
	}
	switch {
	case !ends:
		if s.behavior.ListMeta != ListMetaURLOnly {
			meta.integer("nextPage", int64(number+1))
		}
		meta.text("nextPageUrl", next)
	case s.behavior.ListEnd == ListEndEmptyString:
		meta.raw("nextPage", []byte(`""`))
		meta.textOrNull("nextPageUrl", next)
	default:
		meta.null("nextPage")
		meta.null("nextPageUrl")
	}
}

// nextPageURL is on a host that leads nowhere, as the API's often is: clients must build the next request themselves.
func nextPageURL(query url.Values, last *record) string {
	next := maps.Clone(query)
	next.Set("startAfter", strconv.FormatInt(last.added, 10))
	next.Set("startAfterId", last.id)
	return "http://localhost:8080/contacts/?" + next.Encode()
}
