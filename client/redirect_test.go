package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/highlevel-contacts/contacts-go/client"
)

// recordingPacer never waits, and records the observations.
type recordingPacer struct {
	client.Unpaced

	observed []client.Observation
}

func (p *recordingPacer) Observe(_ context.Context, o client.Observation) {
	p.observed = append(p.observed, o)
}

func redirect(status int, location string) stubResponse {
	return stubResponse{status: status, header: http.Header{"Location": {location}}}
}

// TestRedirect_Policy checks that only a GET is followed, only to the scheme and host of the first
// request, even if a later hop would lead back. Any other redirect is an *Error with its status.
func TestRedirect_Policy(t *testing.T) {
	t.Parallel()
	const here, elsewhere, insecure = "https://api.example/v2/?email=rosan%40deos.example", "https://other.example/", "http://api.example/"
	for _, test := range []struct {
		locations []string
		follows   int // hops of a GET
		fails     bool
	}{
		{[]string{here}, 1, false},
		{[]string{"/v2/"}, 1, false},
		{[]string{here, "/v2/"}, 2, false},
		{[]string{"https://API.example/"}, 0, true}, // for another case, net/http removes the token
		{[]string{"https://evil.api.example/"}, 0, true},
		{[]string{"https://api.example:8443/"}, 0, true},
		{[]string{"https://me:secret@other.example/"}, 0, true},
		{[]string{"//other.example/"}, 0, true},
		{[]string{elsewhere, here}, 0, true},
		{[]string{insecure, here}, 0, true},
		{[]string{elsewhere, insecure, here}, 0, true},
		{[]string{here, elsewhere, here}, 1, true},
		{[]string{here, insecure, here}, 1, true},
		{slices.Repeat([]string{here}, 20), 10, true},
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			for _, operation := range allOperations {
				if status != http.StatusTemporaryRedirect && operation.name != "get" && operation.name != "create" && operation.name != "delete" {
					continue // one status is enough
				}
				fails, follows := test.fails, test.follows
				if !strings.HasPrefix(operation.request, "GET ") {
					fails, follows = true, 0
				}
				var responses []stubResponse
				for _, location := range test.locations {
					responses = append(responses, redirect(status, location))
				}
				pacer := &recordingPacer{}
				c, api := script(t, slices.Concat(responses, []stubResponse{everything})[:follows+1], client.WithPacer(pacer))
				err := operation.call(t.Context(), c)
				if pacer.observed[0].Extra != follows {
					t.Errorf("%q: got %d further requests counted, want %d", test.locations, pacer.observed[0].Extra, follows)
				}
				apiErr, ok := errors.AsType[*client.Error](err)
				if ok != fails || (ok && (apiErr.StatusCode != status || apiErr.Kind != "other" || apiErr.MaybeApplied)) {
					t.Errorf("%s, %q: got %v, want an error with status %d: %v", operation.name, test.locations, err, status, fails)
				}
				for _, req := range api.requests {
					if req.URL.Scheme != "https" || req.URL.Host != "api.example" || req.Header.Get("Authorization") != "Bearer "+token {
						t.Errorf("%q: got a request for %s, %v", test.locations, req.URL, req.Header)
					}
				}
			}
		}
	}
}

// TestRedirect_CallersPolicy applies the policy of the caller's HTTP client to the redirects that the
// client would follow.
func TestRedirect_CallersPolicy(t *testing.T) {
	refused := errors.New("refused")
	for _, policy := range []error{refused, http.ErrUseLastResponse} {
		var asked []string
		theirs := &http.Client{CheckRedirect: func(req *http.Request, via []*http.Request) error {
			asked = append(asked, fmt.Sprintf("%s %s after %d", req.Method, req.URL, len(via)))
			return policy
		}}
		theirs.Transport = always(redirect(307, "/v2/"))
		c := newClient(t, noRequests(t), client.WithHTTPClient(theirs))
		if _, err := c.Contacts.Get(t.Context(), "abc"); err == nil || errors.Is(err, refused) != (policy == refused) { //nolint:errorlint // the same value
			t.Errorf("%v: got %v", policy, err)
		}
		if err := c.Contacts.Delete(t.Context(), "abc"); err == nil || errors.Is(err, refused) {
			t.Errorf("write, %v: got %v", policy, err)
		}
		if want := []string{"GET https://api.example/v2/ after 1"}; !slices.Equal(asked, want) {
			t.Errorf("got %q, want %q", asked, want)
		}
	}
}

// TestRetry_Cookies sets another cookie with each response. An attempt sends only the latest one.
func TestRetry_Cookies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		setCookie := func(value string) http.Header { return http.Header{"Set-Cookie": {"session=" + value}} }
		api := &stub{responses: []stubResponse{{status: 503, header: setCookie("1")}, {status: 503, header: setCookie("2")}, everything}}
		c := newClient(t, api, retries, client.WithHTTPClient(&http.Client{Transport: api, Jar: jar}))
		if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"", "session=1", "session=2"} {
			if got := api.requests[i].Header.Get("Cookie"); got != want {
				t.Errorf("attempt %d: got %q, want %q", i+1, got, want)
			}
		}
	})
}
