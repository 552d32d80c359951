package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestNew_InvalidOptions(t *testing.T) {
	t.Parallel()
	good := client.StaticToken(token)
	tests := []struct {
		name   string
		tokens client.TokenSource
		option client.Option
		want   string
	}{
		{"no token source", nil, nil, "highlevel: New: no TokenSource: use client.StaticToken(token) or package oauth"},
		{"empty token", client.StaticToken(""), nil, "highlevel: New: the token is empty"},
		{"token with Bearer", client.StaticToken("bearer abc"), nil, "highlevel: New: remove the Bearer prefix from the token"},
		{
			"token with a line break", client.StaticToken("abc\n"), nil,
			"highlevel: New: the token has spaces or characters that cannot be sent in a header",
		},
		{
			"token in another script", client.StaticToken("abcд"), nil,
			"highlevel: New: the token has spaces or characters that cannot be sent in a header",
		},
		{"nil option", good, nil, "highlevel: New: an Option is nil"},
		{"base URL: not one", good, client.WithBaseURL("https://api.example\x7f"), "highlevel: WithBaseURL: invalid URL"},
		{"base URL: empty", good, client.WithBaseURL(""), "highlevel: WithBaseURL: invalid URL: the scheme must be https"},
		{"base URL: no scheme", good, client.WithBaseURL("api.example/v1"), "highlevel: WithBaseURL: invalid URL: the scheme must be https"},
		{"base URL: no host", good, client.WithBaseURL("https:///v1"), "highlevel: WithBaseURL: invalid URL: missing host"},
		{"base URL: port alone", good, client.WithBaseURL("https://:443"), "highlevel: WithBaseURL: invalid URL: missing host"},
		{"base URL: another scheme", good, client.WithBaseURL("ftp://api.example"), "highlevel: WithBaseURL: invalid URL: the scheme must be https"},
		{"base URL: http", good, client.WithBaseURL("http://api.example"), "highlevel: WithBaseURL: http would send the token unencrypted: use https (http is allowed on loopback only)"},
		{"base URL: http, almost loopback", good, client.WithBaseURL("http://localhost.example"), "highlevel: WithBaseURL: http would send the token unencrypted: use https (http is allowed on loopback only)"},
		{"base URL: http, loopback as user", good, client.WithBaseURL("http://127.0.0.1@api.example"), "highlevel: WithBaseURL: http would send the token unencrypted: use https (http is allowed on loopback only)"},
		{"base URL: user", good, client.WithBaseURL("https://me:secret@api.example"), "highlevel: WithBaseURL: remove user, query and fragment"},
		{"base URL: query", good, client.WithBaseURL("https://api.example/?a=b"), "highlevel: WithBaseURL: remove user, query and fragment"},
		{"base URL: empty query", good, client.WithBaseURL("https://api.example/?"), "highlevel: WithBaseURL: remove user, query and fragment"},
		{"base URL: fragment", good, client.WithBaseURL("https://api.example/#a"), "highlevel: WithBaseURL: remove user, query and fragment"},
		{"location: empty", good, client.WithLocation(""), "highlevel: WithLocation: empty location ID"},
		{"HTTP client: nil", good, client.WithHTTPClient(nil), "highlevel: WithHTTPClient: the HTTP client is nil"},
		{"user agent: empty", good, client.WithUserAgent(""), "highlevel: WithUserAgent: empty, or not allowed in a header"},
		{"user agent: line break", good, client.WithUserAgent("a\r\nX: y"), "highlevel: WithUserAgent: empty, or not allowed in a header"},
		{"retry: attempts", good, client.WithRetry(client.RetryPolicy{MaxAttempts: -1}), "highlevel: WithRetry: negative MaxAttempts, MinDelay or MaxDelay"},
		{"retry: shortest wait", good, client.WithRetry(client.RetryPolicy{MinDelay: -time.Second}), "highlevel: WithRetry: negative MaxAttempts, MinDelay or MaxDelay"},
		{"retry: longest wait", good, client.WithRetry(client.RetryPolicy{MaxDelay: -time.Second}), "highlevel: WithRetry: negative MaxAttempts, MinDelay or MaxDelay"},
		{"timeout: negative", good, client.WithTimeout(-1), "highlevel: WithTimeout: negative timeout"},
		{"default header: reserved", good, client.WithDefaultHeader("authorization", "x"), "highlevel: WithDefaultHeader: the client sets Authorization itself"},
		{"default header: line break", good, client.WithDefaultHeader("X-A", "x\n"), "highlevel: WithDefaultHeader: invalid header value"},
		{"call hook: nil", good, client.WithCallHook(nil), "highlevel: WithCallHook: the hook is nil"},
		{"pacer: share", good, client.WithPacer(client.NewPacer(1, time.Second, client.WithShare(1.5))), "highlevel: WithPacer: WithShare: 1.5 is not above 0 and at most 1"},
		{"pacer: nil option", good, client.WithPacer(client.NewPacer(1, time.Second, nil)), "highlevel: WithPacer: NewPacer: a PacerOption is nil"},
		{"pacer: nil", good, client.WithPacer(nil), "highlevel: WithPacer: the Pacer is nil"},
		{"logger: nil", good, client.WithLogger(nil), "highlevel: WithLogger: the logger is nil"},
		{"bytes: none", good, client.WithMaxResponseBytes(0), "highlevel: WithMaxResponseBytes: 0 is not a positive number of bytes"},
		{"bytes: negative", good, client.WithMaxResponseBytes(-1), "highlevel: WithMaxResponseBytes: -1 is not a positive number of bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, err := client.New(test.tokens, test.option)
			if err == nil || err.Error() != test.want || c != nil {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestWithUserAgent(t *testing.T) {
	t.Parallel()
	api := &stub{responses: []stubResponse{everything}, tb: t}
	c := newClient(t, api, client.WithUserAgent("inner/1"), client.WithUserAgent("outer/2 (Ünicode)"))
	if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil {
		t.Fatal(err)
	}
	if got := api.requests[0].Header.Get("User-Agent"); !strings.HasPrefix(got, "outer/2 (Ünicode) inner/1 highlevel/") {
		t.Errorf("got %q", got)
	}
}

func TestNew_OptionOrder(t *testing.T) {
	t.Parallel()
	api := &stub{responses: []stubResponse{everything}, tb: t}
	httpClient := client.WithHTTPClient(&http.Client{Transport: api})
	c, err := client.New(client.StaticToken(token), client.WithUserAgent("a"), httpClient, client.WithLocation("x"), client.WithBaseURL(base), client.WithLocation("l"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Contacts.List(t.Context(), client.ListRequest{}); err != nil {
		t.Fatal(err)
	}
	if got := api.sent[0]; got != "GET /contacts/?locationId=l" {
		t.Errorf("got %s", got)
	}
}

func TestWithDefaultHeader(t *testing.T) {
	t.Parallel()
	api := &stub{responses: []stubResponse{everything}, tb: t}
	c := newClient(t, api, client.WithDefaultHeader("x-team", "a"), client.WithDefaultHeader("Accept", "text/json"))
	if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Contacts.Get(t.Context(), "abc", client.WithHeader("X-Team", "b")); err != nil {
		t.Fatal(err)
	}
	setHeaders := func(_ context.Context, req *http.Request) error {
		req.Header.Set("X-Team", "c")
		req.Header.Set("Version", "v3")
		req.Header.Set("User-Agent", "mine")
		req.Header.Set("Authorization", "Bearer other")
		return nil
	}
	if _, err := c.Generated().GetContact(t.Context(), "abc", setHeaders); err != nil { //nolint:bodyclose // it is in memory
		t.Fatal(err)
	}
	for i, want := range []string{"a text/json 2021-07-28", "b text/json 2021-07-28", "c text/json v3"} {
		header := api.requests[i].Header
		if got := fmt.Sprint(header.Get("X-Team"), " ", header.Get("Accept"), " ", header.Get("Version")); got != want {
			t.Errorf("request %d: got %q, want %q", i, got, want)
		}
		if header.Get("Authorization") != "Bearer "+token {
			t.Errorf("request %d: Authorization was overwritten", i)
		}
	}
	if got := api.requests[2].Header.Get("User-Agent"); got != "mine" {
		t.Errorf("User-Agent: got %q, want mine", got)
	}
}

// TestWithHTTPClient uses the proxy and the TLS settings of the caller's HTTP client.
func TestWithHTTPClient(t *testing.T) {
	t.Parallel()
	contact := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"contact":{"id":"abc"}}`) })
	get := func(t *testing.T, address string, httpClient *http.Client) error {
		t.Helper()
		c, err := client.New(client.StaticToken("pit-test"), client.WithBaseURL(address), client.WithHTTPClient(httpClient),
			client.WithRetry(client.RetryPolicy{MaxAttempts: 1}))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Contacts.Get(t.Context(), "abc")
		return err
	}
	t.Run("TLS", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewUnstartedServer(contact)
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		defer server.Close()
		if err := get(t, server.URL, server.Client()); err != nil {
			t.Error(err)
		}
		if err := get(t, server.URL, &http.Client{}); err == nil {
			t.Error("an untrusted certificate was accepted")
		}
	})
	t.Run("proxy", func(t *testing.T) {
		t.Parallel()
		var proxied atomic.Int32
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			proxied.Add(1)
			if r.URL.Host != "localhost:1" {
				t.Errorf("got a request for %s", r.URL.Host)
			}
			contact(w, r)
		}))
		defer proxy.Close()
		address, err := url.Parse(proxy.URL)
		if err != nil {
			t.Fatal(err)
		}
		if err := get(t, "http://localhost:1", &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(address)}}); err != nil {
			t.Error(err)
		}
		if proxied.Load() != 1 {
			t.Errorf("%d requests came by the proxy", proxied.Load())
		}
	})
}

func TestWithOnSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := script(t, []stubResponse{{status: 502}, {status: 502}, everything}, retries, client.WithPacer(client.NewPacer(1, time.Second)))
		if err := c.Contacts.Delete(t.Context(), "abc"); err != nil {
			t.Fatal(err)
		}
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Contacts.Delete(canceled, "abc", client.WithOnSend(func() { t.Error("called for a call that was not sent") })); err == nil {
			t.Error("got no error")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c, _ := script(t, []stubResponse{everything, {status: 502}, {status: 502}, everything}, retries, client.WithPacer(client.NewPacer(1, time.Second)))
		if err := c.Contacts.Delete(t.Context(), "abc"); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		var after []time.Duration
		err := c.Contacts.Delete(t.Context(), "abc", client.WithOnSend(func() { after = append(after, time.Since(start)) }))
		if err != nil || !slices.Equal(after, []time.Duration{1025 * time.Millisecond}) {
			t.Errorf("got %v, called after %v, want once after the rate limit", err, after)
		}
	})
}

func TestWithHeader(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ key, value, canonical string }{
		{"X-Trace", "abc", "X-Trace"},
		{"x-tRACE", "abc", "X-Trace"},
		{"X-Trace", "", "X-Trace"},
		{"X-Trace", "a\tb", "X-Trace"},
		{"version", "v3", "Version"},
		{"User-Agent", "mine", "User-Agent"},
		{"Accept", "*/*", "Accept"},
	} {
		c, api := newStub(t, everything)
		err1 := c.Contacts.Delete(t.Context(), "abc", client.WithHeader(test.key, "first"), client.WithHeader(test.key, test.value))
		err2 := c.Contacts.Delete(t.Context(), "abc")
		if got := api.requests[0].Header[test.canonical]; err1 != nil || err2 != nil || !slices.Equal(got, []string{test.value}) {
			t.Errorf("%s: %s: got %q, %v, %v", test.key, test.value, got, err1, err2)
		}
		if got := api.requests[1].Header[test.canonical]; slices.Equal(got, []string{test.value}) {
			t.Errorf("%s: %s: the next call has it too", test.key, test.value)
		}
	}
}

func TestWithHeader_Rejected(t *testing.T) {
	t.Parallel()
	c := newClient(t, noRequests(t))
	for _, test := range []struct{ key, value string }{
		{"Authorization", "Bearer other"},
		{"aUTHORIZATION", "Bearer other"},
		{"Content-Type", "text/plain"},
		{"Content-Length", "11"},
		{"Host", "other.example"},
		{"Connection", "close"},
		{"Transfer-Encoding", "chunked"},
		{"Accept-Encoding", "gzip"},
		{"", "value"},
		{"X Trace", "value"},
		{"X-Trace:", "value"},
		{"X-Trace\n", "value"},
		{"X-Ünicode", "value"},
		{"X-Trace", "a\r\nAuthorization: Bearer other"},
		{"X-Trace", "a\x00"},
		{"X-Trace", "a\x7f"},
	} {
		err := c.Contacts.Delete(t.Context(), "abc", client.WithHeader(test.key, test.value))
		if !errors.Is(err, client.ErrInvalid) || strings.Contains(err.Error(), test.value) {
			t.Errorf("%q: %q: got %v, want ErrInvalid without the value", test.key, test.value, err)
		}
	}
}
