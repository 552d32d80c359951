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

// newAgency returns a source whose stored credential lists the approved locations.
func newAgency(t *testing.T, approved ...string) *oauth.Source {
	t.Helper()
	app, err := oauth.New(oauth.Config{ClientID: "id", ClientSecret: oauth.NewSecret("secret-of-the-app"), RedirectURL: "https://app.example/callback"})
	if err != nil {
		t.Fatal(err)
	}
	store := oauth.NewMemoryStore()
	now := time.Now()
	err = oauth.Save(t.Context(), store, oauth.Credential{
		AccessToken: oauth.NewSecret("access-token"), RefreshToken: oauth.NewSecret("refresh-token"), IssuedAt: now, Expiry: now.Add(24 * time.Hour),
		UserType: oauth.UserTypeCompany, CompanyID: "company", ApprovedLocations: approved,
	})
	if err != nil {
		t.Fatal(err)
	}
	source := app.Source(store)
	if _, err := source.Credential(t.Context()); err != nil {
		t.Fatal(err)
	}
	return source
}

func TestClientPool_Client(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var configured []string
	pool := oauth.NewClientPool(newAgency(t, "a", "b"), func(locationID string) []client.Option {
		mu.Lock()
		defer mu.Unlock()
		configured = append(configured, locationID)
		return []client.Option{client.WithUserAgent("test/1")}
	})
	defer pool.CloseIdleConnections()
	first := make([]*client.Client, 50)
	var group sync.WaitGroup
	for i := range first {
		group.Go(func() {
			c, err := pool.Client("a")
			if err != nil {
				t.Error(err)
			}
			first[i] = c
		})
	}
	group.Wait()
	if slices.ContainsFunc(first, func(c *client.Client) bool { return c == nil || c != first[0] }) {
		t.Error("got different clients for the same ID")
	}
	if b, err := pool.Client("b"); err != nil || b == first[0] {
		t.Errorf("got %v, %v, want another client for another location", b, err)
	}
	if !slices.Equal(configured, []string{"a", "b"}) {
		t.Errorf("got options for %q, want one client per location", configured)
	}
	if c, err := pool.Client("c"); !errors.Is(err, client.ErrForbidden) || c != nil {
		t.Errorf("a location that did not approve the app: got %v, %v, want ErrForbidden", c, err)
	}
	if c, err := pool.Client(""); err == nil || c != nil {
		t.Errorf("empty ID: got %v, %v, want an error", c, err)
	}
}

// TestClientPool_Client_UnknownLocations uses a credential that does not list its locations.
func TestClientPool_Client_UnknownLocations(t *testing.T) {
	t.Parallel()
	pool := oauth.NewClientPool(newAgency(t), nil)
	first, err := pool.Client("a")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := pool.Client("a"); err != nil || again != first {
		t.Errorf("got %v, %v, want the same client", again, err)
	}
	invalid := oauth.NewClientPool(newAgency(t), func(string) []client.Option { return []client.Option{client.WithHTTPClient((*http.Client)(nil))} })
	if c, err := invalid.Client("a"); err == nil || c != nil {
		t.Errorf("invalid option: got %v, %v, want an error", c, err)
	}
}

// A lookup of an existing client does not discard the other clients when the pool has reached its
// limit.
func TestClientPool_Client_UnknownLocations_Limit(t *testing.T) {
	t.Parallel()
	const limit = 1000
	pool := oauth.NewClientPool(newAgency(t), nil)
	get := func(location int) *client.Client {
		c, err := pool.Client(strconv.Itoa(location))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	clients := make([]*client.Client, limit)
	for i := range clients {
		clients[i] = get(i)
	}
	for i := range clients {
		if get(i) != clients[i] {
			t.Fatalf("location %d: got another client than before", i)
		}
	}
	get(limit)
	if get(0) == clients[0] {
		t.Error("got the same client after the limit was exceeded, want a new one")
	}
}

// TestClientPool_Memory holds the clients of 10,000 locations.
func TestClientPool_Memory(t *testing.T) {
	const locations, limit = 10_000, 100 << 20
	approved := make([]string, locations)
	for i := range approved {
		approved[i] = fmt.Sprintf("location%012d", i)
	}
	pool := oauth.NewClientPool(newAgency(t, approved...), nil)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for _, id := range approved {
		if _, err := pool.Client(id); err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	used := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d clients use %d MB", locations, used>>20)
	if used > limit {
		t.Errorf("got %d bytes, want at most %d", used, limit)
	}
	runtime.KeepAlive(pool)
}
