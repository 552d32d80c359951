package clienttest_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// Without a socket the fake's clock and delays are those of the bubble.
func TestInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWire(t, clienttest.WithoutSocket(), clienttest.WithRateLimit(clienttest.RateLimit{Max: 2, Interval: 10 * time.Second}))
		w.server.Fail(clienttest.Fault{Count: 1, Delay: time.Hour, BodyDelay: time.Hour})
		begin := time.Now()
		if r := w.list(""); r.status != 200 || time.Since(begin) != 2*time.Hour {
			t.Errorf("%d after %v", r.status, time.Since(begin))
		}
		w.list("")
		w.list("")
		if r := w.list(""); r.status != 429 {
			t.Errorf("the third in the window: %d", r.status)
		}
		time.Sleep(10 * time.Second)
		if r := w.list(""); r.status != 200 {
			t.Errorf("ten seconds later: %d", r.status)
		}
		if added := w.server.Seed(gen.Contact{})[0].DateAdded; !added.Equal(time.Now()) {
			t.Errorf("added at %v, now is %v", added, time.Now())
		}
	})
}

func TestDelayEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWire(t, clienttest.WithoutSocket())
		w.server.Fail(clienttest.Fault{Delay: time.Hour})
		httpClient := w.server.HTTPClient()
		httpClient.Timeout = time.Second
		begin := time.Now()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+"/contacts/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := httpClient.Do(request)
		if err == nil {
			resp.Body.Close()
			t.Error("no error")
		}
		if waited := time.Since(begin); waited != time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

func TestOwnClock(t *testing.T) {
	t.Parallel()
	w := newWire(t, clienttest.WithClock(func() time.Time { return day }))
	w.server.Advance(time.Hour)
	id := w.create("")
	if got := w.do("GET", "/contacts/"+id, "").at("contact", "dateAdded"); got != "2026-03-01T13:00:00.000Z" {
		t.Errorf("added at %v", got)
	}
}

// A client of a fake without limits does not wait; one of a fake with limits does as with the API.
func TestClientsPaceByTheFakesLimit(t *testing.T) {
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
					t.Errorf("101 requests took %v", took)
				}
			})
		})
	}
}
