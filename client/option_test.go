package client_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestNew_InvalidOptions(t *testing.T) {
	const (
		sent      = "the token has spaces or characters that cannot be sent in a header"
		scheme    = "WithBaseURL: invalid URL: the scheme must be https"
		plain     = "WithBaseURL: http would send the token unencrypted: use https (http is allowed on loopback only)"
		parts     = "WithBaseURL: remove user, query and fragment"
		agent     = "WithUserAgent: empty, or not allowed in a header"
		durations = "WithRetry: negative MaxAttempts, MinDelay or MaxDelay"
	)
	for _, test := range []struct {
		tokens client.TokenSource // by default a valid one
		option client.Option
		want   string
	}{
		{client.StaticToken(""), nil, "New: the token is empty"},
		{client.StaticToken("bearer abc"), nil, "New: remove the Bearer prefix from the token"},
		{client.StaticToken("abc\n"), nil, "New: " + sent},
		{client.StaticToken("abcд"), nil, "New: " + sent},
		{nil, nil, "a nil client.Option"},
		{nil, client.WithBaseURL("https://api.example\x7f"), "WithBaseURL: invalid URL"},
		{nil, client.WithBaseURL("ftp://api.example"), scheme},
		{nil, client.WithBaseURL("http://api.example"), plain},
		{nil, client.WithBaseURL("https://me:secret@api.example"), parts},
		{nil, client.WithBaseURL("https://api.example/?"), parts},
		{nil, client.WithLocation(""), "WithLocation: empty location ID"},
		{nil, client.WithHTTPClient(nil), "WithHTTPClient: the HTTP client is nil"},
		{nil, client.WithUserAgent("a\r\nX: y"), agent},
		{nil, client.WithRetry(client.RetryPolicy{MaxAttempts: -1}), durations},
		{nil, client.WithRetry(client.RetryPolicy{MaxDelay: -1}), durations},
		{nil, client.WithTimeout(-1), "WithTimeout: negative timeout"},
		{nil, client.WithDefaultHeader("authorization", "x"), "WithDefaultHeader: the client sets Authorization itself"},
		{nil, client.WithDefaultHeader("X-A", "x\n"), "WithDefaultHeader: invalid header value"},
		{nil, client.WithCallHook(nil), "WithCallHook: the hook is nil"},
		{nil, client.WithPacer(client.NewPacer(1, 1, client.WithShare(1.5))), "WithPacer: WithShare: 1.5 is not above 0 and at most 1"},
		{nil, client.WithPacer(nil), "WithPacer: the Pacer is nil"},
		{nil, client.WithLogger(nil), "WithLogger: the logger is nil"},
		{nil, client.WithMaxResponseBytes(0), "WithMaxResponseBytes: not a positive number of bytes"},
	} {
		c, err := client.New(cmp.Or(test.tokens, client.TokenSource(sourceFunc(nil))), test.option)
		if err == nil || err.Error() != "highlevel: "+test.want || c != nil {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
	if _, err := client.New(nil); err == nil || err.Error() != "highlevel: New: no TokenSource: use client.StaticToken(token) or package oauth" {
		t.Errorf("no token source: got %v", err)
	}
}

// TestNew_OptionOrder sets options twice. The last one counts, and user agents are added.
func TestNew_OptionOrder(t *testing.T) {
	c, api := script(t, []stubResponse{everything}, client.WithUserAgent("inner/1"),
		client.WithLocation("x"), client.WithUserAgent("outer/2 (Ünicode)"), client.WithLocation("l"))
	if _, err := c.Contacts.List(t.Context(), client.ListRequest{}); err != nil || api.sent[0] != "GET /contacts/?locationId=l" {
		t.Errorf("got %s, %v, want the last location", api.sent[0], err)
	}
	if got := api.requests[0].Header.Get("User-Agent"); !strings.HasPrefix(got, "outer/2 (Ünicode) inner/1 highlevel/") {
		t.Errorf("got %q", got)
	}
}

func TestWithDefaultHeader(t *testing.T) {
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

func TestWithOnSend(t *testing.T) {
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
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Contacts.Delete(canceled, "abc", client.WithOnSend(func() { t.Error("called for a call that was not sent") })); err == nil {
			t.Error("got no error")
		}
	})
}

func TestWithHeader(t *testing.T) {
	for _, test := range []struct{ key, value, canonical string }{
		{"X-Trace", "abc", "X-Trace"},
		{"x-tRACE", "a\tb", "X-Trace"},
		{"X-Trace", "", "X-Trace"},
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
	c := newClient(t, noRequests(t))
	check := func(key, value string) {
		t.Helper()
		err := c.Contacts.Delete(t.Context(), "abc", client.WithHeader(key, value))
		if !errors.Is(err, client.ErrInvalid) || strings.Contains(err.Error(), value) {
			t.Errorf("%q: %q: got %v, want ErrInvalid without the value", key, value, err)
		}
	}
	for _, key := range []string{
		"Authorization", "aUTHORIZATION", "Content-Type", "Content-Length", "Host", "Connection", "Transfer-Encoding", "Accept-Encoding",
		"", "X Trace", "X-Trace:", "X-Trace\n", "X-Ünicode",
	} {
		check(key, "its value")
	}
	for _, value := range []string{"a\r\nAuthorization: Bearer other", "a\x00", "a\x7f"} {
		check("X-Trace", value)
	}
}
