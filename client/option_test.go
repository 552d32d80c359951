package client_test

import (
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"
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
		{"no token source", nil, nil, "client: New: no TokenSource: use client.StaticToken(token) or package oauth"},
		{"empty token", client.StaticToken(""), nil, "client: New: the token is empty"},
		{"token with Bearer", client.StaticToken("bearer abc"), nil, "client: New: remove the Bearer prefix from the token"},
		{
			"token with a line break", client.StaticToken("abc\n"), nil,
			"client: New: the token has spaces or characters that cannot be sent in a header",
		},
		{
			"token in another script", client.StaticToken("abcд"), nil,
			"client: New: the token has spaces or characters that cannot be sent in a header",
		},
		{"nil option", good, nil, "client: New: an Option is nil"},
		{"base URL: not one", good, client.WithBaseURL("https://api.example\x7f"), "client: WithBaseURL: invalid URL"},
		{"base URL: empty", good, client.WithBaseURL(""), "client: WithBaseURL: invalid URL: the scheme must be https"},
		{"base URL: no scheme", good, client.WithBaseURL("api.example/v1"), "client: WithBaseURL: invalid URL: the scheme must be https"},
		{"base URL: no host", good, client.WithBaseURL("https:///v1"), "client: WithBaseURL: invalid URL: missing host"},
		{"base URL: port alone", good, client.WithBaseURL("https://:443"), "client: WithBaseURL: invalid URL: missing host"},
		{"base URL: another scheme", good, client.WithBaseURL("ftp://api.example"), "client: WithBaseURL: invalid URL: the scheme must be https"},
		{"base URL: http", good, client.WithBaseURL("http://api.example"), "client: WithBaseURL: http would send the token unencrypted: use https (http is allowed on loopback only)"},
		{"base URL: http, almost loopback", good, client.WithBaseURL("http://localhost.example"), "client: WithBaseURL: http would send the token unencrypted: use https (http is allowed on loopback only)"},
		{"base URL: http, loopback as user", good, client.WithBaseURL("http://127.0.0.1@api.example"), "client: WithBaseURL: http would send the token unencrypted: use https (http is allowed on loopback only)"},
		{"base URL: user", good, client.WithBaseURL("https://me:secret@api.example"), "client: WithBaseURL: remove user, query and fragment"},
		{"base URL: query", good, client.WithBaseURL("https://api.example/?a=b"), "client: WithBaseURL: remove user, query and fragment"},
		{"base URL: empty query", good, client.WithBaseURL("https://api.example/?"), "client: WithBaseURL: remove user, query and fragment"},
		{"base URL: fragment", good, client.WithBaseURL("https://api.example/#a"), "client: WithBaseURL: remove user, query and fragment"},
		{"location: empty", good, client.WithLocation(""), "client: WithLocation: empty location ID"},
		{"HTTP client: nil", good, client.WithHTTPClient(nil), "client: WithHTTPClient: the HTTP client is nil"},
		{"user agent: empty", good, client.WithUserAgent(""), "client: WithUserAgent: empty, or not allowed in a header"},
		{"user agent: line break", good, client.WithUserAgent("a\r\nX: y"), "client: WithUserAgent: empty, or not allowed in a header"},
		{"retry: attempts", good, client.WithRetry(client.RetryPolicy{MaxAttempts: -1}), "client: WithRetry: negative MaxAttempts, MinDelay or MaxDelay"},
		{"retry: shortest wait", good, client.WithRetry(client.RetryPolicy{MinDelay: -time.Second}), "client: WithRetry: negative MaxAttempts, MinDelay or MaxDelay"},
		{"retry: longest wait", good, client.WithRetry(client.RetryPolicy{MaxDelay: -time.Second}), "client: WithRetry: negative MaxAttempts, MinDelay or MaxDelay"},
		{"timeout: negative", good, client.WithTimeout(-1), "client: WithTimeout: negative timeout"},
		{"default header: reserved", good, client.WithDefaultHeader("authorization", "x"), "client: WithDefaultHeader: the client sets Authorization itself"},
		{"default header: line break", good, client.WithDefaultHeader("X-A", "x\n"), "client: WithDefaultHeader: invalid header value"},
		{"call hook: nil", good, client.WithCallHook(nil), "client: WithCallHook: the hook is nil"},
		{"pacer: nil", good, client.WithPacer(nil), "client: WithPacer: the Pacer is nil"},
		{"logger: nil", good, client.WithLogger(nil), "client: WithLogger: the logger is nil"},
		{"bytes: none", good, client.WithMaxResponseBytes(0), "client: WithMaxResponseBytes: 0 is not a positive number of bytes"},
		{"bytes: negative", good, client.WithMaxResponseBytes(-1), "client: WithMaxResponseBytes: -1 is not a positive number of bytes"},
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
	api := &stub{responses: []stubResponse{everything}}
	c := newClient(t, api, client.WithUserAgent("inner/1"), client.WithUserAgent("outer/2 (Ünicode)"))
	if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil {
		t.Fatal(err)
	}
	if got := api.requests[0].Header.Get("User-Agent"); !strings.HasPrefix(got, "outer/2 (Ünicode) inner/1 contacts-go/") {
		t.Errorf("got %q", got)
	}
}

