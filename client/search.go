package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/gen"
)

const (
	defaultSearchLimit = 100 // number of contacts per page of Search
	maxSearchLimit     = 500 // largest number of contacts per page
)

// SearchRequest selects contacts of a location. All filters must match. Zero fields are not sent.
//
// The API's index lags: a change appears after 5 to 60 seconds, and a deleted contact stays for
// about 10 seconds. Use [ContactsService.Get] or [ContactsService.FindDuplicate] to prove that a
// contact does not exist.
type SearchRequest struct {
	LocationID string   // ID of the location; the default is that of WithLocation
	Query      string   // free text of at most 75 characters; the location's settings say which fields are searched
	Filters    []Filter // filters that a contact must match, all of them
	Sort       []Sort   // order, by at most two fields; the newest contacts first by default
	Limit      int      // contacts per page, 1 to 500; by default 100 for Search, 500 for SearchAll
	After      Cursor   // position to continue from: Page.Next or SearchRequest.CursorAfter
}

// Filter is a condition of a search, or a group of conditions. [Where], [AllOf], [AnyOf], [Between]
// and [UpdatedSince] return one.
type Filter = gen.SearchFilter

// Sort is one level of the order of a search: a field, and the direction "asc" or "desc".
type Sort = gen.SearchSort

// FilterOperator says how a [Filter] compares: "eq", "not_eq", "contains", "not_contains", "exists",
// "not_exists", "range" (an object with gt, gte, lt or lte) or "nested" (a list of filters for
// opportunities). A field takes only some of them. The API has others that the vendor does not
// document.
type FilterOperator = gen.FilterOperator

// Where returns a filter for one field, such as "tags", "dateUpdated", or "customFields." and the ID
// of a custom field. For "exists" and "not_exists" the value is nil. For "contains" it has at least
// three characters. With a list of tags, "eq" matches any of them.
func Where(field string, op FilterOperator, value any) Filter {
	return Filter{Field: field, Operator: op, Value: value}
}

// AllOf returns a filter that matches the contacts that match all of filters.
func AllOf(filters ...Filter) Filter { return Filter{Group: gen.FilterGroupAnd, Filters: filters} }

// AnyOf returns a filter that matches the contacts that match at least one of filters.
func AnyOf(filters ...Filter) Filter { return Filter{Group: gen.FilterGroupOr, Filters: filters} }

// Between returns a filter for a field of dates: from the time from on, and before the time to. Both
// are truncated to milliseconds. A zero time is an open end; if both are zero, the search returns an
// error that matches [ErrInvalid].
func Between(field string, from, to time.Time) Filter {
	value := map[string]string{}
	for operator, end := range map[string]time.Time{"gte": from, "lt": to} {
		if !end.IsZero() {
			value[operator] = end.UTC().Format("2006-01-02T15:04:05.000Z")
		}
	}
	return Where(field, gen.FilterOperatorRange, value)
}

// UpdatedSince returns a filter for the contacts that were updated at t or later. An update is also
// a change of tags, a note, or a workflow that touches the contact.
func UpdatedSince(t time.Time) Filter { return Between("dateUpdated", t, time.Time{}) }

// Search returns one page of the contacts that match a search. A contact is complete, as Get returns
// it, except that search does not return some rarely used properties, such as CreatedBy. A write of
// a moment ago may be missing, see [SearchRequest].
//
// If more contacts follow, but the last one has no position, Search returns the page and an error
// that matches [ErrBadResponse].
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/search-contacts-advanced
func (s *ContactsService) Search(ctx context.Context, search SearchRequest, opts ...CallOption) (*Page, error) {
	after, received, err := search.position()
	err = cmp.Or(s.setLocation(&search.LocationID), checkLimit(search.Limit, maxSearchLimit), checkFilters("filter", search.Filters), err)
	if err != nil {
		return nil, invalid(searchContacts, err)
	}
	limit := cmp.Or(search.Limit, defaultSearchLimit)
	body := gen.SearchContactsRequest{
		LocationID: search.LocationID, PageLimit: limit, SearchAfter: after,
		Filters: search.Filters, Sort: search.Sort, Query: search.Query,
	}
	req, err := gen.NewSearchContactsRequest(s.client.config.baseURL, body)
	result := gen.SearchContactsResult{Contacts: make([]Contact, 0, limit)}
	if err := s.client.send(ctx, searchContacts, req, cmp.Or(checkText(body), err), &result, opts); err != nil {
		return nil, err
	}
	page := &Page{Contacts: result.Contacts, Total: result.Total}
	received += len(page.Contacts)
	if len(page.Contacts) == 0 || (len(page.Contacts) < limit && received >= page.Total) {
		return page, nil
	}
	page.Next, err = search.cursor(&page.Contacts[len(page.Contacts)-1], received)
	if err != nil {
		return page, listError(searchContacts.name, "the list continues, but its last contact has no searchAfter")
	}
	return page, nil
}

