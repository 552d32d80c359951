package oauth_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// newAgency returns the source of an agency, and the API on which the agency installed the app.
func newAgency(t *testing.T) (*oauth.Source, *fakeAPI) {
	t.Helper()
	api := newFakeAPI(oauth.UserTypeCompany)
	source, _ := newInstalledSource(t, api, time.Hour)
	return source, api
}

func mustClient(t *testing.T, pool *oauth.ClientPool, location string) *client.Client {
	t.Helper()
	c, err := pool.Client(location)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClientPool_Client(t *testing.T) {
	t.Parallel()
	agency, _ := newAgency(t)
	var mu sync.Mutex
	var configured []string
	pool := oauth.NewClientPool(agency, func(locationID string) []client.Option {
		mu.Lock()
		defer mu.Unlock()
		configured = append(configured, locationID)
		return []client.Option{client.WithUserAgent("test/1")}
	})
	defer pool.CloseIdleConnections()
	clients := make([]*client.Client, 50)
	var group sync.WaitGroup
	for i := range clients {
		group.Go(func() { clients[i] = mustClient(t, pool, "a") })
	}
	group.Wait()
	if slices.ContainsFunc(clients, func(c *client.Client) bool { return c != clients[0] }) {
		t.Error("got different clients for the same ID")
	}
	if mustClient(t, pool, "b") == clients[0] {
		t.Error("got the same client for another location")
	}
	if !slices.Equal(configured, []string{"a", "b"}) {
		t.Errorf("got options for %q, want one client for each location", configured)
	}
	if c, err := pool.Client(""); err == nil || c != nil {
		t.Errorf("empty ID: got %v, %v, want an error", c, err)
	}
	invalid := oauth.NewClientPool(agency, func(string) []client.Option { return []client.Option{client.WithHTTPClient((*http.Client)(nil))} })
	if c, err := invalid.Client("a"); err == nil || c != nil {
		t.Errorf("invalid option: got %v, %v, want an error", c, err)
	}
}

// The pool does not decide whether a location has approved the app: the list in the credential is
// not complete.
func TestClientPool_Client_APIDecides(t *testing.T) {
	t.Parallel()
	agency, api := newAgency(t)
	credential := newCredential("listed")
	credential.ApprovedLocations = []string{"listed"}
	store := oauth.NewMemoryStore()
	if err := oauth.Save(t.Context(), store, credential); err != nil {
		t.Fatal(err)
	}
	listing := newApp(t, config(api)).Source(store)
	mustToken(t.Context(), t, listing)
	mustClient(t, oauth.NewClientPool(listing, nil), "not listed")

	api.before = func(*http.Request) http.HandlerFunc { return respond(403, `{"message":"no"}`) }
	c := mustClient(t, oauth.NewClientPool(agency, nil), "refused")
	if _, err := c.Contacts.Get(t.Context(), "ocQHyuzHvysMo5N5VsXc"); !errors.Is(err, client.ErrForbidden) {
		t.Errorf("got %v, want ErrForbidden", err)
	}
}

// The pool discards clients of locations without a token only if they are more than the limit.
func TestClientPool_Client_Limit(t *testing.T) {
	t.Parallel()
	const limit = 1000
	agency, _ := newAgency(t)
	pool := oauth.NewClientPool(agency, nil)
	issued := mustClient(t, pool, "issued")
	mustToken(t.Context(), t, agency.Location("issued"))
	clients := make([]*client.Client, limit)
	for i := range clients {
		clients[i] = mustClient(t, pool, strconv.Itoa(i))
	}
	for i := range clients {
		if mustClient(t, pool, strconv.Itoa(i)) != clients[i] {
			t.Fatalf("location %d: got another client than before", i)
		}
	}
	mustClient(t, pool, "one more")
	if mustClient(t, pool, "1") != clients[1] || mustClient(t, pool, "issued") != issued {
		t.Error("got another client, want only the oldest without a token to be discarded")
	}
	if mustClient(t, pool, "0") == clients[0] {
		t.Error("got the same client after the limit was exceeded, want a new one")
	}
}

// TestClientPool_Memory holds the clients of 10,000 locations.
func TestClientPool_Memory(t *testing.T) {
	const locations, limit = 10_000, 100 << 20
	agency, _ := newAgency(t)
	pool := oauth.NewClientPool(agency, nil)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	clients := make([]*client.Client, locations)
	for i := range clients {
		id := fmt.Sprintf("location%012d", i)
		clients[i] = mustClient(t, pool, id)
		mustToken(t.Context(), t, agency.Location(id))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	used := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d clients use %d MB", locations, used>>20)
	if used > limit {
		t.Errorf("got %d bytes, want at most %d", used, limit)
	}
	if mustClient(t, pool, "location000000000000") != clients[0] {
		t.Error("got another client for a location with a token, want the same")
	}
}
