// Package search finds the contacts of POST /contacts/search.
package search

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// Request is the body of a search.
type Request struct {
	gen.SearchContactsRequest

	matches matcher
	levels  []level
	after   []any // empty for the first page
}

// level is one level of the order of a search.
type level struct {
	field      field
	descending bool
}

// Found is a contact with its position in the order, which is its searchAfter: the value of each
// sort field, and the ID.
type Found struct {
	*gen.Contact

	Position []any
}

// sortFields are the names of the fields by which a search can be sorted.
var sortFields = []string{
	"firstNameLowerCase", "lastNameLowerCase", "businessName", "dateAdded", "dateUpdated", "email", "dnd", "source",
}

// Parse reads a body that has been validated. fields are the custom fields of the location.
func Parse(body []byte, custom []gen.CustomFieldDefinition) (*Request, error) {
	r := &Request{}
	err := jsonv2.Unmarshal(body, &r.SearchContactsRequest, wire.Lenient)
	if err != nil {
		return nil, wire.Unprocessable([]string{err.Error()})
	}
	if r.matches, err = compileGroup("AND", r.Filters, custom); err != nil {
		return nil, err
	}
	for i, by := range r.Sort {
		switch {
		case !slices.Contains(sortFields, by.Field):
			return nil, invalidField(by.Field)
		case by.Direction != "asc" && by.Direction != "desc":
			return nil, wire.Unprocessable([]string{fmt.Sprintf("sort.%d.direction must be asc or desc", i)})
		}
		r.levels = append(r.levels, level{fields[by.Field], by.Direction == "desc"})
	}
	if len(r.levels) == 0 {
		r.levels = []level{{fields["dateAdded"], true}}
	}
	r.levels = append(r.levels, level{descending: r.levels[0].descending}) // of the IDs
	err = json.Unmarshal(wire.Encode(r.SearchAfter), &r.after)
	if n := len(r.after); err != nil || n > 0 && n != len(r.levels) {
		return nil, wire.BadRequest("searchAfter does not belong to the sort")
	}
	return r, nil
}

// Page returns the contacts of the page, and the number of matching contacts on all pages.
func (r *Request) Page(contacts []*gen.Contact) (page []Found, total int) {
	for _, c := range contacts {
		if r.matches(c) {
			page = append(page, Found{c, r.position(c)})
		}
	}
	total = len(page)
	slices.SortFunc(page, func(a, b Found) int { return r.compare(a.Position, b.Position) })
	if len(r.after) > 0 {
		page = slices.DeleteFunc(page, func(f Found) bool { return r.compare(f.Position, r.after) <= 0 })
	}
	return page[:min(r.PageLimit, len(page))], total
}

// position returns the position of a contact.
func (r *Request) position(c *gen.Contact) []any {
	position := make([]any, len(r.levels))
	for i, l := range r.levels[:len(position)-1] {
		if values := l.field.values(c); len(values) > 0 {
			position[i] = values[0]
		}
	}
	position[len(position)-1] = c.ID
	return position
}

// compare compares two positions. Missing values are last in both directions; how the API orders
// them has not been observed.
func (r *Request) compare(a, b []any) int {
	for i, l := range r.levels {
		first, second := a[i], b[i]
		switch {
		case first == nil && second == nil:
			continue
		case first == nil:
			return 1
		case second == nil:
			return -1
		case l.descending:
			first, second = second, first
		}
		if order := compareValues(first, second); order != 0 {
			return order
		}
	}
	return 0
}

func compareValues(a, b any) int {
	x, isNumber := a.(float64)
	y, areNumbers := b.(float64)
	if isNumber && areNumbers {
		return cmp.Compare(x, y)
	}
	return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
}
