package oauth_test

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// newAgency returns the source of an agency whose locations all have the same token.
func newAgency(t *testing.T) *oauth.Source {
	t.Helper()
	return newSource(t, inMemory(respond(201, `{"access_token":"location","expires_in":86399}`)), newCredential("agency"))
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
	agency := newAgency(t)
	var configured []string // the pool calls the function from one goroutine at a time
	pool := oauth.NewClientPool(agency, func(locationID string) []client.Option {
		configured = append(configured, locationID)
		return []client.Option{client.WithUserAgent("test/1")}
	})
	defer pool.CloseIdleConnections()
	first := mustClient(t, pool, "a")
	concurrently(50, func() {
		if mustClient(t, pool, "a") != first || mustClient(t, pool, "b") == first {
			t.Error("got different clients for the same ID, or the same client for another location")
		}
	})
	if !slices.Equal(configured, []string{"a", "b"}) {
		t.Errorf("got options for %q, want one client for each location", configured)
	}
	_, err := pool.Client("")
	wantError(t, err, nil, "empty location ID")
	_, err = oauth.NewClientPool(agency, func(string) []client.Option { return []client.Option{nil} }).Client("a")
	wantError(t, err, nil, "ClientPool: Client: ")
}

// The pool does not decide whether a location has approved the app: the list in the credential is
// not complete.
func TestClientPool_Client_APIDecides(t *testing.T) {
	t.Parallel()
	credential := newCredential("agency")
	credential.ApprovedLocations = []string{"listed"}
	pool := oauth.NewClientPool(newSource(t, inMemory(respond(403, `{"message":"no"}`)), credential), nil)
	_, err := mustClient(t, pool, "not listed").Contacts.Get(t.Context(), "ocQHyuzHvysMo5N5VsXc")
	wantError(t, err, client.ErrForbidden, "")
}

// When the pool has added too many clients, it discards those of locations without a token.
func TestClientPool_Client_Limit(t *testing.T) {
	t.Parallel()
	agency := newAgency(t)
	pool := oauth.NewClientPool(agency, nil)
	issued, unknown := mustClient(t, pool, "issued"), mustClient(t, pool, "unknown")
	mustToken(t.Context(), t, agency.Location("issued"))
	for i := range 998 {
		mustClient(t, pool, strconv.Itoa(i))
	}
	if mustClient(t, pool, "unknown") != unknown {
		t.Error("got another client before the limit was reached, want the same")
	}
	for i := range 1000 {
		mustClient(t, pool, "more "+strconv.Itoa(i))
	}
	if mustClient(t, pool, "issued") != issued || mustClient(t, pool, "unknown") == unknown {
		t.Error("got another client for a location with a token, or the same for one without a token")
	}
	unknown = mustClient(t, pool, "unknown")
	mustClient(t, pool, "next")
	if mustClient(t, pool, "unknown") != unknown {
		t.Error("got another client after one more location, want the same until the next limit")
	}
}

func TestClientPool_Memory(t *testing.T) {
	const locations, limit = 10_000, 100 << 20
	agency := newAgency(t)
	pool := oauth.NewClientPool(agency, nil)
	heap := func() uint64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before := heap()
	for i := range locations {
		id := fmt.Sprintf("location%012d", i)
		mustClient(t, pool, id)
		mustToken(t.Context(), t, agency.Location(id))
	}
	if after := heap(); after > before+limit {
		t.Errorf("got %d bytes, want at most %d", after-before, limit)
	}
	runtime.KeepAlive(pool)
}
