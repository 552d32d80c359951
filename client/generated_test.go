package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// generatedCalls are calls of the generated client by operation.
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
	// The generated client checks no arguments. No path may make the call panic.
	{"getContact", sent{Method: "GET", Target: "/proxy/v1/contacts/a%2Fcontacts%2Fb"}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.GetContact(ctx, "a/contacts/b")
	}},
	{"deleteContact", sent{Method: "DELETE", Target: "/proxy/v1/"}, func(ctx context.Context, c gen.ClientInterface) (*http.Response, error) {
		return c.DeleteContact(ctx, "..")
	}},
}

func TestClient_Generated(t *testing.T) {
	t.Parallel()
	for _, test := range generatedCalls {
		t.Run(test.operation+" "+test.want.Target, func(t *testing.T) {
			t.Parallel()
			api := &stub{responses: []stubResponse{ok(`{"contact":{}}`), ok(strings.Repeat("x", 1001))}}
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

func TestClient_Generated_Errors(t *testing.T) {
	t.Parallel()
	for _, test := range generatedCalls {
		t.Run(test.operation+" "+test.want.Target, func(t *testing.T) {
			t.Parallel()
			c, _ := newStub(t, stubResponse{status: 400, body: `{"error":"Contact with id abc not found","status":400}`})
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

// TestClient_Generated_UncheckedIDs has a base URL without a path, so that unchecked IDs result in
// the shortest paths.
func TestClient_Generated_UncheckedIDs(t *testing.T) {
	t.Parallel()
	for _, id := range badIDs {
		c := newClient(t, &stub{responses: []stubResponse{{status: 404}}}, client.WithBaseURL("https://api.example"))
		_, err := c.Generated().DeleteContact(t.Context(), id) //nolint:bodyclose // there is none
		var apiError *client.Error
		if !errors.As(err, &apiError) || apiError.Operation != "deleteContact" {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestClient_Generated_Retries(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		body string
		want int
	}{
		{"upsert with an email address", `{"locationId":"loc", "email": "a@example.com"}`, 1},
		{"upsert that always creates", `{"locationId":"loc", "createNewIfDuplicateAllowed": true}`, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &scripted{outcomes: []outcome{{status: 502}}}
				_, err := api.client(t).Generated().UpsertContactWithBody(t.Context(), "application/json", strings.NewReader(test.body)) //nolint:bodyclose // there is none
				if !errors.Is(err, client.ErrMaybeApplied) {
					t.Errorf("got %v", err)
				}
				if got := int(api.requests.Load()); got != test.want {
					t.Errorf("%d attempts, want %d", got, test.want)
				}
			})
		})
	}
	t.Run("a body that cannot be read twice", func(t *testing.T) {
		t.Parallel()
		api := &scripted{outcomes: []outcome{{status: 502}}}
		_, err := api.client(t).Generated().UpdateContactWithBody(t.Context(), "abc", "application/json", io.MultiReader(strings.NewReader("{}"))) //nolint:bodyclose // there is none
		if err == nil || api.requests.Load() != 1 {
			t.Errorf("got %v after %d attempts, want an error after one", err, api.requests.Load())
		}
	})
}
