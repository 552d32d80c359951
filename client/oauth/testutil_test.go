package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

const (
	clientID     = "6690f5b0c5d7a1-app"
	clientSecret = "s3cr3t-of-the-app"
	redirectURL  = "https://app.example/oauth/callback"
	lifetime     = 86399 * time.Second // of the fake's access tokens, as it reports it
)

// A hook returns a handler that responds to a request in place of the fake, or nil.
type hook func(*http.Request) http.HandlerFunc

func (h hook) response(r *http.Request) http.HandlerFunc {
	if h == nil {
		return nil
	}
	return h(r)
}

func isForLocation(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "locationToken") }

// fakeAPI is a transport to the fake, which counts requests and can replace responses. IDs are
// unique, because each Save has an effect on all sources of the installation.
type fakeAPI struct {
	*clienttest.Server
	before, after hook // called before and after the fake processes a request

	mu               sync.Mutex
	tokens           []string // the access tokens in the order in which the fake issued them
	requests         int      // to /oauth/token
	locationRequests int      // to /oauth/locationToken
}

var installations atomic.Int64

func newFakeAPI(t testing.TB, opts ...clienttest.Option) *fakeAPI {
	t.Helper()
	id := fmt.Sprintf("%020d", installations.Add(1))
	api := &fakeAPI{Server: clienttest.NewServer(t, append([]clienttest.Option{
		clienttest.WithoutSocket(), clienttest.WithRateLimit(clienttest.RateLimit{}), clienttest.WithDefaultLocationID(id),
		clienttest.WithApp(clienttest.App{ClientID: clientID, ClientSecret: clientSecret}), clienttest.WithLocationSettings(clienttest.Location{CompanyID: id}),
	}, opts...)...)}
	api.CompanyID = id
	return api
}

func (api *fakeAPI) RoundTrip(req *http.Request) (*http.Response, error) {
	api.mu.Lock()
	if isForLocation(req) {
		api.locationRequests++
	} else {
		api.requests++
	}
	api.mu.Unlock()
	return inMemory(func(w http.ResponseWriter, r *http.Request) {
		response := api.before.response(r)
		if response == nil {
			response = api.serve(r)
			if replaced := api.after.response(r); replaced != nil {
				response = replaced
			}
		}
		response(w, r)
	}).RoundTrip(req)
}

// serve lets the fake process a request, records the access token, and returns the response.
func (api *fakeAPI) serve(r *http.Request) http.HandlerFunc {
	w := httptest.NewRecorder()
	api.Handler().ServeHTTP(w, r)
	var issued struct {
		Token string `json:"access_token"`
	}
	_ = json.Unmarshal(w.Body.Bytes(), &issued)
	api.mu.Lock()
	defer api.mu.Unlock()
	if issued.Token != "" && !slices.Contains(api.tokens, issued.Token) {
		api.tokens = append(api.tokens, issued.Token)
	}
	return respond(w.Code, w.Body.String())
}

// newCredential returns the credential of a new installation, whose access token expires after
// left. It is not counted as a request.
func (api *fakeAPI) newCredential(t testing.TB, userType oauth.UserType, left time.Duration) oauth.Credential {
	t.Helper()
	uncounted := inMemory(func(w http.ResponseWriter, r *http.Request) { api.serve(r)(w, r) })
	code := api.AuthorizationCode(clienttest.Grant{UserType: clienttest.UserType(userType)})
	credential, err := newApp(t, config(uncounted)).Exchange(t.Context(), code, userType)
	if err != nil {
		t.Fatal(err)
	}
	credential.IssuedAt, credential.Expiry = time.Now().Add(left-lifetime), time.Now().Add(left)
	return credential
}

// inMemory is a transport without a network, for synctest. It runs on the goroutine of the caller.
type inMemory http.HandlerFunc

func (h inMemory) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	h(recorder, req)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	resp := recorder.Result()
	resp.Request = req
	return resp, nil
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// config returns the settings of an app with a transport.
func config(transport http.RoundTripper) oauth.Config {
	return oauth.Config{
		ClientID: clientID, ClientSecret: client.NewSecret(clientSecret), RedirectURL: redirectURL,
		Scopes: []string{"contacts.readonly", "contacts.write"}, HTTPClient: &http.Client{Transport: transport},
	}
}

func newApp(t testing.TB, config oauth.Config) *oauth.App {
	t.Helper()
	app, err := oauth.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// newSource returns a source of a store in memory that holds credential.
func newSource(t testing.TB, transport http.RoundTripper, credential oauth.Credential) *oauth.Source {
	t.Helper()
	store := oauth.NewMemoryStore()
	save(t, store, credential)
	return newApp(t, config(transport)).Source(store)
}

// installation is an app that is installed on the fake.
type installation struct {
	*fakeAPI
	userType oauth.UserType
	app      *oauth.App
	store    *faultyStore
	source   *oauth.Source
}

// newInstallation installs an app. The access token expires after left; it has expired if left is
// negative.
func newInstallation(t testing.TB, userType oauth.UserType, left time.Duration) *installation {
	t.Helper()
	i := &installation{fakeAPI: newFakeAPI(t), userType: userType, store: &faultyStore{MemoryStore: oauth.NewMemoryStore()}}
	i.app = newApp(t, config(i))
	i.source = i.app.Source(i.store)
	i.reinstall(t, left)
	return i
}

// inBubble runs a test with an installation in a synctest bubble.
func inBubble(t *testing.T, userType oauth.UserType, left time.Duration, test func(t *testing.T, i *installation)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { test(t, newInstallation(t, userType, left)) })
}

