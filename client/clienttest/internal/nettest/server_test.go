package nettest_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/nettest"
)

// send sends a request and closes the body of the response after reading it.
func send(t *testing.T, c *http.Client, method, url, body string) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := c.Do(request)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func TestMemory_Bubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := nettest.Memory(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			time.Sleep(time.Second)
			_, _ = io.WriteString(w, r.URL.Path)
		}))
		begin := time.Now()
		var callers sync.WaitGroup
		for range 10 {
			callers.Go(func() {
				for range 100 {
					if err := send(t, s.Client(), http.MethodPost, s.URL+"/path", "body"); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		callers.Wait()
		if took := time.Since(begin); took != 100*time.Second {
			t.Errorf("got %v, want 100s", took)
		}
		s.Close()
	})
}

func TestServer_Close_WaitsForHandlers(t *testing.T) {
	t.Parallel()
	entered, returned := make(chan struct{}), false
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
		returned = true
	})
	s := nettest.Memory(handler)
	failed := make(chan error, 1)
	go func() { failed <- send(t, s.Client(), http.MethodGet, s.URL, "") }()
	<-entered
	s.Close()
	if !returned {
		t.Error("got a handler that still runs, want it to have returned")
	}
	if err := <-failed; err == nil {
		t.Error("got no error for the request, want one")
	}
}

func TestServer_Client_OtherAddress(t *testing.T) {
	t.Parallel()
	s := nettest.Memory(http.NotFoundHandler())
	get := func(url string) error { return send(t, s.Client(), http.MethodGet, url, "") }
	if err := get("http://example.com/"); err == nil || !strings.Contains(err.Error(), "no route to example.com:80") {
		t.Errorf("another host: got error %v, want no route", err)
	}
	s.Close()
	if err := get(s.URL); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after Close: got error %v, want ECONNREFUSED", err)
	}
}
