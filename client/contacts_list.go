package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/highlevel-contacts/contacts-go/gen"
)

const (
	maxLimit     = 100 // largest number of contacts per page of a location's list
	defaultLimit = 20  // number of contacts per page of a location's list if no limit is sent

	defaultBusinessLimit = 25 // number of contacts per page of a business's list if no limit is sent
)

// ListRequest selects contacts of a location, newest first. Zero fields are not sent.
type ListRequest struct {
	LocationID string // the default is that of WithLocation
	Query      string // search string that the contacts must match
	Limit      int    // contacts per page, 1 to 100; by default 20 for List, 100 for All
	After      Cursor // position to continue from: Page.Next or CursorAfter
}

// BusinessListRequest selects contacts of a business. Zero fields are not sent.
type BusinessListRequest struct {
	LocationID string // the default is that of WithLocation
	Query      string // search string that the contacts must match
	Limit      int    // contacts per page, 25 by default; the vendor does not document a maximum
	Skip       int    // number of contacts to skip
	After      Cursor // position to continue from: Page.Next; cannot be combined with Skip
}

// Page is one page of a list.
type Page struct {
	Contacts []Contact
	Total    int    // number of matching contacts that the API reported; for a business it may count only this page
	Next     Cursor // position of the next page; empty on the last page
}

// List returns one page of the contacts of a location, newest first. A contact that was created a
// moment ago may be missing.
//
// If the API reports that there is another page, but no cursor for it, List returns the page and an
// error that matches [ErrBadResponse].
//
// The vendor has marked this operation as deprecated, but still supports it. [ContactsService.Search]
// is its successor.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/get-contacts
func (s *ContactsService) List(ctx context.Context, list ListRequest, opts ...CallOption) (*Page, error) {
	addedMillis, afterID, err := list.After.contact()
	if err := cmp.Or(s.setLocation(&list.LocationID), checkLimit(list.Limit, maxLimit), err); err != nil {
		return nil, invalid(listContacts, err)
	}
	req, err := gen.NewGetContactsRequest(s.client.config.baseURL, &gen.GetContactsParams{
		LocationID: list.LocationID, Query: unlessZero(list.Query), Limit: unlessZero(list.Limit),
		StartAfter: unlessZero(addedMillis), StartAfterID: unlessZero(afterID),
	})
	limit := cmp.Or(list.Limit, defaultLimit)
	result := gen.ListContactsResult{Contacts: make([]Contact, 0, limit)}
	if err := s.client.send(ctx, listContacts, req, err, &result, opts); err != nil {
		return nil, err
	}
	meta := cmp.Or(result.Meta, &gen.ListMeta{})
	page := &Page{Contacts: result.Contacts, Total: max(result.Count, meta.Total)}
	page.Next, err = nextContactCursor(result.Contacts, list.After, limit, meta)
	if err != nil {
		return page, listError(listContacts.name, err.Error())
	}
	return page, nil
}

// ListByBusiness returns one page of the contacts of a business. If BusinessListRequest.LocationID
// is empty, the location of [WithLocation] is used.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/get-contacts-by-business-id
func (s *ContactsService) ListByBusiness(
	ctx context.Context, businessID string, list BusinessListRequest, opts ...CallOption,
) (*Page, error) {
	skip, err := s.checkBusinessList(businessID, &list)
	if err != nil {
		return nil, invalid(listByBusiness, err)
	}
	req, err := gen.NewGetContactsByBusinessIDRequest(s.client.config.baseURL, businessID, &gen.GetContactsByBusinessIDParams{
		LocationID: list.LocationID, Query: unlessZero(list.Query), Limit: unlessZero(list.Limit), Skip: unlessZero(skip),
	})
	limit := min(cmp.Or(list.Limit, defaultBusinessLimit), maxSearchLimit)
	result := gen.ListContactsByBusinessResult{Contacts: make([]Contact, 0, limit)}
	if err := s.client.send(ctx, listByBusiness, req, err, &result, opts); err != nil {
		return nil, err
	}
	next := nextBusinessCursor(len(result.Contacts), skip, result.Count)
	return &Page{Contacts: result.Contacts, Total: result.Count, Next: next}, nil
}

