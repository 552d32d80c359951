package clienttest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// Without a bound, a log of ten thousand requests of the largest size would need 80 GB.
func TestServer_Requests_Bounded(t *testing.T) {
	t.Parallel()
	w := newWire(t, clienttest.WithoutSocket(), clienttest.WithoutValidation(), clienttest.WithRateLimit(clienttest.RateLimit{}))
	body := `{"locationId":"` + w.server.LocationID + `","ignored":"` + strings.Repeat("x", 1<<20) + `"}`
	w.do("POST", "/contacts/", body)
	if r := w.server.Requests()[0]; len(r.Body) != 64<<10 || r.BodySize != len(body) {
		t.Errorf("got %d bytes of %d in the log, want 64 KiB of %d", len(r.Body), r.BodySize, len(body))
	}
	w.header.Set("X-Long", strings.Repeat("x", 900<<10))
	for range 80 {
		w.do("GET", "/contacts/x", "")
	}
	if n := len(w.server.Requests()); n < 60 || n > 75 {
		t.Errorf("got %d requests of 900 KB in the log, want about 70 for 64 MiB", n)
	}
}

func TestServer_Requests(t *testing.T) {
	t.Parallel()
	var operations []string
	w := newWire(t, clienttest.WithRequestLog(2), clienttest.WithoutSocket(),
		clienttest.WithRequestHook(func(r clienttest.Request) { operations = append(operations, r.Operation) }))
	id := w.create(`"firstName":"Rosan"`)
	w.do("GET", "/contacts/"+id, "")
	w.refresh("secret-token")
	log := w.server.Requests()
	if diff := cmp.Diff([]string{"createContact", "getContact", "getAccessToken"}, operations); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
	if len(log) != 2 || log[0].Path != "/contacts/"+id || log[0].Status != 200 || log[0].Remaining != 98 || log[0].LocationID != w.server.LocationID {
		t.Errorf("got log %+v", log)
	}
	if time.Since(log[0].Time) > time.Minute || log[0].TraceID == "" {
		t.Errorf("got entry %+v", log[0])
	}
	for _, entry := range log {
		for _, secret := range []string{w.server.Token, w.server.App.ClientSecret, "secret-token"} {
			if strings.Contains(strings.Join(entry.Header["Authorization"], "")+string(entry.Body), secret) {
				t.Errorf("got a secret in the log: %+v", entry)
			}
		}
	}
	w.server.ClearRequests()
	if len(w.server.Requests()) != 0 {
		t.Error("got requests after ClearRequests, want none")
	}
}
