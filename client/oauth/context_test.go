package oauth_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

type contextKey struct{}

// contextChecker counts the calls in each place, and reports those whose context is not that of the
// caller.
type contextChecker struct {
	*testing.T
	calls map[string]int
}

func (c *contextChecker) check(ctx context.Context, place string) {
	c.Helper()
	if ctx.Value(contextKey{}) == nil {
		c.Errorf("%s: got another context, want that of the caller", place)
	}
	c.calls[place]++
}

// hook returns a hook of a faultyStore.
func (c *contextChecker) hook(place string) func(context.Context) error {
	return func(ctx context.Context) error { c.check(ctx, place); return nil }
}

// transport checks the requests to next.
func (c *contextChecker) transport(next http.RoundTripper) http.RoundTripper {
	return roundTripFunc(func(req *http.Request) (*http.Response, error) {
		c.check(req.Context(), "request")
		return next.RoundTrip(req)
	})
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// contextLog is a slog.Handler that checks the contexts of the records.
type contextLog struct {
	slog.Handler
	checker *contextChecker
}

func (contextLog) Enabled(context.Context, slog.Level) bool { return true }

func (l contextLog) Handle(ctx context.Context, record slog.Record) error {
	l.checker.check(ctx, record.Message)
	return nil
}

// The context of the caller reaches the store, the transport, the logger and the functions of the
// program, so that its values arrive there.
func TestContext_ReachesEverything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		checker := &contextChecker{T: t, calls: map[string]int{}}
		api := newFakeAPI(oauth.UserTypeCompany)
		c := config(api)
		c.HTTPClient = &http.Client{Transport: checker.transport(c.HTTPClient.Transport)}
		c.Logger = slog.New(contextLog{slog.DiscardHandler, checker})
		app := newApp(t, c)
		store := &faultyStore{
			MemoryStore: oauth.NewMemoryStore(), onLoad: checker.hook("Load"), onSwap: checker.hook("CompareAndSwap"), onLock: checker.hook("LockRefresh"),
		}
		ctx := context.WithValue(t.Context(), contextKey{}, true)
		if err := oauth.Save(ctx, store, api.newCredential(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		source := app.Source(store)
		mustToken(ctx, t, source)
		mustToken(ctx, t, source.Location("a"))
		time.Sleep(api.lifetime - time.Minute)
		api.before = func(*http.Request) http.HandlerFunc { return respond(503, "") }
		mustToken(ctx, t, source)
		api.before = nil
		if err := oauth.Delete(ctx, store, time.Now()); err != nil {
			t.Fatal(err)
		}
		api.codes["code-1"] = true
		save := func(ctx context.Context, credential oauth.Credential) error {
			checker.check(ctx, "save")
			return oauth.Save(ctx, store, credential)
		}
		handler := oauth.InstallHandler(app, save, &oauth.InstallSettings{
			AllowMissingState: true,
			Installed:         http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { checker.check(r.Context(), "Installed") }),
			Failed:            func(_ http.ResponseWriter, r *http.Request, _ error) { checker.check(r.Context(), "Failed") },
		})
		for _, query := range []string{"code=code-1", "code=code-1"} { // a code is valid once
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/callback?"+query, nil))
		}
		for _, place := range []string{
			"Load", "CompareAndSwap", "LockRefresh", "request", "save", "Installed", "Failed", "oauth: received a token",
			"oauth: token request failed", "oauth: early refresh failed; the current token is used", "oauth: installation failed",
		} {
			if checker.calls[place] == 0 {
				t.Errorf("%s: got no call, want one", place)
			}
		}
	})
}

// The calls of a store end when the context ends, also while another process holds a lock.
func TestFileStore_ContextEnds(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(ctx context.Context, store *oauth.FileStore) error{
		".lock": func(ctx context.Context, store *oauth.FileStore) error {
			_, err := store.CompareAndSwap(ctx, client.Secret{}, newCredential("a"))
			return err
		},
		".refresh.lock": func(ctx context.Context, store *oauth.FileStore) error {
			_, err := store.LockRefresh(ctx)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantLockTimeout(t, name, call)
		})
	}
}

func wantLockTimeout(t *testing.T, suffix string, call func(context.Context, *oauth.FileStore) error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "credential.json")
	lock := flock.New(path + suffix)
	if locked, err := lock.TryLock(); !locked || err != nil {
		t.Fatalf("got %t, %v, want the lock", locked, err)
	}
	defer func() { _ = lock.Unlock() }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := call(ctx, oauth.NewFileStore(path)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want DeadlineExceeded", err)
	}
}
