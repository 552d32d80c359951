package clienttest

import (
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/store"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// getContact handles GET /contacts/{contactId}.
func (s *Server) getContact(c *call) (wire.Response, error) {
	found := s.store.Get(c.id)
	if found == nil {
		return wire.Response{}, s.notFound(c)
	}
	return c.ok(http.StatusOK, wire.Object{"contact": wire.Detail(found)})
}

// notFound returns the error for the ID of a contact that does not exist.
func (s *Server) notFound(c *call) error {
	if c.now.Sub(s.store.DeletedAt(c.id)) < deletedMessageDuration {
		return wire.NewError(http.StatusBadRequest, "Contact not found for id:"+c.id)
	}
	return wire.NotFound(c.id)
}

// getContacts handles GET /contacts/.
func (s *Server) getContacts(c *call) (wire.Response, error) {
	limit := queryInt(c.query, "limit", 20)
	page := s.store.Page(store.Query{
		Location: c.location.ID, Text: c.query.Get("query"), After: cursor(c.query), Limit: limit,
	}, c.now)
	body := wire.Object{"contacts": objects(page.Contacts, wire.Item), "count": page.Total}
	if meta := s.meta(c, page, limit); meta != nil {
		body["meta"] = meta
	}
	return c.ok(http.StatusOK, body)
}

// getContactsByBusinessID handles GET /contacts/business/{businessId}.
func (s *Server) getContactsByBusinessID(c *call) (wire.Response, error) {
	page := s.store.Page(store.Query{
		Location: c.location.ID, Business: c.id, Text: c.query.Get("query"),
		Limit: queryInt(c.query, "limit", 25), Skip: queryInt(c.query, "skip", 0),
	}, c.now)
	return c.ok(http.StatusOK, wire.Object{"contacts": objects(page.Contacts, wire.Item), "count": page.Total})
}

// objects returns the JSON objects of a list.
func objects[T any](items []T, object func(T) wire.Object) []wire.Object {
	list := make([]wire.Object, len(items))
	for i, item := range items {
		list[i] = object(item)
	}
	return list
}

// cursor returns the position after which a page begins. If one half of the cursor is missing, it
// returns nil: the API then returns the first page again.
func cursor(query url.Values) *gen.Contact {
	after, err := strconv.ParseInt(query.Get("startAfter"), 10, 64)
	id := query.Get("startAfterId")
	if err != nil || id == "" {
		return nil
	}
	return &gen.Contact{DateAdded: time.UnixMilli(after), ID: id}
}

func queryInt(query url.Values, name string, fallback int) int {
	n, err := strconv.Atoi(query.Get(name))
	if err != nil || n < 0 {
		return fallback
	}
	return n
}

// meta returns the meta of a page as Behavior.ListEnd selects it, or nil if the page has none.
func (s *Server) meta(c *call, page store.Page, limit int) wire.Object {
	end, isEmpty := s.behavior.ListEnd, len(page.Contacts) == 0
	switch {
	case isEmpty && end == ListEndNoMeta:
		return nil
	case isEmpty && end == ListEndEmptyMeta:
		return wire.Object{}
	}
	number := 1 + (page.Before+limit-1)/limit
	meta := wire.Object{"total": page.Total, "currentPage": number, "prevPage": nil, "nextPage": nil, "nextPageUrl": nil}
	if number > 1 {
		meta["prevPage"] = number - 1
	}
	isLast := page.IsLast()
	if end != ListEndNull && end != ListEndEmptyString {
		isLast = isEmpty // every page with contacts has a next page
	}
	if !isEmpty {
		last := page.Contacts[len(page.Contacts)-1]
		meta["startAfterId"], meta["startAfter"] = last.ID, last.DateAdded.UnixMilli()
		if !isLast || end == ListEndEmptyString {
			meta["nextPageUrl"] = nextPageURL(c.query, last)
		}
	}
	switch {
	case !isLast:
		meta["nextPage"] = number + 1
	case end == ListEndEmptyString:
		meta["nextPage"] = ""
	}
	return meta
}

// nextPageURL returns the URL of the next page on a wrong host, as the API often does. Clients must
// build the next request themselves.
func nextPageURL(query url.Values, last *gen.Contact) string {
	next := maps.Clone(query)
	next.Set("startAfter", strconv.FormatInt(last.DateAdded.UnixMilli(), 10))
	next.Set("startAfterId", last.ID)
	return "http://localhost:8080/contacts/?" + next.Encode()
}
