package clienttest_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Close ends every request in progress and waits for all goroutines.
func TestServer_Close_RequestsInProgress(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]clienttest.Option{"socket": nil, "memory": {clienttest.WithoutSocket()}} {
		for _, failure := range []clienttest.ConnectionFailure{"", clienttest.ConnectionStalledInBody, clienttest.ConnectionEndlessBody} {
			t.Run(name+" "+string(failure), func(t *testing.T) {
				t.Parallel()
				arrived := make(chan struct{}, 1)
				s, err := clienttest.Start(append(opts, clienttest.WithRequestHook(func(clienttest.Request) { arrived <- struct{}{} }))...)
				if err != nil {
					t.Fatal(err)
				}
				s.InjectFaults(clienttest.Fault{Connection: failure, BodyDelay: time.Hour})
				ended := make(chan error)
				go func() {
					resp, err := wireTo(t, s).try(t.Context(), "GET", "/contacts/x", "")
					if err == nil {
						_, err = io.Copy(io.Discard, resp.Body)
						resp.Body.Close()
					}
					ended <- err
				}()
				<-arrived
				s.Close()
				s.Close()
				if err := <-ended; err == nil {
					t.Error("got no error, want one")
				}
			})
		}
	}
}

// Without a socket, the clock and the delays of the fake follow the time of the bubble.
func TestWithoutSocket_Bubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWire(t, clienttest.WithoutSocket(), clienttest.WithRateLimit(clienttest.RateLimit{Max: 2, Interval: 10 * time.Second}))
		w.server.InjectFaults(clienttest.Fault{Count: 1, Delay: time.Hour, BodyDelay: time.Hour})
		begin := time.Now()
		if r := w.list(""); r.status != 200 || time.Since(begin) != 2*time.Hour {
			t.Errorf("got %d after %v, want 200 after 2h", r.status, time.Since(begin))
		}
		w.list("")
		w.list("")
		if r := w.list(""); r.status != 429 {
			t.Errorf("got %d for the third request in the window, want 429", r.status)
		}
		time.Sleep(10 * time.Second)
		if r := w.list(""); r.status != 200 {
			t.Errorf("got %d ten seconds later, want 200", r.status)
		}
		if added := w.server.Seed(gen.Contact{})[0].DateAdded; !added.Equal(time.Now()) {
			t.Errorf("got dateAdded %v, want %v", added, time.Now())
		}
	})
}

func TestFault_Delay_CallerDisconnects(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWire(t, clienttest.WithoutSocket())
		w.server.InjectFaults(clienttest.Fault{Delay: time.Hour})
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		resp, err := w.try(ctx, "GET", "/contacts/x", "")
		if err == nil {
			resp.Body.Close()
			t.Error("got no error, want a timeout")
		}
		synctest.Wait()
		if waited, log := time.Since(begin), w.server.Requests(); waited != time.Second || len(log) != 1 {
			t.Errorf("waited %v, got log %+v, want 1s and the end of the request", waited, log)
		}
	})
}

// Only the client of a fake that has a rate limit waits.
func TestServer_Client_RateLimit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		limit clienttest.RateLimit
		paced bool
	}{{"production", clienttest.ProductionLimit, true}, {"none", clienttest.RateLimit{}, false}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := clienttest.NewServer(t, clienttest.WithoutSocket(), clienttest.WithRateLimit(test.limit))
				id, begin := s.Seed(gen.Contact{})[0].ID, time.Now()
				c := s.Client()
				for range 101 {
					if _, err := c.Contacts.Get(t.Context(), id); err != nil {
						t.Fatal(err)
					}
				}
				if took := time.Since(begin); (took > 0) != test.paced {
					t.Errorf("got %v for 101 requests, want waits: %t", took, test.paced)
				}
			})
		})
	}
}

func TestServer_HTTPClient_OtherAddress(t *testing.T) {
	t.Parallel()
	w := newWire(t, clienttest.WithoutSocket())
	w.server.URL = "http://example.com"
	resp, err := w.try(t.Context(), "GET", "/", "")
	if err == nil {
		resp.Body.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "no route to example.com:80") {
		t.Errorf("got error %v, want no route", err)
	}
}
