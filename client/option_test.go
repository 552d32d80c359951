package client_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
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

func TestWithTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := roundTrip(func(req *http.Request) (*http.Response, error) {
			trace := httptrace.ContextClientTrace(req.Context())
			trace.GetConn("")
			trace.GotConn(httptrace.GotConnInfo{})
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		c := newClient(t, hang, client.WithTimeout(2*time.Second), client.WithRetry(client.RetryPolicy{MaxAttempts: 2, MinDelay: 1, MaxDelay: 1}))
		start := time.Now()
		_, err := c.Contacts.Get(t.Context(), "abc")
		if took := time.Since(start); took < 4*time.Second || took > 5*time.Second {
			t.Errorf("took %v, want two attempts of 2 s", took)
		}
		if !errors.Is(err, client.ErrNetwork) || errors.Is(err, context.Canceled) || client.KindOf(err) != "network" {
			t.Errorf("got %v, want ErrNetwork", err)
		}
		if _, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{}); !errors.Is(err, client.ErrMaybeApplied) {
			t.Errorf("create: got %v, want ErrMaybeApplied", err)
		}
	})
	t.Run("body", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			slow := roundTrip(func(req *http.Request) (*http.Response, error) {
				resp := ok("").response(req)
				resp.ContentLength, resp.Body = -1, stalledBody{req.Context().Done()}
				return resp, nil
			})
			_, err := newClient(t, slow).Contacts.Get(t.Context(), "abc")
			if !errors.Is(err, client.ErrNetwork) {
				t.Errorf("got %v, want ErrNetwork after the default timeout", err)
			}
		})
	})
}

// stalledBody is a body that never arrives.
type stalledBody struct{ done <-chan struct{} }

func (b stalledBody) Read([]byte) (int, error) {
	<-b.done
	return 0, context.Canceled
}
func (stalledBody) Close() error { return nil }

func TestWithDefaultHeader(t *testing.T) {
	t.Parallel()
	api := &stub{responses: []stubResponse{everything}}
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
		server := httptest.NewTLSServer(contact)
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
