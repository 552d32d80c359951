// Package search compiles the body of POST /contacts/search.
package search

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// Request is the body of a search.
type Request struct {
	Query       string           `json:"query"`
	PageLimit   int              `json:"pageLimit"`
	SearchAfter []jsontext.Value `json:"searchAfter"`
	Filters     []filter         `json:"filters"`
	Sort        []level          `json:"sort"`

	match func(*gen.Contact) bool
	order []order
	after []key // nil for the first page
}

// level is one level of the order of a search.
type level struct {
	Field     string `json:"field"`
	Direction string `json:"direction"`
}

// maxPaged is the number of contacts that pages with a number reach.
const maxPaged = 10_000

// CutPage removes the property page from a body and returns its value, or 0 if the body has none
// that is a number.
func CutPage(body []byte) (rest []byte, page int) {
	var properties map[string]jsontext.Value
	if jsonv2.Unmarshal(body, &properties, wire.Lenient) != nil || jsonv2.Unmarshal(properties["page"], &page) != nil {
		return body, 0
	}
	return wire.Patch(body, "/page", nil), page
}

// Parse reads a body that has been validated. fields are the custom fields of the location, and
// page is the number of the page, 0 if it was not sent.
func Parse(body []byte, fields []gen.CustomFieldDefinition, page int) (*Request, error) {
	r := &Request{}
	if err := jsonv2.Unmarshal(body, r, wire.Lenient); err != nil {
		return nil, wire.Unprocessable(err.Error())
	}
	if page < 0 || page > 0 && page > maxPaged/max(r.PageLimit, 1) {
		return nil, wire.BadRequest("Paginated query has reached beyond allowed document limit. Please switch to Scroll query")
	}
	var err error
	if r.match, err = all(r.Filters, fields); err != nil {
		return nil, err
	}
	for i, l := range r.Sort {
		get := sortKeys[l.Field]
		switch {
		case get == nil:
			return nil, invalidField(l.Field)
		case l.Direction != "asc" && l.Direction != "desc":
			return nil, wire.Unprocessable("sort." + strconv.Itoa(i) + ".direction must be one of the following values: asc, desc")
		}
		r.order = append(r.order, order{get, l.Direction == "desc"})
	}
	if len(r.order) == 0 {
		r.order = []order{{sortKeys["dateAdded"], true}}
	}
	r.order = append(r.order, order{func(c *gen.Contact) key { return key{text: c.ID} }, r.order[0].descending})
	return r, r.readAfter()
}

// readAfter reads searchAfter. A position in another order is an error.
func (r *Request) readAfter() error {
	for _, raw := range r.SearchAfter {
		k := key{isNull: raw.Kind() == 'n'}
		err := json.Unmarshal(raw, &k.text)
		if raw.Kind() == '0' {
			k.isNumber = true
			err = json.Unmarshal(raw, &k.number)
		}
		if err != nil {
			return wire.BadRequest("searchAfter is invalid")
		}
		r.after = append(r.after, k)
	}
	if n := len(r.after); n > 0 && n != len(r.order) {
		return wire.BadRequest("searchAfter does not belong to the sort")
	}
	return nil
}

// Match reports whether a contact matches all filters.
func (r *Request) Match(c *gen.Contact) bool { return r.match(c) }

// Order returns a function that compares the positions of two contacts. It is nil for the order of
// lists and, if reverse is set, for its reverse.
func (r *Request) Order() (compare func(a, b *gen.Contact) int, reverse bool) {
	if len(r.Sort) == 0 || len(r.Sort) == 1 && r.Sort[0].Field == "dateAdded" {
		return nil, !r.order[0].descending
	}
	return r.compare, false
}

// compare compares the positions of two contacts.
func (r *Request) compare(a, b *gen.Contact) int {
	for _, o := range r.order {
		if c := o.compare(o.get(a), o.get(b)); c != 0 {
			return c
		}
	}
	return 0
}

// After returns a function that reports whether a contact is after the cursor. It is nil without a
// cursor.
func (r *Request) After() func(*gen.Contact) bool {
	if r.after == nil {
		return nil
	}
	return func(c *gen.Contact) bool {
		for i, o := range r.order {
			if order := o.compare(o.get(c), r.after[i]); order != 0 {
				return order > 0
			}
		}
		return false
	}
}

// Position returns the searchAfter of a contact: the value of each sort field, and the ID.
func (r *Request) Position(c *gen.Contact) []any {
	position := make([]any, len(r.order))
	for i, o := range r.order {
		switch k := o.get(c); {
		case k.isNull:
		case k.isNumber:
			position[i] = k.number
		default:
			position[i] = k.text
		}
	}
	return position
}

// order is one level of the order, with the function that returns the value of a contact.
type order struct {
	get        func(*gen.Contact) key
	descending bool
}

// compare compares two values. Missing values are last in both directions; how the API orders them
// has not been observed.
func (o order) compare(a, b key) int {
	switch {
	case a.isNull != b.isNull:
		return cmp.Compare(strconv.FormatBool(a.isNull), strconv.FormatBool(b.isNull))
	case o.descending:
		a, b = b, a
	}
	return cmp.Or(cmp.Compare(a.number, b.number), strings.Compare(a.text, b.text))
}

// key is the value of a sort field: a number, a string or null.
type key struct {
	number           int64
	text             string
	isNumber, isNull bool
}

// sortKeys returns the value of a contact by sort field.
var sortKeys = map[string]func(*gen.Contact) key{
	"dateAdded":          func(c *gen.Contact) key { return key{number: c.DateAdded.UnixMilli(), isNumber: true} },
	"dateUpdated":        func(c *gen.Contact) key { return key{number: c.DateUpdated.UnixMilli(), isNumber: true} },
	"firstNameLowerCase": func(c *gen.Contact) key { return textKey(c.FirstName) },
	"lastNameLowerCase":  func(c *gen.Contact) key { return textKey(c.LastName) },
	"businessName":       func(c *gen.Contact) key { return textKey(c.BusinessName) },
	"email":              func(c *gen.Contact) key { return textKey(c.Email) },
	"source":             func(c *gen.Contact) key { return textKey(c.Source) },
	"dnd": func(c *gen.Contact) key {
		return key{number: int64(slices.Index([]bool{false, true}, c.DND)), isNumber: true}
	},
}

func textKey(text string) key { return key{text: strings.ToLower(text), isNull: text == ""} }