// SearchAll returns an iterator over the contacts that match a search, in pages of up to 500. It
// works like [ContactsService.All]. A contact that was updated during the iteration can be yielded
// again, with another DateUpdated: in an order by dateUpdated it moved to a later page. Sort
// ascending, because a contact that moves to an earlier page is missed. To continue later, store
// [SearchRequest.CursorAfter] of the last contact; the function CursorAfter is for All alone.
func (s *ContactsService) SearchAll(ctx context.Context, search SearchRequest, opts ...CallOption) iter.Seq2[*Contact, error] {
	search.Limit = cmp.Or(search.Limit, maxSearchLimit)
	return contactsOf(Pages(ctx, search.After, func(ctx context.Context, after Cursor) (*Page, error) {
		request := search
		request.After = after
		return s.Search(ctx, request, opts...)
	}))
}

// DuplicateQuery selects a contact by email address, phone number, or both.
type DuplicateQuery struct {
	LocationID string // ID of the location; the default is that of WithLocation
	Email      string // email address
	Phone      string // phone number in E.164 format, such as +14155550123
}

// FindDuplicate returns the contact that has the email address or phone number of query: the one
// that a create would report as its duplicate. If there is none, the error matches [ErrNotFound].
// Unlike Search, it is not delayed by the API's index. If the two belong to different contacts, the
// location's settings say which one is returned.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/get-duplicate-contact
func (s *ContactsService) FindDuplicate(ctx context.Context, query DuplicateQuery, opts ...CallOption) (*Contact, error) {
	argErr := s.setLocation(&query.LocationID)
	if query.Email == "" && query.Phone == "" {
		argErr = errors.New("set Email, Phone or both")
	}
	req, err := gen.NewFindDuplicateContactRequest(s.client.config.baseURL, &gen.FindDuplicateContactParams{
		LocationID: query.LocationID, Email: unlessZero(query.Email), Number: unlessZero(query.Phone),
	})
	var result gen.FindDuplicateContactResult
	if err := s.client.send(ctx, findDuplicate, req, cmp.Or(argErr, err), &result, opts); err != nil {
		return nil, err
	}
	return result.Contact, nil
}

// checkFilters returns an error that names the first filter that would match other contacts than its
// author expects. The API rejects other mistakes, such as an operator that a field does not take.
func checkFilters(name string, filters []Filter) error {
	for i, filter := range filters {
		name := fmt.Sprintf("%s %d", name, i)
		takesValue := filter.Operator != gen.FilterOperatorExists && filter.Operator != gen.FilterOperatorNotExists
		ends, isRange := filter.Value.(map[string]string)
		switch {
		case filter.Group != "" && len(filter.Filters) == 0:
			return errors.New(name + ": a group without a filter matches all contacts")
		case filter.Group != "":
			if err := checkFilters(name+", filter", filter.Filters); err != nil {
				return err
			}
		case filter.Field == "" || filter.Operator == "":
			return errors.New(name + ": set Field and Operator, or use AllOf or AnyOf")
		case takesValue != (filter.Value != nil):
			return fmt.Errorf("%s: the operator %s needs a value, or takes none", name, filter.Operator)
		case isRange && len(ends) == 0:
			return errors.New(name + ": the range is open at both ends: use the operator exists")
		}
	}
	return nil
}

// CursorAfter returns the position after contact in the results of the search. It returns an error
// if the contact is not from a search. The cursor is valid only for the same query, filters and
// order.
func (r SearchRequest) CursorAfter(contact *Contact) (Cursor, error) {
	return r.cursor(contact, 0)
}

// cursor returns the position after contact: the hash of the search, the number of contacts received
// since the beginning, or 0 if it is unknown, and the SearchAfter of the contact.
func (r SearchRequest) cursor(contact *Contact, received int) (Cursor, error) {
	after, err := json.Marshal(contact.SearchAfter)
	if len(contact.SearchAfter) == 0 || err != nil {
		return "", errors.New("highlevel: SearchRequest.CursorAfter: the contact has no SearchAfter, because it is not from a search")
	}
	return Cursor(r.cursorPrefix() + strconv.Itoa(received) + ":" + string(after)), nil
}

// position returns the parts of the cursor of the search.
func (r SearchRequest) position() (after []json.RawMessage, received int, err error) {
	if r.After == "" {
		return nil, 0, nil
	}
	rest, ok := strings.CutPrefix(string(r.After), r.cursorPrefix())
	count, encoded, _ := strings.Cut(rest, ":")
	received, err = strconv.Atoi(count)
	if !ok || err != nil || json.Unmarshal([]byte(encoded), &after) != nil || len(after) == 0 {
		return nil, 0, errors.New("cursor: use Page.Next or CursorAfter of a search with the same query, filters and order")
	}
	return after, received, nil
}

// cursorPrefix returns the beginning of the cursors of the search. It contains a hash of what
// determines the position of a contact in the results.
func (r SearchRequest) cursorPrefix() string {
	hash := fnv.New64a()
	_ = json.NewEncoder(hash).Encode([]any{r.Query, r.Filters, r.Sort}) // the request fails if a value cannot be encoded
	return fmt.Sprintf("search:%x:", hash.Sum64())
}
