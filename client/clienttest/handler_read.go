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
	tx := s.store.Begin()
	defer tx.End()
	found := tx.Get(c.id)
	if found == nil {
		return wire.Response{}, s.notFound(tx, c)
	}
	var body wire.Object
	body.Raw("contact", detail(found))
	body.String("traceId", c.traceID)
	return wire.JSON(http.StatusOK, body.End()), nil
}

// notFound returns the error for the ID of a contact that does not exist.
func (s *Server) notFound(tx *store.Tx, c *call) error {
	if at, ok := tx.DeletedAt(c.id); ok && c.now.Sub(at) < deletedMessageDuration {
		return wire.NewError(http.StatusBadRequest, "Contact not found for id:"+c.id, "")
	}
	return wire.NotFound(c.id)
}

// detail returns a contact in the shape of get, update and upsert.
func detail(c *gen.Contact) []byte {
	var o wire.Object
	o.WriteDetail(c)
	return o.End()
}

// getContacts handles GET /contacts/.
func (s *Server) getContacts(c *call) (wire.Response, error) {
	limit := queryInt(c.query, "limit", 20)
	page := s.store.Page(store.Query{
		Location: c.location.ID, Text: c.query.Get("query"), After: cursor(c.query), Limit: limit,
	}, c.now)
	body := listBody(page)
	s.writeMeta(body, c, page, limit)
	body.Value("count", page.Total)
	body.String("traceId", c.traceID)
	return wire.JSON(http.StatusOK, body.End()), nil
}

// getContactsByBusinessID handles GET /contacts/business/{businessId}.
func (s *Server) getContactsByBusinessID(c *call) (wire.Response, error) {
	page := s.store.Page(store.Query{
		Location: c.location.ID, Business: c.id, Text: c.query.Get("query"),
		Limit: queryInt(c.query, "limit", 25), Skip: queryInt(c.query, "skip", 0),
	}, c.now)
	body := listBody(page)
	body.Value("count", page.Total)
	body.String("traceId", c.traceID)
	return wire.JSON(http.StatusOK, body.End()), nil
}

func listBody(page store.Page) *wire.Object {
	var body wire.Object
	wire.Objects(&body, "contacts", page.Contacts, (*wire.Object).WriteItem)
	return &body
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

// writeMeta writes the meta of a list as Behavior.ListEnd selects it.
func (s *Server) writeMeta(body *wire.Object, c *call, page store.Page, limit int) {
	end, isEmpty := s.behavior.ListEnd, len(page.Contacts) == 0
	switch {
	case isEmpty && end == ListEndNoMeta:
		return
	case isEmpty && end == ListEndEmptyMeta:
		body.Raw("meta", []byte("{}"))
		return
	}
	limit = max(limit, 1) // without validation it can be 0
	pageNumber := 1 + (page.Before+limit-1)/limit
	var meta wire.Object
	meta.Value("total", page.Total)
	s.writeNext(&meta, c, page, pageNumber)
	meta.Value("currentPage", pageNumber)
	if pageNumber > 1 {
		meta.Value("prevPage", pageNumber-1)
	} else {
		meta.Raw("prevPage", nil)
	}
	body.Raw("meta", meta.End())
}

// writeNext writes the properties that describe the next page.
func (s *Server) writeNext(meta *wire.Object, c *call, page store.Page, pageNumber int) {
	isLast := page.IsLast()
	if end := s.behavior.ListEnd; end != ListEndNull && end != ListEndEmptyString {
		isLast = len(page.Contacts) == 0 // every page with contacts has a next page
	}
	var next string
	if len(page.Contacts) > 0 {
		last := page.Contacts[len(page.Contacts)-1]
		meta.String("startAfterId", last.ID)
		meta.Value("startAfter", last.DateAdded.UnixMilli())
		next = nextPageURL(c.query, last)
	}
	switch {
	case !isLast:
		meta.Value("nextPage", pageNumber+1)
		meta.String("nextPageUrl", next)
	case s.behavior.ListEnd == ListEndEmptyString:
		meta.Raw("nextPage", []byte(`""`))
		meta.StringOrNull("nextPageUrl", next)
	default:
		meta.Raw("nextPage", nil)
		meta.Raw("nextPageUrl", nil)
	}
}

// nextPageURL returns the URL of the next page on a wrong host, as the API often does. Clients must
// build the next request themselves.
func nextPageURL(query url.Values, last *gen.Contact) string {
	next := maps.Clone(query)
	next.Set("startAfter", strconv.FormatInt(last.DateAdded.UnixMilli(), 10))
	next.Set("startAfterId", last.ID)
	return "http://localhost:8080/contacts/?" + next.Encode()
}
