package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// check calls the API and passes each response to the report.
type check struct {
	api      *client.Client
	location string
	report   *report
	recorder *recorder
	notes    []string // messages about steps that were skipped
}

// observation is one response of the API.
type observation struct {
	step     string // such as "getContact" or "unknown contact"
	response client.Response
	body     any // the decoded JSON; nil if the body is not JSON
	previous any // the body of an earlier response to compare with; nil for most steps
}

// startStep returns a Response for WithResponseInto, and a function to call after the call. The
// function reports the response and returns its body.
func (c *check) startStep(name string, previous any) (*client.Response, func() any) {
	response := new(client.Response)
	return response, func() any {
		if response.StatusCode == 0 {
			return nil
		}
		o := &observation{step: name, response: *response, previous: previous}
		if json.Unmarshal(response.Body, &o.body) != nil {
			o.body = nil
		}
		c.report.observe(o)
		if err := c.recorder.record(o); err != nil {
			c.notes = append(c.notes, "not recorded: "+err.Error())
		}
		return o.body
	}
}

// read calls every operation that does not write. It returns the first fatal error.
func (c *check) read(ctx context.Context) error {
	contacts := c.api.Contacts
	response, done := c.startStep("getContacts", nil)
	page, err := contacts.List(ctx, client.ListRequest{Limit: 20}, client.WithResponseInto(response))
	first := done()
	if err != nil {
		return err
	}
	if page.Next != "" {
		response, done = c.startStep("getContacts", nil)
		_, err = contacts.List(ctx, client.ListRequest{Limit: 20, After: page.Next}, client.WithResponseInto(response))
		done()
		if err != nil {
			return err
		}
		if err := c.halfCursor(ctx, first); err != nil {
			return err
		}
	}

	business := ""
	for i, contact := range page.Contacts {
		if contact.BusinessID != "" && business == "" {
			business = contact.BusinessID
		}
		if i >= 3 && len(contact.CustomFields) == 0 || i >= 10 {
			continue // get the newest contacts, and others that have custom fields
		}
		response, done = c.startStep("getContact", nil)
		_, err = contacts.Get(ctx, contact.ID, client.WithResponseInto(response))
		done()
		if err != nil && !errors.Is(err, client.ErrNotFound) { // the contact may have been deleted since it was listed
			return err
		}
	}
	if business == "" {
		c.notes = append(c.notes, "getContactsByBusinessId was not called: no contact of the first page belongs to a business")
	} else {
		response, done = c.startStep("getContactsByBusinessId", nil)
		_, err = contacts.ListByBusiness(ctx, business, client.BusinessListRequest{}, client.WithResponseInto(response))
		done()
		if err != nil {
			return err
		}
	}
	return c.readErrors(ctx)
}

// readErrors sends requests that the API rejects.
func (c *check) readErrors(ctx context.Context) error {
	response, done := c.startStep("unknown contact", nil)
	_, err := c.api.Contacts.Get(ctx, "aaaaaaaaaaaaaaaaaaaa", client.WithResponseInto(response))
	done()
	if err := fatal(err); err != nil {
		return err
	}
	for _, request := range []struct {
		step, path string
		version    string
		query      url.Values
	}{
		{step: "no location", path: "/contacts/"},
		{step: "unknown route", path: "/contacts/aaaaaaaaaaaaaaaaaaaa/no-such-route"},
		{step: "older version", path: "/contacts/", version: "2021-04-15", query: url.Values{"limit": {"1"}, "locationId": {c.location}}},
		{step: "newer version", path: "/contacts/", version: "2023-02-21", query: url.Values{"limit": {"1"}, "locationId": {c.location}}},
		{step: "unknown version", path: "/contacts/", version: "2000-01-01", query: url.Values{"limit": {"1"}, "locationId": {c.location}}},
	} {
		response, done := c.startStep(request.step, nil)
		opts := []client.CallOption{client.WithResponseInto(response)}
		if request.version != "" {
			opts = append(opts, client.WithHeader("Version", request.version))
		}
		err := c.api.Do(ctx, http.MethodGet, request.path, request.query, nil, nil, opts...)
		done()
		if err := fatal(err); err != nil {
			return err
		}
	}
	return nil
}

// halfCursor requests a page with half a cursor, which the methods of the client never do.
func (c *check) halfCursor(ctx context.Context, first any) error {
	startAfter, ok := lookup(first, "/meta/startAfter").(float64)
	if !ok {
		return nil
	}
	response, done := c.startStep("half a cursor", first)
	query := url.Values{"locationId": {c.location}, "limit": {"20"}, "startAfter": {fmt.Sprintf("%.0f", startAfter)}}
	err := c.api.Do(ctx, http.MethodGet, "/contacts/", query, nil, nil, client.WithResponseInto(response))
	done()
	return fatal(err)
}

// fatal returns err if no further call can succeed. It returns nil for an error response that the
// rows expect.
func fatal(err error) error {
	var apiErr *client.Error
	if errors.As(err, &apiErr) && apiErr.StatusCode > 0 && apiErr.StatusCode < 500 && !errors.Is(err, client.ErrRateLimited) {
		return nil
	}
	return err
}

// cleanupTime limits the deletion of the contacts of a run, also after an interrupt.
const cleanupTime = 30 * time.Second