func TestWithMaxResponseBytes_Largest(t *testing.T) {
	t.Parallel()
	c := newClient(t, &stub{responses: []stubResponse{everything}}, client.WithMaxResponseBytes(math.MaxInt64))
	if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil {
		t.Fatal(err)
	}
}

func TestWithHeader(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, key, value, canonical string }{
		{"one of the caller's", "X-Trace", "abc", "X-Trace"},
		{"another case", "x-tRACE", "abc", "X-Trace"},
		{"an empty value", "X-Trace", "", "X-Trace"},
		{"a tab", "X-Trace", "a\tb", "X-Trace"},
		{"another version", "version", "v3", "Version"},
		{"another user agent", "User-Agent", "mine", "User-Agent"},
		{"another accept", "Accept", "*/*", "Accept"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, api := newStub(t, everything)
			if _, err := c.Contacts.Get(t.Context(), "abc", client.WithHeader(test.key, "first"), client.WithHeader(test.key, test.value)); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil {
				t.Fatal(err)
			}
			if got := api.requests[0].Header[test.canonical]; len(got) != 1 || got[0] != test.value {
				t.Errorf("got %q", got)
			}
			if got := api.requests[1].Header[test.canonical]; len(got) == 1 && got[0] == test.value {
				t.Errorf("the next call has it too: %q", got)
			}
		})
	}
}

func TestWithHeader_Rejected(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, key, value string }{
		{"the token", "Authorization", "Bearer other"},
		{"the token in another case", "aUTHORIZATION", "Bearer other"},
		{"the type of the body", "Content-Type", "text/plain"},
		{"the length of the body", "Content-Length", "0"},
		{"the host", "Host", "other.example"},
		{"the connection", "Connection", "close"},
		{"the transfer encoding", "Transfer-Encoding", "chunked"},
		{"the accepted encodings", "Accept-Encoding", "gzip"},
		{"no name", "", "a"},
		{"a name with a space", "X Trace", "a"},
		{"a name with a colon", "X-Trace:", "a"},
		{"a name with a line break", "X-Trace\n", "a"},
		{"a name in another script", "X-Ünicode", "a"},
		{"a value with a line break", "X-Trace", "a\r\nAuthorization: Bearer other"},
		{"a value with a zero byte", "X-Trace", "a\x00"},
		{"a value with a delete", "X-Trace", "a\x7f"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, noRequests(t))
			err := c.Contacts.Delete(t.Context(), "abc", client.WithHeader(test.key, test.value))
			if !errors.Is(err, client.ErrInvalid) || (test.value != "" && strings.Contains(err.Error(), test.value) && len(test.value) > 1) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNew_OptionOrder(t *testing.T) {
	t.Parallel()
	api := &stub{responses: []stubResponse{everything}}
	httpClient := client.WithHTTPClient(&http.Client{Transport: api})
	c, err := client.New(client.StaticToken(token), client.WithUserAgent("a"), httpClient, client.WithLocation("x"), client.WithBaseURL(base), client.WithLocation("l"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Contacts.List(t.Context(), client.ListRequest{}); err != nil {
		t.Fatal(err)
	}
	if got := api.targets()[0]; got != "GET /proxy/v1/contacts/?locationId=l" {
		t.Errorf("got %s", got)
	}
}
