package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/highlevel-contacts/contacts-go/client"
)

// check calls the API in steps, and passes the response of each step to the report.
type check struct {
	api      *client.Client
	location string
	report   *report
	recorder *recorder
	notes    []string // messages for the end of the report, such as why a step was skipped
}

// observation is the response of the API to one step.
type observation struct {
	step     string // such as "getContact" or "unknown contact"
	response client.Response
	body     any // the decoded JSON; nil if the body is not JSON
	previous any // the body of an earlier response to compare with; nil for most steps
}

func (o *observation) success() bool { return o.response.StatusCode/100 == 2 }

// isResult reports whether the response is the result of an operation. It returns false for an
// error response, and for a success of a step that should have failed.
func (o *observation) isResult() bool {
	return o.success() && o.body != nil && !slices.Contains([]string{"no location", "unknown route", "unknown version"}, o.step)
}

// startStep returns a Response for client.WithResponseInto, and a function that must be called
// after the call. The function passes the response to the report and returns its body, or nil if
// there was no response.
func (c *check) startStep(name string, previous any) (response *client.Response, done func() any) {
	response = new(client.Response)
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
	firstPage := done()
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
		if err := c.readHalfCursor(ctx, firstPage); err != nil {
			return err
		}
	}

	business := ""
	for i, contact := range page.Contacts {
		if contact.BusinessID != "" && business == "" {
			business = contact.BusinessID
		}
		if i >= 3 && len(contact.CustomFields) == 0 || i >= 10 {
			continue // get the three newest contacts, and those of the first ten that have custom fields
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

// readHalfCursor requests a page with startAfter and without startAfterId, which the methods of the
// client never do.
func (c *check) readHalfCursor(ctx context.Context, firstPage any) error {
	startAfter, ok := lookup(firstPage, "/meta/startAfter").(float64)
	if !ok {
		return nil
	}
	response, done := c.startStep("half a cursor", firstPage)
	query := url.Values{"locationId": {c.location}, "limit": {"20"}, "startAfter": {fmt.Sprintf("%.0f", startAfter)}}
	err := c.api.Do(ctx, http.MethodGet, "/contacts/", query, nil, nil, client.WithResponseInto(response))
	done()
	return fatal(err)
}

// fatal returns err unless it is a 4xx response other than a 429, which a row may expect.
func fatal(err error) error {
	var apiErr *client.Error
	if errors.As(err, &apiErr) && apiErr.StatusCode > 0 && apiErr.StatusCode < 500 && !errors.Is(err, client.ErrRateLimited) {
		return nil
	}
	return err
}
