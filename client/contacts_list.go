package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/highlevel-contacts/contacts-go/gen"
)

const (
	maxLimit     = 100 // contacts per page of a location's list
	defaultLimit = 20  // contacts per page of a location's list if no limit is sent
)

// ListRequest selects contacts of a location, newest first. Zero fields are not sent.
type ListRequest struct {
	LocationID string // the default is that of WithLocation
	Query      string // search string that the contacts must match
	Limit      int    // contacts per page, 1 to 100; by default 20 for List, 100 for All
	After      Cursor // position to continue from: Page.Next or CursorAfter
	Prefetch   bool   // All requests the next page while the loop works on the current one; List ignores it
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

// Cursor is a position in a list of contacts. The empty Cursor is the beginning. A program can
// store a Cursor as a string and continue later, but must not depend on its content. A Cursor of a
// location's list is not valid for a business, and vice versa.
type Cursor string

const (
	contactCursorPrefix  = "contact:"  // followed by DateAdded in milliseconds, a colon, and the ID
	businessCursorPrefix = "business:" // followed by the number of contacts to skip
)

// CursorAfter returns the position after contact in the list of its location. It is empty, which is
// the beginning of the list, if the contact has no ID or no DateAdded.
func CursorAfter(contact *Contact) Cursor {
	if contact.DateAdded.IsZero() {
		return ""
	}
	return contactCursor(contact.DateAdded.UnixMilli(), contact.ID)
}

// contactCursor returns the position after a contact. The API needs both parts: given the time
// alone, it returns the first page again.
func contactCursor(addedMillis int64, id string) Cursor {
	if addedMillis <= 0 || id == "" {
		return ""
	}
	return Cursor(contactCursorPrefix + strconv.FormatInt(addedMillis, 10) + ":" + id)
}

func businessCursor(skip int) Cursor {
	return Cursor(businessCursorPrefix + strconv.Itoa(skip))
}

// contact returns the parts of a cursor of a location's list.
func (c Cursor) contact() (addedMillis int64, id string, err error) {
	text, ok := strings.CutPrefix(string(c), contactCursorPrefix)
	if !ok && strings.HasPrefix(string(c), businessCursorPrefix) {
		return 0, "", errors.New("cursor: belongs to the list of a business")
	}
	millis, id, _ := strings.Cut(text, ":")
	addedMillis, err = strconv.ParseInt(millis, 10, 64)
	if !ok || err != nil || contactCursor(addedMillis, id) != c {
		return 0, "", errors.New("cursor: invalid: use Page.Next or CursorAfter")
	}
	return addedMillis, id, nil
}

// skip returns the number of contacts before a cursor of a business's list.
func (c Cursor) skip() (int, error) {
	text, ok := strings.CutPrefix(string(c), businessCursorPrefix)
	if !ok && strings.HasPrefix(string(c), contactCursorPrefix) {
		return 0, errors.New("cursor: belongs to the list of a location")
	}
	skip, err := strconv.Atoi(text)
	if !ok || err != nil || skip < 1 || businessCursor(skip) != c {
		return 0, errors.New("cursor: invalid: use Page.Next")
	}
	return skip, nil
}

// List returns one page of the contacts of a location, newest first. The API lower-cases names in
// lists; FirstNameRaw and LastNameRaw have the original case. A contact that was created a moment
// ago may be missing.
//
// If the API reports that there is another page, but no cursor for it, List returns the page and an
// error that matches [ErrBadResponse].
//
// The vendor has marked this operation as deprecated, but still supports it.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/get-contacts
func (s *ContactsService) List(ctx context.Context, list ListRequest, opts ...CallOption) (*Page, error) {
	params, err := s.listParams(list)
	if err != nil {
		return nil, err
	}
	call, err := s.client.newCall(ctx, getContacts, opts)
	if err != nil {
		return nil, err
	}
	var result gen.ListContactsResult
	_, err = call.api.GetContacts(&call.ctx, params) //nolint:bodyclose // the body has been read
	// Decoding sets it to nil if the body has no list.
	result.Contacts = make([]Contact, 0, cmp.Or(list.Limit, defaultLimit))
	if err = call.decodeInto(err, &result); err == nil && result.Contacts == nil {
		err = call.badResponse(errNoList)
	}
	if err = call.finish(err); err != nil {
		return nil, err
	}
	meta := cmp.Or(result.Meta, &gen.ListMeta{})
	page := &Page{Contacts: result.Contacts, Total: max(result.Count, meta.Total)}
	page.Next, err = nextContactCursor(result.Contacts, cmp.Or(list.Limit, defaultLimit), meta)
	if err != nil {
		return page, &callError{text: string(getContacts) + ": " + err.Error(), kind: ErrBadResponse}
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
		return nil, err
	}
	params := &gen.GetContactsByBusinessIDParams{
		LocationID: list.LocationID, Query: unlessZero(list.Query), Limit: unlessZero(list.Limit), Skip: unlessZero(skip),
	}
	call, err := s.client.newCall(ctx, getContactsByBusinessID, opts)
	if err != nil {
		return nil, err
	}
	var result gen.ListContactsByBusinessResult
	_, err = call.api.GetContactsByBusinessID(&call.ctx, businessID, params) //nolint:bodyclose // the body has been read
	// As in List, decoding sets it to nil if the body has no list.
	result.Contacts = make([]Contact, 0, min(list.Limit, maxLimit))
	if err = call.decodeInto(err, &result); err == nil && result.Contacts == nil {
		err = call.badResponse(errNoList)
	}
	if err = call.finish(err); err != nil {
		return nil, err
	}
	next := nextBusinessCursor(len(result.Contacts), skip, result.Count)
	return &Page{Contacts: result.Contacts, Total: result.Count, Next: next}, nil
}

func (s *ContactsService) listParams(list ListRequest) (*gen.GetContactsParams, error) {
	if err := s.setLocation(getContacts, &list.LocationID); err != nil {
		return nil, err
	}
	if list.Limit < 0 || list.Limit > maxLimit {
		return nil, invalid(getContacts, fmt.Sprintf("Limit: %d is not between 1 and %d", list.Limit, maxLimit))
	}
	params := &gen.GetContactsParams{LocationID: list.LocationID, Query: unlessZero(list.Query), Limit: unlessZero(list.Limit)}
	if list.After == "" {
		return params, nil
	}
	addedMillis, id, err := list.After.contact()
	if err != nil {
		return nil, invalid(getContacts, err.Error())
	}
	params.StartAfter, params.StartAfterID = &addedMillis, &id
	return params, nil
}

// checkBusinessList checks the arguments, sets the default location, and returns the number of
// contacts to skip.
func (s *ContactsService) checkBusinessList(businessID string, list *BusinessListRequest) (skip int, err error) {
	if err := checkID(getContactsByBusinessID, "business", businessID); err != nil {
		return 0, err
	}
	if err := s.setLocation(getContactsByBusinessID, &list.LocationID); err != nil {
		return 0, err
	}
	switch {
	case list.Limit < 0:
		return 0, invalid(getContactsByBusinessID, fmt.Sprintf("Limit: %d is negative", list.Limit))
	case list.Skip < 0:
		return 0, invalid(getContactsByBusinessID, fmt.Sprintf("Skip: %d is negative", list.Skip))
	case list.After == "":
		return list.Skip, nil
	case list.Skip > 0:
		return 0, invalid(getContactsByBusinessID, "set Skip or After, not both")
	}
	if skip, err = list.After.skip(); err != nil {
		return 0, invalid(getContactsByBusinessID, err.Error())
	}
	return skip, nil
}

// unlessZero returns a pointer to value, or nil if value is zero and therefore not sent.
func unlessZero[T comparable](value T) *T {
	if value == *new(T) {
		return nil
	}
	return &value
}

// nextContactCursor returns the cursor of the page that follows in the list of a location, or "" if
// there is none. The argument limit is the number of contacts that were requested. It returns an
// error if there is another page but no complete cursor.
//
// The API reports the end of the list in several ways, and may still send a cursor there. It may
// also return fewer contacts than requested although there are more.
func nextContactCursor(contacts []Contact, limit int, meta *gen.ListMeta) (Cursor, error) {
	if len(contacts) == 0 {
		return "", nil
	}
	switch next := string(meta.NextPage); {
	case next == "null" || next == `""`:
		return "", nil
	case next == "" && meta.NextPageURL == "" && len(contacts) < limit: // no next page is named
		return "", nil
	}
	cursor := cmp.Or(contactCursor(meta.StartAfter, meta.StartAfterID), CursorAfter(&contacts[len(contacts)-1]))
	if cursor == "" {
		return "", errors.New("the list continues, but neither the API nor the last contact has a complete cursor")
	}
	return cursor, nil
}

// nextBusinessCursor returns the cursor of the page that follows in the list of a business, or "" if
// there is none. The argument received is the number of contacts of the page, skip the number of
// contacts before it, and count the number that the API reported. The vendor does not document
// whether count is the number of contacts of the page or of the business.
func nextBusinessCursor(received, skip, count int) Cursor {
	if received == 0 || (count > received && skip+received >= count) {
		return ""
	}
	return businessCursor(skip + received)
}
