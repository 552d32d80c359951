package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
)

// TestTextsOfLostCalls has whole texts: neither query nor address are in them. A transport that does not tell what it has written
// may have written the request.
func TestTextsOfLostCalls(t *testing.T) {
	t.Parallel()
	const maybe = "; the write may have been applied"
	want := map[string]string{
		"get":                 "getContact: GET /proxy/v1/contacts/abc: unexpected EOF",
		"list":                "getContacts: GET /proxy/v1/contacts/: unexpected EOF",
		"list by business":    "getContactsByBusinessId: GET /proxy/v1/contacts/business/b: unexpected EOF",
		"update":              "updateContact: PUT /proxy/v1/contacts/abc: unexpected EOF" + maybe,
		"delete":              "deleteContact: DELETE /proxy/v1/contacts/abc: unexpected EOF" + maybe,
		"upsert":              "upsertContact: POST /proxy/v1/contacts/upsert: unexpected EOF" + maybe,
		"upsert of a new one": "upsertContact: POST /proxy/v1/contacts/upsert: unexpected EOF" + maybe,
		"create":              "createContact: POST /proxy/v1/contacts/: unexpected EOF" + maybe,
	}
	c := newClient(t, roundTrip(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }))
	for _, operation := range operations {
		err := operation.call(t.Context(), c)
		if !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, client.ErrMaybeApplied) != operation.write {
			t.Errorf("%s: %v", operation.name, err)
		}
		if err.Error() != want[operation.name] {
			t.Errorf("got  %s\nwant %s", err, want[operation.name])
		}
	}
}

// TestABodyThatBreaksOff breaks off successes, which are lost, and errors, which keep their status.
func TestABodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	broken := func(status int) *client.Client {
		return newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			resp := answer{status: status}.response(req)
			resp.ContentLength, resp.Body = -1, io.NopCloser(brokenReader{})
			return resp, nil
		}))
	}
	for _, operation := range operations {
		err := operation.call(t.Context(), broken(200))
		if !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, client.ErrMaybeApplied) != operation.write {
			t.Errorf("%s: %v", operation.name, err)
		}
		if err := operation.call(t.Context(), broken(403)); !errors.Is(err, client.ErrForbidden) {
			t.Errorf("%s: %v", operation.name, err)
		}
	}
}

// TestAContextThatEndsDuringACall ends it while the transport waits for an answer.
func TestAContextThatEndsDuringACall(t *testing.T) {
	t.Parallel()
	for _, operation := range operations {
		ctx, cancel := context.WithCancel(t.Context())
		c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			cancel()
			<-req.Context().Done()
			return nil, req.Context().Err()
		}))
		err := operation.call(ctx, c)
		if !errors.Is(err, context.Canceled) || errors.Is(err, client.ErrMaybeApplied) != operation.write {
			t.Errorf("%s: %v", operation.name, err)
		}
		cancel()
	}
}
