package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
)

// redirecting is a transport whose first response redirects to location, and whose second response
// is a success.
type redirecting struct {
	status   int
	location string
	requests []*http.Request
}

func (r *redirecting) RoundTrip(req *http.Request) (*http.Response, error) {
	r.requests = append(r.requests, req)
	if len(r.requests) == 1 {
		return stubResponse{status: r.status, header: http.Header{"Location": {r.location}}}.response(req), nil
	}
	return everything.response(req), nil
}

// TestRedirect_Policy checks which redirects are followed, and that the token is sent only to the
// same host.
func TestRedirect_Policy(t *testing.T) {
	t.Parallel()
	const here, elsewhere = "https://api.example/v2/", "https://other.example/"
	const target = "?email=rosan%40deos.example"
	for _, test := range []struct {
		name       string
		statuses   []int
		location   string
		reads      bool // followed for reads
		writes     bool // followed for idempotent writes; net/http cannot resend the body of a create
		withTokens bool
	}{
		{"same host, same method", []int{307, 308}, here + target, true, true, true},
		{"same host, GET", []int{301, 302, 303}, here + target, true, false, true},
		{"relative", []int{307, 308}, "/v2/", true, true, true},
		{"another host", []int{301, 302, 303, 307, 308}, elsewhere + target, true, false, false},
		{"a part of the host", []int{307}, "https://evil.api.example/", true, false, false},
		{"another port", []int{307, 308}, "https://api.example:8443/", true, false, false},
		{"http", []int{302, 307}, "http://api.example/", true, false, false},
		{"http on another host", []int{307}, "http://other.example/", true, false, false},
		{"another host, with a user", []int{307}, "https://me:secret@other.example/", true, false, false},
	} {
		for _, status := range test.statuses {
			for _, operation := range operations {
				t.Run(fmt.Sprintf("%s: %d to %s", operation.name, status, test.name), func(t *testing.T) {
					t.Parallel()
					api := &redirecting{status: status, location: test.location}
					err := operation.call(t.Context(), newClient(t, api), client.WithHeader("Cookie", "session=zulu"))
					follows := test.reads && !operation.write || test.writes && operation.write && operation.idempotent
					if !follows {
						var apiError *client.Error
						if !errors.As(err, &apiError) || apiError.StatusCode != status || len(api.requests) != 1 || errors.Is(err, client.ErrMaybeApplied) {
							t.Errorf("got %v in %d requests", err, len(api.requests))
						}
						return
					}
					if err != nil || len(api.requests) != 2 {
						t.Fatalf("got %v in %d requests", err, len(api.requests))
					}
					first, second := api.requests[0], api.requests[1]
					if second.Method != first.Method {
						t.Errorf("%s became %s", first.Method, second.Method)
					}
					if got := strings.Contains(fmt.Sprint(second.Header), "zulu"); got != test.withTokens {
						t.Errorf("secrets went along: %v: %v", got, second.Header)
					}
					if !test.withTokens && second.Header.Get("Referer") != "" {
						t.Errorf("the address before went along: %s", second.Header.Get("Referer"))
					}
				})
			}
		}
	}
}

// TestRedirect_TokenStaysWithHost redirects from the API to another host, and from there to a
// third.
func TestRedirect_TokenStaysWithHost(t *testing.T) {
	t.Parallel()
	locations := []string{"https://other.example/1", "https://third.example/2", "https://other.example/3"}
	requests := 0
	c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		requests++
		if requests > 1 && len(leaks(fmt.Sprint(req.Header))) > 0 {
			t.Errorf("request %d: %v", requests, req.Header)
		}
		if requests > len(locations) {
			return everything.response(req), nil
		}
		return stubResponse{status: 307, header: http.Header{"Location": {locations[requests-1]}}}.response(req), nil
	}))
	if _, err := c.Contacts.List(t.Context(), client.ListRequest{Query: "Rosan"}); err != nil || requests != 4 {
		t.Errorf("%v in %d requests", err, requests)
	}
}

func TestRedirect_Limit(t *testing.T) {
	t.Parallel()
	loop := &stub{responses: []stubResponse{{status: 307, header: http.Header{"Location": {"/again"}}}}}
	_, err := newClient(t, loop).Contacts.Get(t.Context(), "abc")
	if err == nil || !strings.Contains(err.Error(), "stopped after 10 redirects") || len(loop.sent) != 10 {
		t.Errorf("got %v in %d requests", err, len(loop.sent))
	}
}

// TestRedirect_CallersPolicy applies the policy of the caller's HTTP client after the client's own.
func TestRedirect_CallersPolicy(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	var requests []string
	theirs := &http.Client{CheckRedirect: func(req *http.Request, via []*http.Request) error {
		requests = append(requests, fmt.Sprintf("%s %s after %d, token %v", req.Method, req.URL, len(via), req.Header.Get("Authorization") != ""))
		return refused
	}}
	theirs.Transport = &stub{responses: []stubResponse{{status: 307, header: http.Header{"Location": {"https://other.example/"}}}}}
	c := newClient(t, noRequests(t), client.WithHTTPClient(theirs))
	if _, err := c.Contacts.Get(t.Context(), "abc"); !errors.Is(err, refused) {
		t.Errorf("read: %v", err)
	}
	if err := c.Contacts.Delete(t.Context(), "abc"); errors.Is(err, refused) || err == nil {
		t.Errorf("write: %v", err)
	}
	if want := []string{"GET https://other.example/ after 1, token false"}; !slices.Equal(requests, want) {
		t.Errorf("got %q, want %q", requests, want)
	}
}
