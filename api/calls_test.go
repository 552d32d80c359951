package api_test

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// TestCalls_Fake makes the calls of TestLive to the fake, whose responses match the document, and then changes some of them.
func TestCalls_Fake(t *testing.T) {
	t.Parallel()
	called := map[string]bool{}
	for _, call := range calls {
		called[call.operation] = true
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(operations)), slices.Sorted(maps.Keys(called))); diff != "" {
		t.Errorf("operations (-document +called):\n%s", diff)
	}
	for _, tt := range []struct {
		name         string
		old, changed string // in each body
		want         []string
	}{
		{"unchanged", "", "", nil},
		{"changed", `"prevPage":null`, `"prevPage":["SECRET"],"zodiac":"SECRET"`, []string{
			"getContacts first page: /meta/prevPage does not match the schema: type",
			"getContacts first page: /meta/prevPage is of type array, want integer",
			"getContacts first page: /meta/zodiac is unknown",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fake := clienttest.NewServer(t)
			for range 21 {
				fake.Seed(client.Contact{LastName: "Deo", Email: "rosan@deos.com", BusinessID: "641c"})
			}
			c := fake.Client(client.WithHTTPClient(&http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
				response, err := fake.HTTPClient().Transport.RoundTrip(req)
				if err != nil || tt.old == "" {
					return response, err
				}
				body, err := io.ReadAll(response.Body)
				response.Body = io.NopCloser(strings.NewReader(strings.ReplaceAll(string(body), tt.old, tt.changed)))
				return response, err
			})}))
			if diff := cmp.Diff(tt.want, callAll(t, c, true)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if fake.Len() != 21 {
				t.Errorf("got %d contacts, want 21: the test deletes its own", fake.Len())
			}
		})
	}
}