// runInBubble is like inBubble, with a subtest.
func runInBubble(t *testing.T, name string, userType oauth.UserType, left time.Duration, test func(t *testing.T, i *installation)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { inBubble(t, userType, left, test) })
}

func (i *installation) reinstall(t testing.TB, left time.Duration) {
	t.Helper()
	save(t, i.store.MemoryStore, i.newCredential(t, i.userType, left))
}

// reinstallElsewhere is like reinstall, but stores the credential as another process would.
func (i *installation) reinstallElsewhere(t testing.TB, left time.Duration) {
	t.Helper()
	stored, err := i.store.MemoryStore.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	swap(t, i.store.MemoryStore, stored.RefreshToken, i.newCredential(t, i.userType, left))
}

// wantToken checks that the source returns the access token that the fake issued as number n.
func (i *installation) wantToken(ctx context.Context, t testing.TB, n int) {
	t.Helper()
	got, err := i.source.Token(ctx)
	i.mu.Lock()
	defer i.mu.Unlock()
	if at := slices.Index(i.tokens, got) + 1; err != nil || at != n {
		t.Errorf("got token %d, %v, want %d", at, err, n)
	}
}

// wantRequests checks the number of requests to the token endpoint, and of those for location tokens
// if it is given.
func (i *installation) wantRequests(t testing.TB, want int, ofLocations ...int) {
	t.Helper()
	if i.requests != want || ofLocations != nil && i.locationRequests != ofLocations[0] {
		t.Errorf("got %d requests and %d for locations, want %d and %v", i.requests, i.locationRequests, want, ofLocations)
	}
}

// always returns a hook that responds with handler.
func always(handler http.HandlerFunc) hook {
	return func(*http.Request) http.HandlerFunc { return handler }
}

// delay is a hook that delays the request.
func delay(d time.Duration) hook {
	return func(*http.Request) http.HandlerFunc { time.Sleep(d); return nil }
}

// hang blocks until the context of the request ends.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// respond returns a handler that responds with status and body.
func respond(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// concurrently calls f n times at the same time, and waits until all calls have returned.
func concurrently(n int, f func()) {
	var wait sync.WaitGroup
	for range n {
		wait.Go(f)
	}
	wait.Wait()
}

func mustToken(ctx context.Context, t testing.TB, source client.TokenSource) string {
	t.Helper()
	token, err := source.Token(ctx)
	if err != nil {
		t.Error(err)
	}
	return token
}

func save(t testing.TB, store oauth.TokenStore, credential oauth.Credential) {
	t.Helper()
	if err := oauth.Save(t.Context(), store, credential); err != nil {
		t.Fatal(err)
	}
}

// swap calls CompareAndSwap and checks that it swapped.
func swap(t testing.TB, store oauth.TokenStore, used client.Secret, next oauth.Credential) {
	t.Helper()
	if got, err := store.CompareAndSwap(t.Context(), used, next); err != nil || !got {
		t.Errorf("got %t, %v, want true", got, err)
	}
}

// newCredential returns a credential with all fields set.
func newCredential(name string) oauth.Credential {
	return oauth.Credential{
		AccessToken: client.NewSecret("access of " + name), RefreshToken: client.NewSecret("refresh of " + name),
		IssuedAt: time.Now().Round(0), Expiry: time.Now().Add(time.Hour).Round(0), UserType: oauth.UserTypeCompany, CompanyID: "tDtDnQdgm2LXpyiqYvZ6",
		LocationID: "ve9EPM428h8vShlRW1KT", UserID: "u", PlanID: "p", Scopes: []string{"a", "b"}, ApprovedLocations: []string{"c"}, BulkInstallation: true,
		ApproveAllLocations: true, InstallToFutureLocations: true,
	}
}

// faultyStore is a MemoryStore with hooks. A method fails if its hook does. The hooks of Load and
// LockRefresh are called after the credential has been read or the lock acquired.
type faultyStore struct {
	*oauth.MemoryStore
	onLoad, onSwap, onLock func(ctx context.Context) error
}

// errConflict makes CompareAndSwap report that it did not swap.
var errConflict = errors.New("conflict")

func call(ctx context.Context, hook func(context.Context) error, err error) error {
	if hook == nil || err != nil {
		return err
	}
	return hook(ctx)
}

func (s *faultyStore) Load(ctx context.Context) (oauth.Credential, error) {
	credential, err := s.MemoryStore.Load(ctx)
	return credential, call(ctx, s.onLoad, err)
}

func (s *faultyStore) CompareAndSwap(ctx context.Context, used client.Secret, next oauth.Credential) (bool, error) {
	if err := call(ctx, s.onSwap, nil); errors.Is(err, errConflict) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return s.MemoryStore.CompareAndSwap(ctx, used, next)
}

func (s *faultyStore) LockRefresh(ctx context.Context) (func(), error) {
	unlock, err := s.MemoryStore.LockRefresh(ctx)
	return unlock, call(ctx, s.onLock, err)
}

// wantError checks that err matches want and contains text.
func wantError(t testing.TB, err, want error, text string) {
	t.Helper()
	if err == nil || want != nil && !errors.Is(err, want) || !strings.Contains(err.Error(), text) {
		t.Errorf("got error %v, want %v with %q", err, want, text)
	}
}
