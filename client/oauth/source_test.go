package oauth_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

func TestSource_Token_ConcurrentCallsRefreshOnce(t *testing.T) {
	t.Parallel()
	for name, left := range map[string]time.Duration{"expired": -time.Hour, "due": time.Minute} {
		runInBubble(t, name, oauth.UserTypeLocation, left, func(t *testing.T, i *installation) {
			i.before = delay(time.Second) // the other calls start during the request
			concurrently(200, func() { mustToken(t.Context(), t, i.source) })
			i.wantRequests(t, 1)
			i.wantToken(t.Context(), t, 2)
		})
	}
}

// The API rejects the tokens of a location and of its agency between calls of package client. No
// call fails, and each token is replaced once.
func TestSource_Token_RejectedBetweenCalls(t *testing.T) {
	inBubble(t, oauth.UserTypeCompany, lifetime, func(t *testing.T, i *installation) {
		tokens := i.source.Location("a")
		c, err := client.New(tokens, client.WithLocation("a"), client.WithHTTPClient(i.HTTPClient()), client.WithBaseURL(i.URL), client.WithPacer(client.Unpaced{}))
		if err != nil {
			t.Fatal(err)
		}
		i.RevokeToken(mustToken(t.Context(), t, tokens))
		i.RevokeToken(mustToken(t.Context(), t, i.source))
		concurrently(50, func() {
			if _, err := c.Contacts.List(t.Context(), client.ListRequest{Limit: 1}); err != nil {
				t.Error(err)
			}
		})
		i.wantRequests(t, 1, 3)
	})
}

func TestSource_Token_EarlyRefreshDoesNotBlock(t *testing.T) {
	t.Parallel()
	for name, load := range map[string]bool{"token in memory": true, "token in the store": false} {
		runInBubble(t, name, oauth.UserTypeLocation, time.Hour, func(t *testing.T, i *installation) {
			if load {
				i.wantToken(t.Context(), t, 1)
			}
			time.Sleep(time.Hour - time.Minute) // the token is due
			canceled, cancel := context.WithCancel(t.Context())
			cancel()
			if load {
				i.wantToken(canceled, t, 1)
			}
			i.before = delay(5 * time.Second)
			var wait sync.WaitGroup
			wait.Go(func() { i.wantToken(t.Context(), t, 2) })
			synctest.Wait()
			start := time.Now()
			if i.wantToken(t.Context(), t, 1); time.Since(start) != 0 {
				t.Errorf("got a token after %s, want it immediately", time.Since(start))
			}
			wait.Wait()
			i.wantToken(t.Context(), t, 2)
		})
	}
}

// The token is used until it expires, also by a program that starts shortly before, even if the
// refresh fails. After a failure, the next request follows after 30 seconds.
func TestSource_Token_RefreshFails_TokenUsedUntilExpiry(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{"outage": respond(503, ""), "invalid refresh token": respond(400, `{"error":"invalid_grant"}`)} {
		runInBubble(t, name, oauth.UserTypeLocation, 4*time.Minute, func(t *testing.T, i *installation) {
			i.before = always(handler)
			start := time.Now()
			for range 3 {
				i.wantToken(t.Context(), t, 1)
				before := i.requests
				i.wantToken(t.Context(), t, 1)
				i.wantRequests(t, before)
				time.Sleep(time.Minute)
			}
			time.Sleep(4*time.Minute - time.Since(start))
			_, err := i.source.Token(t.Context())
			if err == nil || errors.Is(err, oauth.ErrReinstallRequired) == (name == "outage") {
				t.Errorf("after the expiry: got %v", err)
			}
			i.before = nil
			if name == "outage" {
				i.wantToken(t.Context(), t, 2)
			}
		})
	}
}

func TestSource_Invalidate(t *testing.T) {
	inBubble(t, oauth.UserTypeLocation, time.Hour, func(t *testing.T, i *installation) {
		old, other := mustToken(t.Context(), t, i.source), i.app.Source(i.store)
		mustToken(t.Context(), t, other)
		i.source.Invalidate("some other token")
		i.wantToken(t.Context(), t, 1)
		concurrently(200, func() {
			i.source.Invalidate(old)
			i.wantToken(t.Context(), t, 2)
		})
		other.Invalidate(old) // the store has a new token
		if got := mustToken(t.Context(), t, other); got != i.tokens[1] {
			t.Errorf("got %s, want the token that the other source stored", got)
		}
		i.wantRequests(t, 1)
	})
}

// A call that waits returns when its context ends. A call that refreshes completes the refresh even
// if its context ends.
func TestSource_Token_CanceledDuringRequest_RefreshContinues(t *testing.T) {
	inBubble(t, oauth.UserTypeLocation, -time.Hour, func(t *testing.T, i *installation) {
		i.before = delay(3 * time.Second)
		begin := time.Now()
		var wait sync.WaitGroup
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if i.wantToken(ctx, t, 2); time.Since(begin) != 3*time.Second {
				t.Errorf("refreshing call: got a token after %s, want 3s", time.Since(begin))
			}
		})
		synctest.Wait()
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			if _, err := i.source.Token(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 2*time.Second {
				t.Errorf("waiting call: got %v after %s, want DeadlineExceeded after 2s", err, time.Since(begin))
			}
		})
		wait.Go(func() { i.wantToken(t.Context(), t, 2) })
		wait.Wait()
		i.wantRequests(t, 1)
	})
}

