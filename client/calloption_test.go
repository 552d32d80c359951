package client_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestWithOnSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &scripted{outcomes: []outcome{{status: 502}, {status: 502}, success}}
		c := api.client(t, client.WithPacer(client.NewPacer(1, time.Second)))
		if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil {
			t.Fatal(err)
		}
		start, calls, after := time.Now(), 0, time.Duration(0)
		_, err := c.Contacts.Get(t.Context(), "abc", client.WithOnSend(func() { calls++; after = time.Since(start) }))
		if err != nil || calls != 1 || after <= 0 {
			t.Errorf("got %v, %d calls after %v, want one after the rate limit", err, calls, after)
		}
		if _, err := c.Contacts.Get(t.Context(), "abc", client.WithOnSend(nil)); !errors.Is(err, client.ErrInvalid) {
			t.Errorf("nil: got %v, want ErrInvalid", err)
		}
	})
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
