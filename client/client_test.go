package client_test

import (
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestWithBaseURL(t *testing.T) {
	for base, want := range map[string]string{
		"https://api.example/":           "https://api.example/contacts/abc",
		"https://api.example/proxy/v1":   "https://api.example/proxy/v1/contacts/abc",
		"https://api.example/proxy/v1//": "https://api.example/proxy/v1/contacts/abc",
		"https://api.example:8443/a%2Fb": "https://api.example:8443/a%2Fb/contacts/abc",
		"http://localhost:8080":          "http://localhost:8080/contacts/abc",
		"http://[::1]:8080/x":            "http://[::1]:8080/x/contacts/abc",
	} {
		c, api := script(t, []stubResponse{everything}, client.WithBaseURL(base))
		if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil || api.requests[0].URL.String() != want {
			t.Errorf("%s: got %s, %v, want %s", base, api.requests[0].URL, err, want)
		}
	}
}

func TestNew_Defaults(t *testing.T) {
	api := &stub{responses: []stubResponse{everything}, tb: t}
	theirs := &http.Client{Transport: api}
	c, err := client.New(client.StaticToken(token), client.WithHTTPClient(theirs))
	if err != nil || len(api.sent) > 0 {
		t.Fatalf("got %v, %q, want no request", err, api.sent)
	}
	if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil {
		t.Fatal(err)
	}
	if got := api.requests[0].URL.String(); got != "https://services.leadconnectorhq.com/contacts/abc" {
		t.Errorf("got %s", got)
	}
	if theirs.CheckRedirect != nil || theirs.Jar != nil || theirs.Timeout != 0 || theirs.Transport != api {
		t.Errorf("the HTTP client was modified: %+v", theirs)
	}
}

// TestContactsService_Create_Frames counts the functions of this module between Create and the
// transport.
func TestContactsService_Create_Frames(t *testing.T) {
	var frames []string
	c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		pcs := make([]uintptr, 64)
		stack := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
		for frame, more := stack.Next(); more; frame, more = stack.Next() {
			if strings.Contains(frame.Function, "contacts-go/client.") || strings.Contains(frame.Function, "contacts-go/gen.") {
				frames = append(frames, frame.Function)
			}
		}
		return everything.response(req), nil
	}))
	if _, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{FirstName: "Jane"}); err != nil {
		t.Fatal(err)
	}
	isClosure := func(name string) bool { return strings.Contains(name, ".func") }
	if len(frames) == 0 || len(frames) > 8 || slices.ContainsFunc(frames, isClosure) {
		t.Errorf("got %d frames, want at most 8 and no closure: %q", len(frames), frames)
	}
}
