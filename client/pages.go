package client

import (
	"context"
	"fmt"

	"github.com/highlevel-contacts/contacts-go/gen"
)

const (
	maxLimit             = 100 // contacts a page of a location's list
	defaultLimit         = 20
	defaultBusinessLimit = 25
)

// ListRequest asks for contacts of a location, latest first. Members at their zero value are not sent.
type ListRequest struct {
	LocationID string // may be left to WithLocation
	Query      string // a text that the contacts must match
	Limit      int    // contacts a page: 1 to 100, 20 if not sent; walks are quickest with 100
	After      Cursor // where to go on, from Page.Next, CursorAfter or ParseCursor
}

// BusinessListRequest asks for contacts of a business. Members at their zero value are not sent.
type BusinessListRequest struct {
	LocationID string // may be left to WithLocation
	Query      string // a text that the contacts must match
	Limit      int    // contacts a page, 25 if not sent
	Skip       int    // contacts to pass over
}

// Page is one page of a list.
type Page struct {
	Contacts []Contact
	Total    int     // contacts that match, as far as the API tells; for a business it may be those of the page
	Next     *Cursor // where the next page begins; nil on the last page, and always nil for a business
}

// List returns one page of a location's contacts, latest first. Names in lists are lower-cased by the API; FirstNameRaw and
// LastNameRaw keep the case. A contact created a moment ago may be missing: the list lags behind.
//
// The vendor marks this operation as deprecated, and still answers it.
//
// Vendor's page: https://marketplace.gohighlevel.com/docs/ghl/contacts/get-contacts
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
	_, err = call.generated().GetContacts(call.ctx, params) //nolint:bodyclose // the body has been read
	if err = call.decodeInto(err, &result); err == nil && result.Contacts == nil {
		err = call.badResponse(errNoList)
	}
	if err = call.finish(err); err != nil {
		return nil, err
	}
	page := &Page{Contacts: result.Contacts, Total: result.Count, Next: nextCursor(&result, list.Limit)}
	if result.Meta != nil {
		page.Total = max(page.Total, result.Meta.Total)
	}
	return page, nil
}

// ListByBusiness returns one page of a business's contacts, from list.Skip on.
//
// Vendor's page: https://marketplace.gohighlevel.com/docs/ghl/contacts/get-contacts-by-business-id
func (s *ContactsService) ListByBusiness(
	ctx context.Context, businessID string, list BusinessListRequest, opts ...CallOption,
) (*Page, error) {
	params, err := s.businessParams(businessID, list)
	if err != nil {
		return nil, err
	}
	call, err := s.client.newCall(ctx, getContactsByBusinessID, opts)
	if err != nil {
		return nil, err
	}
	var result gen.ListContactsByBusinessResult
	_, err = call.generated().GetContactsByBusinessID(call.ctx, businessID, params) //nolint:bodyclose // the body has been read
	if err = call.decodeInto(err, &result); err == nil && result.Contacts == nil {
		err = call.badResponse(errNoList)
	}
	if err = call.finish(err); err != nil {
		return nil, err
	}
	return &Page{Contacts: result.Contacts, Total: result.Count}, nil
}

func (s *ContactsService) listParams(list ListRequest) (*gen.GetContactsParams, error) {
	if err := s.setLocation(getContacts, &list.LocationID); err != nil {
		return nil, err
	}
	if list.Limit < 0 || list.Limit > maxLimit {
		return nil, invalid(getContacts, fmt.Sprintf("limit %d is not between 1 and %d", list.Limit, maxLimit))
	}
	params := &gen.GetContactsParams{LocationID: list.LocationID, Query: unlessZero(list.Query), Limit: unlessZero(list.Limit)}
	if list.After.IsZero() {
		return params, nil
	}
	if !list.After.isWhole() {
		return nil, invalid(getContacts, "the cursor has one half only; the API needs both")
	}
	params.StartAfter, params.StartAfterID = &list.After.AddedMillis, &list.After.ID
	return params, nil
}

func (s *ContactsService) businessParams(businessID string, list BusinessListRequest) (*gen.GetContactsByBusinessIDParams, error) {
	if err := checkID(getContactsByBusinessID, "business", businessID); err != nil {
		return nil, err
	}
	if err := s.setLocation(getContactsByBusinessID, &list.LocationID); err != nil {
		return nil, err
	}
	if list.Limit < 0 || list.Skip < 0 {
		return nil, invalid(getContactsByBusinessID, fmt.Sprintf("limit %d or skip %d is negative", list.Limit, list.Skip))
	}
	return &gen.GetContactsByBusinessIDParams{
		LocationID: list.LocationID, Query: unlessZero(list.Query), Limit: unlessZero(list.Limit), Skip: unlessZero(list.Skip),
	}, nil
}

// unlessZero returns nil for a value that is not to be sent.
func unlessZero[T comparable](value T) *T {
	if value == *new(T) {
		return nil
	}
	return &value
}

// nextCursor returns where the next page begins, nil if there is none. The API has several ways to tell the end, and may leave
// the cursor set there. A server without meta, as the vendor's document allows, is asked on behind the last contact.
func nextCursor(result *gen.ListContactsResult, limit int) *Cursor {
	if limit == 0 {
		limit = defaultLimit
	}
	if len(result.Contacts) < limit {
		return nil
	}
	cursor := CursorAfter(&result.Contacts[len(result.Contacts)-1])
	if meta := result.Meta; meta != nil {
		if next := string(meta.NextPage); next == "null" || next == `""` {
			return nil
		}
		cursor = Cursor{AddedMillis: meta.StartAfter, ID: meta.StartAfterID}
	}
	if !cursor.isWhole() {
		return nil
	}
	return &cursor
}
