package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// generatedCalls are calls of the generated client, by the operation that they belong to.
var generatedCalls = []struct {
	operation string
	want      sent
	call      func(ctx context.Context, c gen.ClientInterface) (*http.Response, error)
}{
	{"getContact", sent{Method: "GET", Target: "/proxy/v1/contacts/abc"}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.GetContact(ctx, "abc")
	}},
	{"updateContact", sent{Method: "PUT", Target: "/proxy/v1/contacts/abc", Body: `{"city":null}`}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.UpdateContact(ctx, "abc", gen.UpdateContactRequest{City: client.Clear[string]()})
	}},
	{"updateContact", sent{Method: "PUT", Target: "/proxy/v1/contacts/abc", Body: `{"x":1}`}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.UpdateContactWithBody(ctx, "abc", "application/json", strings.NewReader(`{"x":1}`))
	}},
	{"deleteContact", sent{Method: "DELETE", Target: "/proxy/v1/contacts/abc"}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.DeleteContact(ctx, "abc")
	}},
	{"upsertContact", sent{Method: "POST", Target: "/proxy/v1/contacts/upsert", Body: `{"locationId":"l"}`}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.UpsertContact(ctx, gen.UpsertContactRequest{LocationID: "l"})
	}},
	{"createContact", sent{Method: "POST", Target: "/proxy/v1/contacts/", Body: `{"locationId":"l"}`}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.CreateContact(ctx, gen.CreateContactRequest{LocationID: "l"})
	}},
	{"getContacts", sent{Method: "GET", Target: "/proxy/v1/contacts/?locationId=l"}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.GetContacts(ctx, &gen.GetContactsParams{LocationID: "l"})
	}},
	{"getContactsByBusinessId", sent{Method: "GET", Target: "/proxy/v1/contacts/business/b?locationId=l"}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.GetContactsByBusinessID(ctx, "b", &gen.GetContactsByBusinessIDParams{LocationID: "l"})
	}},
	// The generated client checks no arguments; whatever path that leads to, the doer must bear it.
	{"getContact", sent{Method: "GET", Target: "/proxy/v1/contacts/a%2Fcontacts%2Fb"}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.GetContact(ctx, "a/contacts/b")
	}},
	{"deleteContact", sent{Method: "DELETE", Target: "/proxy/v1/"}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.DeleteContact(ctx, "..")
	}},
}

func TestGeneratedHasTheSameAuthenticationAndBounds(t *testing.T) {
	t.Parallel()
	for _, test := range generatedCalls {
		t.Run(test.operation+" "+test.want.Target, func(t *testing.T) {
			t.Parallel()
			api := &stub{answers: []answer{ok(`{"contact":{}}`), ok(strings.Repeat("x", 1001))}}
			c := newClient(t, api, client.WithMaxResponseBytes(1000), client.WithUserAgent("example/1"))
			resp, err := test.call(t.Context(), c.Generated())
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if content, err := io.ReadAll(resp.Body); err != nil || string(content) != `{"contact":{}}` {
				t.Errorf("body %q, %v", content, err)
			}
			if diff := cmp.Diff([]sent{test.want}, api.sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			header := api.requests[0].Header
			if header.Get("Authorization") != "Bearer "+token || header.Get("Version") != "2021-07-28" || !strings.HasPrefix(header.Get("User-Agent"), "example/1 contacts-go/") {
				t.Errorf("header %v", header)
			}
			if _, err := test.call(t.Context(), c.Generated()); !errors.Is(err, client.ErrResponseTooLarge) { //nolint:bodyclose // there is none
				t.Errorf("large body: %v", err)
			}
		})
	}
}

func TestGeneratedHasTheSameErrors(t *testing.T) {
	t.Parallel()
	for _, test := range generatedCalls {
		t.Run(test.operation+" "+test.want.Target, func(t *testing.T) {
			t.Parallel()
			c, _ := newStub(t, answer{status: 400, body: `{"error":"Contact with id abc not found","status":400}`})
			_, err := test.call(t.Context(), c.Generated()) //nolint:bodyclose // there is none
			var apiError *client.Error
			if !errors.Is(err, client.ErrNotFound) || !errors.As(err, &apiError) {
				t.Fatalf("got %v", err)
			}
			if apiError.Operation != test.operation || apiError.Method != test.want.Method {
				t.Errorf("operation %q, method %q", apiError.Operation, apiError.Method)
			}
		})
	}
}

// TestGeneratedBearsIDsThatLeadOut has the API at the root, where they lead to the shortest path.
func TestGeneratedBearsIDsThatLeadOut(t *testing.T) {
	t.Parallel()
	for _, id := range badIDs {
		c := newClient(t, &stub{answers: []answer{{status: 404}}}, client.WithBaseURL("https://api.example"))
		_, err := c.Generated().DeleteContact(t.Context(), id) //nolint:bodyclose // there is none
		var apiError *client.Error
		if !errors.As(err, &apiError) || apiError.Operation != "deleteContact" {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestOperationFromContext(t *testing.T) {
	t.Parallel()
	var told []string
	c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		told = append(told, client.OperationFromContext(req.Context()))
		return everything.response(req), nil
	}))
	for _, operation := range operations {
		if err := operation.call(t.Context(), c); err != nil {
			t.Errorf("%s: %v", operation.name, err)
		}
	}
	want := []string{
		"getContact", "getContacts", "getContactsByBusinessId", "updateContact", "deleteContact", "upsertContact", "upsertContact", "createContact",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := client.OperationFromContext(t.Context()); got != "" {
		t.Errorf("of another context: %q", got)
	}
}
