package client

import (
	"net/http"
	"testing"
	"time"
)

// TestTheClientsOwnHTTPClient has what cannot be seen from outside without waiting half a minute or changing the environment.
func TestTheClientsOwnHTTPClient(t *testing.T) {
	t.Parallel()
	own := defaultHTTPClient()
	if own.Timeout != 30*time.Second {
		t.Errorf("an attempt has %v", own.Timeout)
	}
	if transport, ok := own.Transport.(*http.Transport); !ok || transport.Proxy == nil || transport == http.DefaultTransport {
		t.Errorf("transport %v", own.Transport)
	}
}