// All returns an iterator over the contacts of a location, newest first. It requests pages of up to
// 100 contacts as the loop needs them, with opts for every request. A contact that the API returns
// again on the next page is yielded once, unless it has changed.
//
// If a request fails, or the list cannot be continued, the iterator yields a nil contact and the
// error, and ends. Each range starts a new iteration. A contact remains valid after the loop; while
// it is referenced, its page stays in memory. To continue later, store [CursorAfter] of the last
// contact.
func (s *ContactsService) All(ctx context.Context, list ListRequest, opts ...CallOption) iter.Seq2[*Contact, error] {
	list.Limit = cmp.Or(list.Limit, maxLimit)
	return contactsOf(Pages(ctx, list.After, func(ctx context.Context, after Cursor) (*Page, error) {
		request := list
		request.After = after
		return s.List(ctx, request, opts...)
	}))
}

// AllByBusiness returns an iterator over the contacts of a business. It works like
// [ContactsService.All], except that a page has BusinessListRequest.Limit contacts, 25 by default.
// [CursorAfter] is not for this list: to continue later, use [Pages] with ListByBusiness, and store
// Page.Next.
func (s *ContactsService) AllByBusiness(
	ctx context.Context, businessID string, list BusinessListRequest, opts ...CallOption,
) iter.Seq2[*Contact, error] {
	return contactsOf(Pages(ctx, list.After, func(ctx context.Context, after Cursor) (*Page, error) {
		request := list
		if request.After = after; after != list.After {
			request.Skip = 0
		}
		return s.ListByBusiness(ctx, businessID, request, opts...)
	}))
}

// checkBusinessList checks the arguments, sets the default location, and returns the number of
// contacts to skip.
func (s *ContactsService) checkBusinessList(businessID string, list *BusinessListRequest) (skip int, err error) {
	skip, err = list.After.skip()
	switch {
	case list.Limit < 0:
		err = fmt.Errorf("the Limit %d is negative", list.Limit)
	case list.Skip < 0:
		err = fmt.Errorf("the Skip %d is negative", list.Skip)
	case list.Skip > 0 && list.After != "":
		err = errors.New("set Skip or After, not both")
	}
	return cmp.Or(skip, list.Skip), cmp.Or(checkID("business", businessID), s.setLocation(&list.LocationID), err)
}

// checkLimit returns an error if limit is not a valid number of contacts per page, or 0 for the default.
func checkLimit(limit, largest int) error {
	if limit < 0 || limit > largest {
		return fmt.Errorf("the Limit %d is not between 1 and %d", limit, largest)
	}
	return nil
}

// unlessZero returns a pointer to value, or nil if value is zero and therefore not sent.
func unlessZero[T comparable](value T) *T {
	if value == *new(T) {
		return nil
	}
	return &value
}

// nextContactCursor returns the cursor of the page that follows the page at after in the list of a
// location, or "" if there is none. The argument limit is the number of contacts that were
// requested. It returns an error if there is another page but no complete, new cursor.
//
// The API reports the end of the list in several ways, and may still send a cursor there. It may
// also return fewer contacts than requested although there are more.
func nextContactCursor(contacts []Contact, after Cursor, limit int, meta *gen.ListMeta) (Cursor, error) {
	switch next := string(meta.NextPage); {
	case next == "null" || next == `""`:
		return "", nil
	case next == "" && meta.NextPageURL == "" && len(contacts) < limit: // no next page is named
		return "", nil
	}
	cursor := contactCursor(meta.StartAfter, meta.StartAfterID)
	if cursor == "" && len(contacts) > 0 {
		cursor = CursorAfter(&contacts[len(contacts)-1])
	}
	if cursor == "" || cursor == after {
		return "", errors.New("the list continues, but neither the API nor the last contact has a cursor for the next page")
	}
	return cursor, nil
}

// nextBusinessCursor returns the cursor of the page that follows in the list of a business, or "" if
// there is none. The argument received is the number of contacts of the page, skip the number of
// contacts before it, and count the number that the API reported. The vendor does not document
// whether count is the number of contacts of the page or of the business. After an empty page before
// the end, the cursor is that of the same page, because any other one would skip contacts.
func nextBusinessCursor(received, skip, count int) Cursor {
	if skip+received >= count && (received == 0 || count > received) {
		return ""
	}
	return businessCursor(skip + received)
}
