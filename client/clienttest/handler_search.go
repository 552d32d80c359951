package clienttest

import (
	"encoding/json"
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
	r, err := search.Parse(c.body, c.location.Fields)
	if err != nil {
		return wire.Response{}, err
	}
	page, total := r.Page(s.store.Searchable(c.location.ID, r.Query, c.now))
	contacts := objects(page, func(f search.Found) wire.Object { return wire.Searched(f.Contact, f.Position) })
	return c.ok(http.StatusOK, wire.Object{"contacts": contacts, "total": total})
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
	write := wire.Write{}
	write.Set("email", email)
	write.Set("phone", number)
	found, _ := s.match(&location, write)
	if found == nil {
		return c.ok(http.StatusOK, wire.Object{"contact": nil})
	}
	return c.ok(http.StatusOK, wire.Object{
		"contact":       wire.Detail(found),
		"matchingField": "contactId", // recorded for a match by email address
	})
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

// tagChange returns the tags of a contact after a request that names tags, and those that changed.
type tagChange func(has, named []string) (tags, changed []string)

// changeTags changes the tags of a contact. It returns them with those that changed, under a name.
func (s *Server) changeTags(c *call, status int, name string, change tagChange) (wire.Response, error) {
	var body gen.TagsRequest
	if err := json.Unmarshal(c.body, &body); err != nil {
		return wire.Response{}, err
	}
	old := s.store.Get(c.id)
	if old == nil {
		return wire.Response{}, s.notFound(c)
	}
	tags, changed := change(old.Tags, normalize.Tags(body.Tags))
	if len(changed) > 0 {
		write := wire.Write{}
		write.Set("tags", tags)
		if _, err := s.save(c, store.Clone(old), write); err != nil {
			return wire.Response{}, err
		}
	}
	return c.ok(status, wire.Object{"tags": tags, name: changed})
}
