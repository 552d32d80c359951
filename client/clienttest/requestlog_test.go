package clienttest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func TestServer_Requests(t *testing.T) {
	t.Parallel()
	var operations []string
	w := newWire(t, clienttest.WithRequestLog(2), clienttest.WithoutSocket(),
		clienttest.WithRequestHook(func(r clienttest.Request) { operations = append(operations, r.Operation) }))
	id := w.create(`"firstName":"Rosan","source":"` + strings.Repeat("x", 100<<10) + `"`)
	w.do("GET", "/contacts/"+id, "")
	w.refresh("secret-token")
	log := w.server.Requests()
	if diff := cmp.Diff([]string{"createContact", "getContact", "getAccessToken"}, operations); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
	if len(log) != 2 || log[0].Path != "/contacts/"+id || log[0].Status != 200 || log[0].LocationID != w.server.LocationID {
		t.Errorf("got log %+v", log)
	}
	if log[0].Time.IsZero() || log[0].TraceID == "" {
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
