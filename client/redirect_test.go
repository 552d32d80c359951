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

// TestRedirect_Policy checks that only a GET is followed, only to the same scheme and host. Any other
// redirect is an *Error with its status, after one request.
func TestRedirect_Policy(t *testing.T) {
	t.Parallel()
	const query = "?email=rosan%40deos.example"
	for location, same := range map[string]bool{
		"https://api.example/v2/" + query: true, "/v2/" + query: true, "https://API.example/": false, // for another case, net/http removes the token
		"https://other.example/" + query: false, "https://evil.api.example/": false, "https://api.example:8443/": false,
		"http://api.example/": false, "http://other.example/": false, "https://me:secret@other.example/": false, "//other.example/": false,
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			for _, operation := range allOperations {
				t.Run(fmt.Sprintf("%s: %d to %s", operation.name, status, location), func(t *testing.T) {
					t.Parallel()
					responses, follows := []stubResponse{redirect(status, location)}, same && strings.HasPrefix(operation.request, "GET ")
					if follows {
						responses = append(responses, everything)
					}
					pacer := &recordingPacer{}
					c, api := script(t, responses, client.WithPacer(pacer))
					err := operation.call(t.Context(), c)
					if pacer.observed[0].Extra != len(responses)-1 {
						t.Errorf("got %d further requests counted, want %d", pacer.observed[0].Extra, len(responses)-1)
					}
					if follows {
						if err != nil || !strings.HasPrefix(api.sent[1], "GET /v2/") || api.requests[1].Header.Get("Authorization") != "Bearer "+token {
							t.Errorf("got %v after %q", err, api.sent)
						}
						return
					}
					apiErr, ok := errors.AsType[*client.Error](err)
					if !ok || apiErr.StatusCode != status || apiErr.Kind != "other" || apiErr.MaybeApplied {
						t.Errorf("got %v, want an error with status %d", err, status)
					}
				})
			}
		}
	}
}

// TestRedirect_Chain has several hops. None leads away from the first request's scheme and host, even
// if a later hop would lead back.
func TestRedirect_Chain(t *testing.T) {
	t.Parallel()
	const here, elsewhere, insecure = "https://api.example/next", "https://other.example/", "http://api.example/"
	for name, test := range map[string]struct {
		locations []string
		requests  int
	}{
		"to another host, and back": {[]string{elsewhere, here}, 1}, "to http, and back": {[]string{insecure, here}, 1},
		"to another host, to http, and back": {[]string{elsewhere, insecure, here}, 1},
		"here, then to another host":         {[]string{here, elsewhere, here}, 2}, "here, then to http": {[]string{here, insecure, here}, 2},
		"here, again and again": {slices.Repeat([]string{here}, 20), 11},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var responses []stubResponse
			for _, location := range test.locations[:test.requests] {
				responses = append(responses, redirect(307, location))
			}
			pacer := &recordingPacer{}
			c, api := script(t, responses, client.WithPacer(pacer))
			_, err := c.Contacts.Get(t.Context(), "abc")
			apiErr, ok := errors.AsType[*client.Error](err)
			if !ok || apiErr.StatusCode != http.StatusTemporaryRedirect || pacer.observed[0].Extra != test.requests-1 {
				t.Errorf("got %v, %d further requests counted, want a 307 and %d", err, pacer.observed[0].Extra, test.requests-1)
			}
			for _, req := range api.requests {
				if req.URL.Scheme != "https" || req.URL.Host != "api.example" {
					t.Errorf("got a request for %s", req.URL)
				}
			}
		})
	}
}

// TestRedirect_CallersPolicy applies the policy of the caller's HTTP client to the redirects that the
// client would follow.
func TestRedirect_CallersPolicy(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
