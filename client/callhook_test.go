package client_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestWithCallHook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var infos []client.CallInfo
		api := &scripted{outcomes: []outcome{{status: 503, header: http.Header{"Retry-After": {"2"}}}, success, {status: 403}}}
		c := api.client(t, client.WithCallHook(func(_ context.Context, info client.CallInfo) { infos = append(infos, info) }))
		if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil {
			t.Fatal(err)
		}
		err := c.Contacts.Delete(t.Context(), "def")
		_ = c.Contacts.Delete(t.Context(), "") // not a call
		want := []client.CallInfo{
			{Operation: "getContact", Method: "GET", Path: "/proxy/contacts/abc", StatusCode: 200, Attempts: 2, Waited: 2 * time.Second, Duration: 2 * time.Second},
			{Operation: "deleteContact", Method: "DELETE", Path: "/proxy/contacts/def", StatusCode: 403, Attempts: 1, Err: err},
		}
		if diff := cmp.Diff(want, infos, cmp.Comparer(func(a, b error) bool { return a == b })); diff != "" { //nolint:errorlint // the same value
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
