package client_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestClient_Do_Requests(t *testing.T) {
	for _, test := range []struct {
		method, path string
		query        url.Values
		body         any
		want         string
	}{
		{"GET", "/locations/abc/customFields", url.Values{"model": {"contact"}}, nil, "GET /locations/abc/customFields?model=contact"},
		{"GET", "x", nil, nil, "GET /x"},
		{"DELETE", "/x/", nil, nil, "DELETE /x/"},
		{"DELETE", "/x", nil, map[string]int{"a": 1}, `DELETE /x {"a":1}`},
		{"POST", "/x", nil, map[string]string{"name": "vip"}, `POST /x {"name":"vip"}`},
		{"POST", "/x", nil, []byte(`{"a":[1, 2]}`), `POST /x {"a":[1, 2]}`},
		{"POST", "/x", nil, json.RawMessage(`{"a":[1, "<"]}`), `POST /x {"a":[1, "<"]}`},
		{"POST", "/x", nil, strings.NewReader(`{"a": 1}`), `POST /x {"a": 1}`},
		{"PATCH", "/a%2Fb", nil, io.LimitReader(strings.NewReader(`{"a":"José"} and more`), 13), `PATCH /a%2Fb {"a":"José"}`},
	} {
		c, api := script(t, []stubResponse{everything})
		if err := c.Do(t.Context(), test.method, test.path, test.query, test.body, nil); err != nil || api.sent[0] != test.want {
			t.Errorf("got %s, %v, want %s", api.sent[0], err, test.want)
		}
		header := api.requests[0].Header
		if got := header.Get("Content-Type") != ""; got != strings.Contains(test.want, "{") || header.Get("Authorization") != "Bearer "+token || header.Get("Version") == "" {
			t.Errorf("%s: got header %v", test.want, header)
		}
	}
}

func TestClient_Do_InvalidArguments(t *testing.T) {
	c := newClient(t, noRequests(t))
	check := func(name string, err error) {
		t.Helper()
		checkOneKind(t, err)
		if !errors.Is(err, client.ErrInvalid) || errors.Is(err, client.ErrMaybeApplied) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
	for _, path := range []string{
		"", "/", "//evil.example/x", "https://evil.example/x", "/\\evil.example", "..", "/locations/../x", "/locations/%2e%2e/x", "/locations/.",
		"/locations?x=1", "/locations#x", "/locations/%zz", "/%2Fevil.example", "/a\nb", "/locations/%5c..%5cx", "/locations//x", "/x//", "/.",
	} {
		check("path "+path, c.Do(t.Context(), http.MethodGet, path, nil, nil, nil))
	}
	for _, method := range []string{"get", "", "HEAD", "OPTIONS", "PO ST"} {
		check("method "+method, c.Do(t.Context(), method, "/x", nil, nil, nil))
	}
	for _, body := range []any{func() {}, iotest.ErrReader(io.ErrUnexpectedEOF)} {
		check("body", c.Do(t.Context(), http.MethodPost, "/x", nil, body, nil))
	}
	cause := errors.New("the program's, which may be as long as it likes: a=b")
	if err := c.Do(t.Context(), http.MethodPost, "/x", nil, failingBody{cause}, nil); !errors.Is(err, cause) || !strings.Contains(err.Error(), cause.Error()) {
		t.Errorf("got %v, want the cause", err)
	}
	var missing *map[string]any
	for _, out := range []any{missing, map[string]any{}, client.Contact{}, 7} {
		check("out", c.Do(t.Context(), http.MethodGet, "/x", nil, nil, out))
	}
}

// failingBody cannot be encoded.
type failingBody struct{ err error }

func (b failingBody) MarshalJSON() ([]byte, error) { return nil, b.err }

func TestClient_Do_Responses(t *testing.T) {
	var into map[string]any
	for _, test := range []struct {
		name     string
		response stubResponse
		out      any
		want     client.Kind
	}{
		{"empty body, nil out", stubResponse{status: 204}, nil, ""},
		{"a page, nil out", ok(html), nil, ""},
		{"empty body", stubResponse{status: 200}, &into, client.ErrBadResponse},
		{"not JSON", ok("<html>"), &into, client.ErrBadResponse},
		{"object", ok(`{"a":1}`), &into, ""},
		{"list", ok(`[1,2]`), new([]int), ""},
		{"failure, nil out", ok(`{"succeeded":false}`), nil, client.ErrServer},
		{"404", stubResponse{status: 404, body: `{"message":"no such location"}`}, &into, client.ErrNotFound},
		{"403", stubResponse{status: 403}, &into, client.ErrForbidden},
	} {
		c, _ := newStub(t, test.response)
		if err := c.Do(t.Context(), http.MethodGet, "/x", nil, nil, test.out); client.KindOf(err) != test.want {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
}

// TestClient_Do_Lenient decodes contacts at any depth of a type of the program. Their names are as the
// API sent them.
func TestClient_Do_Lenient(t *testing.T) {
	c, _ := newStub(t, ok(`{"items":[{"contact":{"id":"abc","city":7,"firstName":"ada","firstNameRaw":"Ada","loyalty":1}},{"contact":null}]}`))
	type item struct {
		Contact *client.Contact `json:"contact"`
	}
	type items struct {
		Items []item `json:"items"`
	}
	var got items
	var response client.Response
	if err := c.Do(t.Context(), http.MethodPost, "/x", nil, nil, &got, client.ReadOnly(), client.WithResponseInto(&response)); err != nil {
		t.Fatal(err)
	}
	want := items{[]item{{&client.Contact{ID: "abc", City: "7", FirstName: "ada", FirstNameRaw: "Ada", Extra: []byte(`{"loyalty":1}`)}}, {}}}
	if diff, drift := cmp.Diff(want, got), driftText("", response.Drift); diff != "" || drift != "/items/0/contact/city string number" {
		t.Errorf("got drift %s (-want +got):\n%s", drift, diff)
	}
}

// TestClient_Generated retries requests of the generated client as their methods allow.
func TestClient_Generated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, api := script(t, []stubResponse{{status: 503}, everything, {status: 503}}, retries)
		resp, err := c.Generated().GetContact(t.Context(), "abc")
		if err != nil || resp.StatusCode != http.StatusOK || resp.Status != "200 OK" || resp.Body.Close() != nil {
			t.Errorf("got %v, %v, want status 200", resp, err)
		}
		if name, _ := client.OperationFromContext(api.requests[0].Context()); name != "Generated" {
			t.Errorf("got the operation %q, want Generated", name)
		}
		_, err = c.Generated().CreateContact(t.Context(), client.CreateContactRequest{}) //nolint:bodyclose // there is none
		if !errors.Is(err, client.ErrServer) || !errors.Is(err, client.ErrMaybeApplied) {
			t.Errorf("got %v, want ErrServer and ErrMaybeApplied", err)
		}
	})
}