// slow is a hook that ends after a minute, or fails when the context ends.
func slow(ctx context.Context) error {
	select {
	case <-time.After(time.Minute):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestSource_Token_CanceledDuringLoad_WaiterTakesOver(t *testing.T) {
	inBubble(t, oauth.UserTypeLocation, time.Hour, func(t *testing.T, i *installation) {
		i.store.onLoad = slow
		var wait sync.WaitGroup
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := i.source.Token(ctx)
			wantError(t, err, context.DeadlineExceeded, "")
		})
		synctest.Wait()
		wait.Go(func() { i.wantToken(t.Context(), t, 1) })
		wait.Wait()
	})
}

// A panic reaches the call that refreshes. The calls that wait return an error, and the next call
// refreshes again.
func TestSource_Token_Panics(t *testing.T) {
	inBubble(t, oauth.UserTypeLocation, -time.Hour, func(t *testing.T, i *installation) {
		i.before = func(*http.Request) http.HandlerFunc { time.Sleep(time.Second); panic("transport") }
		var wait sync.WaitGroup
		wait.Go(func() {
			defer func() {
				if recover() == nil {
					t.Error("got no panic in the call that refreshes")
				}
			}()
			_, _ = i.source.Token(t.Context())
		})
		synctest.Wait()
		wait.Go(func() {
			_, err := i.source.Token(t.Context())
			wantError(t, err, nil, "did not return")
		})
		wait.Wait()
		i.before = nil
		i.wantToken(t.Context(), t, 2)
	})
}

// A token is not refreshed in the first nine tenths of its lifetime.
func TestSource_Token_ShortLifetime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		credential := newCredential("a")
		credential.Expiry = credential.IssuedAt.Add(time.Minute)
		source := newSource(t, inMemory(func(http.ResponseWriter, *http.Request) { t.Error("got a request") }), credential)
		mustToken(t.Context(), t, source)
		time.Sleep(54*time.Second - time.Nanosecond)
		mustToken(t.Context(), t, source)
	})
}

type contextKey struct{}

// contextLog is a slog.Handler that passes the contexts of the records to a function.
type contextLog struct {
	slog.Handler
	check func(ctx context.Context, place string)
}

func (contextLog) Enabled(context.Context, slog.Level) bool { return true }

func (l contextLog) Handle(ctx context.Context, record slog.Record) error {
	l.check(ctx, record.Message)
	return nil
}

// The context of the caller reaches the store, the transport, the logger and the functions of the
// program, so that its values arrive there.
func TestContext_ReachesEverything(t *testing.T) {
	inBubble(t, oauth.UserTypeCompany, -time.Hour, func(t *testing.T, i *installation) {
		missing := map[string]bool{}
		for _, place := range []string{
			"Load", "CompareAndSwap", "LockRefresh", "request", "save", "Installed", "Failed", "oauth: received a token",
			"oauth: token request failed", "oauth: early refresh failed; the current token is used", "oauth: installation failed",
		} {
			missing[place] = true
		}
		check := func(ctx context.Context, place string) {
			delete(missing, place)
			if ctx.Value(contextKey{}) == nil {
				t.Errorf("%s: got another context, want that of the caller", place)
			}
		}
		at := func(place string) func(context.Context) error {
			return func(ctx context.Context) error { check(ctx, place); return nil }
		}
		c := config(i)
		c.Logger = slog.New(contextLog{slog.DiscardHandler, check})
		app, ctx := newApp(t, c), context.WithValue(t.Context(), contextKey{}, true)
		store := &faultyStore{MemoryStore: i.store.MemoryStore, onLoad: at("Load"), onSwap: at("CompareAndSwap"), onLock: at("LockRefresh")}
		source := app.Source(store)
		i.before = func(r *http.Request) http.HandlerFunc { check(r.Context(), "request"); return nil }
		mustToken(ctx, t, source.Location("a")) // and a token of the agency
		time.Sleep(lifetime - time.Minute)
		i.before = always(respond(503, ""))
		mustToken(ctx, t, source)
		i.before = nil
		handler := oauth.InstallHandler(app, func(ctx context.Context, credential oauth.Credential) error {
			check(ctx, "save")
			return oauth.Save(ctx, store, credential)
		}, &oauth.InstallSettings{
			AllowMissingState: true,
			Installed:         func(_ http.ResponseWriter, r *http.Request, _ oauth.Credential) { check(r.Context(), "Installed") },
			Failed:            func(_ http.ResponseWriter, r *http.Request, _ error) { check(r.Context(), "Failed") },
		})
		code := i.AuthorizationCode(clienttest.Grant{})
		for range 2 { // a code is valid once
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/callback?code="+code, nil))
		}
		for place := range missing {
			t.Errorf("%s: got no call, want one", place)
		}
	})
}
