package client_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestClient_Do(t *testing.T) {
	t.Parallel()
	type definitions struct {
		CustomFields []struct{ ID, FieldKey string } `json:"customFields"`
	}
	c, api := newStub(t, ok(`{"customFields":[{"id":"6dv","fieldKey":"contact.shoe_size"}]}`))
	var got definitions
	err := c.Do(t.Context(), http.MethodGet, "/locations/abc/customFields", url.Values{"model": {"contact"}}, nil, &got)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.CustomFields) != 1 || got.CustomFields[0].FieldKey != "contact.shoe_size" {
		t.Errorf("got %+v", got)
	}
	err = c.Do(t.Context(), http.MethodPost, "locations/abc/tags/", nil, map[string]string{"name": "vip"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []sent{
		{"GET", "/proxy/v1/locations/abc/customFields?model=contact", ""},
		{"POST", "/proxy/v1/locations/abc/tags/", `{"name":"vip"}`},
	}
	if diff := cmp.Diff(want, api.sent); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := api.requests[1].Header; got.Get("Authorization") != "Bearer "+token || got.Get("Content-Type") != "application/json" ||
		got.Get("Version") == "" {
		t.Errorf("got header %v", got)
	}
	if got, ok := client.OperationFromContext(api.requests[0].Context()); got != "Do" || !ok {
		t.Errorf("got operation %q, want do", got)
	}
}

func TestClient_Do_InvalidArguments(t *testing.T) {
	t.Parallel()
	c := newClient(t, noRequests(t))
	for _, path := range []string{
		"", "/", "//evil.example/x", "https://evil.example/x", "/\\evil.example", "..", "/locations/../x", "/locations/%2e%2e/x", "/locations/.",
		"/locations?x=1", "/locations#x", "/locations/%zz", "/%2Fevil.example", "/a\nb", "/locations/%5c..%5cx",
	} {
		if err := c.Do(t.Context(), http.MethodGet, path, nil, nil, nil); !errors.Is(err, client.ErrInvalid) {
			t.Errorf("path %q: got %v, want ErrInvalid", path, err)
		}
	}
	for name, err := range map[string]error{
		"method": c.Do(t.Context(), "get", "/x", nil, nil, nil),
		"body":   c.Do(t.Context(), http.MethodPost, "/x", nil, func() {}, nil),
		"option": c.Do(t.Context(), http.MethodGet, "/x", nil, nil, nil, nil),
	} {
		if !errors.Is(err, client.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
}

func TestClient_Do_Responses(t *testing.T) {
	t.Parallel()
	var into map[string]any
	var list []int
	for _, test := range []struct {
		name         string
		stubResponse stubResponse
		out          any
		want         error
	}{
		{"empty body, nil out", stubResponse{status: 204}, nil, nil},
		{"empty body", stubResponse{status: 200}, &into, client.ErrBadResponse},
		{"not JSON", ok("<html>"), &into, client.ErrBadResponse},
		{"object", ok(`{"a":1}`), &into, nil},
		{"list", ok(`[1,2]`), &list, nil},
		{"404", stubResponse{status: 404, body: `{"message":"no such location"}`}, &into, client.ErrNotFound},
		{"403", stubResponse{status: 403}, &into, client.ErrForbidden},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, _ := newStub(t, test.stubResponse)
			err := c.Do(t.Context(), http.MethodGet, "/x", nil, nil, test.out)
			if (test.want == nil) != (err == nil) || (test.want != nil && !errors.Is(err, test.want)) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestClient_Do_Retries(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]int32{"GET": 3, "PUT": 3, "DELETE": 3, "POST": 1, "PATCH": 1} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &scripted{outcomes: []outcome{{status: 502}}}
				err := api.client(t).Do(t.Context(), method, "/x", nil, nil, nil)
				if got := api.requests.Load(); got != want || errors.Is(err, client.ErrMaybeApplied) != (method != "GET") {
					t.Errorf("got %v after %d requests, want %d", err, got, want)
				}
			})
		})
	}
}
