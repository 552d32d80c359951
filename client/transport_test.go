package client_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
)

// TestTheCallersTransportIsUsed sends through the caller's proxy, and trusts whom the caller's TLS settings trust.
func TestTheCallersTransportIsUsed(t *testing.T) {
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
			t.Error("a certificate that nobody vouches for was trusted")
		}
	})
	t.Run("proxy", func(t *testing.T) {
		t.Parallel()
		var proxied atomic.Int32
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			proxied.Add(1)
			if r.URL.Host != "localhost:1" {
				t.Errorf("asked for %s", r.URL.Host)
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
