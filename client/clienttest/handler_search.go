package clienttest

import (
	"net/http"
	"slices"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/normalize"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/search"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/store"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// searchContacts handles POST /contacts/search.
func (s *Server) searchContacts(c *call) (wire.Response, error) {
	r, err := search.Parse(c.body, c.location.Fields, c.page)
	if err != nil {
		return wire.Response{}, err
	}
	query := store.Search{Location: c.location.ID, Text: r.Query, Match: r.Match, After: r.After(), Limit: r.PageLimit}
	query.Compare, query.Reverse = r.Order()
	if query.After == nil { // what the API does with both has not been observed
		query.Skip = max(c.page-1, 0) * r.PageLimit
	}
	page, total := s.store.Search(query, c.now)
	var body wire.Object
	wire.Objects(&body, "contacts", page, func(item *wire.Object, contact *gen.Contact) { item.WriteSearched(contact, r.Position(contact)) })
	body.Value("total", total)
	body.String("traceId", c.traceID)
	return wire.JSON(http.StatusOK, body.End()), nil
}

// findDuplicateContact handles GET /contacts/search/duplicate.
func (s *Server) findDuplicateContact(c *call) (wire.Response, error) {
	email, number := c.query.Get("email"), c.query.Get("number")
	if email == "" && number == "" {
		return wire.Response{}, noIdentifier()
	}
	if normal, ok := normalize.Phone(number, c.location.Country); ok {
		number = normal
	}
	location := *c.location
	location.PhoneFirst = location.PhoneFirst && !location.AllowDuplicates // the order is a setting of the rule against duplicates
	tx := s.store.Begin()
	found, _ := match(tx, &location, &wire.Write{Strings: map[string]*string{"email": &email, "phone": &number}})
	tx.End()
	var body wire.Object
	if found == nil {
		body.Raw("contact", nil)
	} else {
		body.Raw("contact", detail(found))
		body.String("matchingField", "contactId") // recorded for a match by email address
	}
	body.String("traceId", c.traceID)
	return wire.JSON(http.StatusOK, body.End()), nil
}

// addTags handles POST /contacts/{contactId}/tags.
func (s *Server) addTags(c *call) (wire.Response, error) {
	return s.changeTags(c, http.StatusCreated, "tagsAdded", func(has, named []string) (tags, changed []string) {
		changed = without(named, has)
		return slices.Concat(has, changed), changed
	})
}

// removeTags handles DELETE /contacts/{contactId}/tags.
func (s *Server) removeTags(c *call) (wire.Response, error) {
	return s.changeTags(c, http.StatusOK, "tagsRemoved", func(has, named []string) (tags, changed []string) {
		tags = without(has, named)
		return tags, without(has, tags)
	})
}

// without returns the tags that are not in others.
func without(tags, others []string) []string {
	return slices.DeleteFunc(slices.Clone(tags), func(tag string) bool { return slices.Contains(others, tag) })
}

// changeTags changes the tags of a contact. It returns them with those that changed, under a name.
func (s *Server) changeTags(c *call, status int, name string, change func(has, named []string) (tags, changed []string)) (wire.Response, error) {
	w, err := wire.ParseWrite(c.body)
	if err != nil {
		return wire.Response{}, err
	}
	if w.Tags == nil { // without validation
		return wire.Response{}, wire.Unprocessable("tags should not be empty")
	}
	tx := s.store.Begin()
	defer tx.End()
	old := tx.Get(c.id)
	if old == nil {
		return wire.Response{}, s.notFound(tx, c)
	}
	tags, changed := change(old.Tags, normalize.Tags(*w.Tags))
	if len(changed) > 0 {
		if _, err := s.change(tx, c, old, &wire.Write{Tags: &tags}); err != nil {
			return wire.Response{}, err
		}
	}
	var body wire.Object
	body.Value("tags", tags)
	body.Value(name, changed)
	body.String("traceId", c.traceID)
	return wire.JSON(status, body.End()), nil
}
