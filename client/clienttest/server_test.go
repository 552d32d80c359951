package clienttest_test

import (
	"io"
	"net/http"
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
					resp, err := wireTo(t, s).try("GET", "/contacts/x", "")
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

func TestServer_ContactOperations(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]clienttest.Option{"socket": nil, "memory": {clienttest.WithoutSocket()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, opts...)
			id := w.create(`"firstName":"Rosan","lastName":"Deo","email":"Rosan@deos.com","phone":"(888) 888-8888","tags":[" VIP ","vip"]`)
			if len(id) != 20 {
				t.Errorf("got ID %q, want 20 characters", id)
			}
			got := w.do("GET", "/contacts/"+id, "")
			if got.status != 200 || got.at("contact", "phone") != "+18888888888" || got.at("contact", "tags", 0) != "vip" {
				t.Errorf("get: got %d %s, want the stored form", got.status, got.text)
			}
			updated := w.do("PUT", "/contacts/"+id, `{"city":"Dolomite","phone":null}`)
			if updated.status != 200 || updated.at("succeded") != true || updated.at("contact", "city") != "Dolomite" || updated.has("contact", "phone") {
				t.Errorf("update: got %d %s, want the city and no phone number", updated.status, updated.text)
			}
			upserted := w.do("POST", "/contacts/upsert", `{"locationId":"`+w.server.LocationID+`","email":"rosan@DEOS.com","state":"AL"}`)
			if upserted.status != 200 || upserted.at("new") != false || upserted.at("contact", "id") != id {
				t.Errorf("upsert: got %d %s, want the existing contact", upserted.status, upserted.text)
			}
			listed := w.list("")
			if listed.status != 200 || listed.at("contacts", 0, "id") != id || listed.at("meta", "total") != 1.0 {
				t.Errorf("list: got %d %s, want the contact", listed.status, listed.text)
			}
			business := w.do("GET", "/contacts/business/b1?locationId="+w.server.LocationID, "")
			business.wantJSON(t, 200, `{"contacts":[],"count":0}`)
			w.do("DELETE", "/contacts/"+id, "").wantJSON(t, 200, `{"succeded":true,"succeeded":true}`)
			w.do("GET", "/contacts/"+id, "").wantJSON(t, 400, `{"statusCode":400,"message":"Contact not found for id:`+id+`"}`)
			if n := w.server.Len(); n != 0 {
				t.Errorf("got %d contacts, want none", n)
			}
		})
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
			t.Error("got no error, want a timeout")
		}
		if waited := time.Since(begin); waited != time.Second {
			t.Errorf("waited %v, want 1s", waited)
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
