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

func TestMemoryServerWorksInABubble(t *testing.T) {
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
					resp, err := s.Client().Post(s.URL+"/path", "text/plain", strings.NewReader("body"))
					if err != nil {
						t.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			})
		}
		callers.Wait()
		if took := time.Since(begin); took != 100*time.Second {
			t.Errorf("took %v, want 100s", took)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseWaitsForHandlers(t *testing.T) {
	t.Parallel()
	entered, left := make(chan struct{}), false
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
		left = true
	})
	s := nettest.Memory(handler)
	failed := make(chan error, 1)
	go func() {
		resp, err := s.Client().Get(s.URL)
		if err == nil {
			resp.Body.Close()
		}
		failed <- err
	}()
	<-entered
	if err := s.Close(); err != nil || !left {
		t.Errorf("Close returned %v, handler left: %t", err, left)
	}
	if err := <-failed; err == nil {
		t.Error("the request succeeded, want an error")
	}
}

func TestMemoryClientReachesOnlyItsServer(t *testing.T) {
	t.Parallel()
	s := nettest.Memory(http.NotFoundHandler())
	get := func(url string) error {
		resp, err := s.Client().Get(url)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	if err := get("http://example.com/"); err == nil || !strings.Contains(err.Error(), "no route to example.com:80") {
		t.Errorf("another host: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := get(s.URL); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after Close: %v, want connection refused", err)
	}
}
