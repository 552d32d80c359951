package client

import (
	"context"
	"fmt"
	"net/http"

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
	result, err := do[gen.ListContactsResult](ctx, s.client, getContacts, opts, func(ctx context.Context) (*http.Response, error) {
		return s.client.generated.GetContacts(ctx, params)
	})
	if err != nil {
		return nil, err
	}
	page := &Page{Contacts: result.Contacts, Total: result.Count, Next: nextCursor(result, list.Limit)}
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
	result, err := do[gen.ListContactsByBusinessResult](ctx, s.client, getContactsByBusinessID, opts,
		func(ctx context.Context) (*http.Response, error) {
			return s.client.generated.GetContactsByBusinessID(ctx, businessID, params)
		})
	if err != nil {
		return nil, err
	}
	return &Page{Contacts: result.Contacts, Total: result.Count}, nil
}

func (s *ContactsService) listParams(list ListRequest) (*gen.GetContactsParams, error) {
	if err := s.fillLocation(getContacts, &list.LocationID); err != nil {
		return nil, err
	}
	if list.Limit < 0 || list.Limit > maxLimit {
		return nil, fmt.Errorf("%s: %w: limit %d is not between 1 and %d", getContacts.id, ErrInvalid, list.Limit, maxLimit)
	}
	params := &gen.GetContactsParams{LocationID: list.LocationID, Query: unlessZero(list.Query), Limit: unlessZero(list.Limit)}
	if list.After.IsZero() {
		return params, nil
	}
	if !list.After.isWhole() {
		return nil, fmt.Errorf("%s: %w: the cursor has one half only; the API needs both", getContacts.id, ErrInvalid)
	}
	params.StartAfter, params.StartAfterID = &list.After.AddedMillis, &list.After.ID
	return params, nil
}

func (s *ContactsService) businessParams(businessID string, list BusinessListRequest) (*gen.GetContactsByBusinessIDParams, error) {
	if err := checkID(getContactsByBusinessID, "business", businessID); err != nil {
		return nil, err
	}
	if err := s.fillLocation(getContactsByBusinessID, &list.LocationID); err != nil {
		return nil, err
	}
	if list.Limit < 0 || list.Skip < 0 {
		return nil, fmt.Errorf("%s: %w: limit %d or skip %d is negative", getContactsByBusinessID.id, ErrInvalid, list.Limit, list.Skip)
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
