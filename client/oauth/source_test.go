package oauth_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

func TestSource_Token_ConcurrentCallsRefreshOnce(t *testing.T) {
	t.Parallel()
	for name, left := range map[string]time.Duration{"expired": -time.Hour, "due": time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := newFakeAPI(oauth.UserTypeLocation)
				// The other calls start during the request.
				api.before = func(*http.Request) http.HandlerFunc { time.Sleep(time.Second); return nil }
				source, _ := newInstalledSource(t, api, left)
				var wait sync.WaitGroup
				for range 200 {
					wait.Go(func() {
						if _, err := source.Token(t.Context()); err != nil {
							t.Error(err)
						}
					})
				}
				wait.Wait()
				if requests, _, _ := api.counts(); requests != 1 {
					t.Errorf("got %d requests, want 1", requests)
				}
				if got := mustToken(t.Context(), t, source); got != "access-2" {
					t.Errorf("got token %s, want access-2", got)
				}
			})
		})
	}
}

func TestSource_Token_EarlyRefreshDoesNotBlock(t *testing.T) {
	t.Parallel()
	for name, load := range map[string]bool{"token in memory": true, "token in the store": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := newFakeAPI(oauth.UserTypeLocation)
				source, _ := newInstalledSource(t, api, time.Hour)
				if load {
					mustToken(t.Context(), t, source)
				}
				time.Sleep(time.Hour - time.Minute) // the token is due
				api.before = func(*http.Request) http.HandlerFunc { time.Sleep(5 * time.Second); return nil }
				var wait sync.WaitGroup
				wait.Go(func() { mustToken(t.Context(), t, source) })
				synctest.Wait()
				start := time.Now()
				if got := mustToken(t.Context(), t, source); got != "access-1" || time.Since(start) != 0 {
					t.Errorf("got %s after %s, want access-1 immediately", got, time.Since(start))
				}
				wait.Wait()
				if got := mustToken(t.Context(), t, source); got != "access-2" {
					t.Errorf("got %s, want access-2", got)
				}
			})
		})
	}
}

func TestSource_Token_RefreshFails_TokenUsedUntilExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		source, _ := newInstalledSource(t, api, time.Hour)
		mustToken(t.Context(), t, source)
		time.Sleep(time.Hour - 4*time.Minute)
		requests := 0
		api.before = func(*http.Request) http.HandlerFunc { requests++; return respond(503, "") }
		if got := mustToken(t.Context(), t, source); got != "access-1" {
			t.Errorf("got %s, want access-1", got)
		}
		before := requests
		mustToken(t.Context(), t, source)
		if requests != before {
			t.Errorf("got %d more requests immediately after the failure, want 0", requests-before)
		}
		time.Sleep(4 * time.Minute)
		if _, err := source.Token(t.Context()); err == nil || errors.Is(err, oauth.ErrReinstallRequired) {
			t.Errorf("after the expiry: got %v, want the 503", err)
		}
		api.before = nil
		if got := mustToken(t.Context(), t, source); got != "access-2" {
			t.Errorf("after the outage: got %s, want access-2", got)
		}
	})
}

// A program that starts shortly before the stored token expires uses it, even if the refresh fails.
func TestSource_Token_RefreshFails_StoredTokenUsedUntilExpiry(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{"outage": respond(503, ""), "invalid refresh token": respond(400, `{"error":"invalid_grant"}`)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := newFakeAPI(oauth.UserTypeLocation)
				api.before = func(*http.Request) http.HandlerFunc { return handler }
				source, _ := newInstalledSource(t, api, 4*time.Minute)
				for range 3 {
					if got := mustToken(t.Context(), t, source); got != "access-1" {
						t.Errorf("got %s, want access-1", got)
					}
					time.Sleep(time.Minute)
				}
				time.Sleep(time.Minute)
				if _, err := source.Token(t.Context()); err == nil {
					t.Error("got a token after its expiry, want an error")
				}
			})
		})
	}
}

func TestSource_Invalidate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		store := oauth.NewMemoryStore()
		api.install(t, store, time.Hour)
		app := newApp(t, config(api))
		source, other := app.Source(store), app.Source(store)
		old := mustToken(t.Context(), t, source)
		mustToken(t.Context(), t, other)

		source.Invalidate("some other token")
		if got := mustToken(t.Context(), t, source); got != old {
			t.Errorf("after Invalidate of another token: got %s, want %s", got, old)
		}
		var wait sync.WaitGroup
		for range 200 {
			wait.Go(func() {
				source.Invalidate(old)
				if got := mustToken(t.Context(), t, source); got == old {
					t.Errorf("got %s, which was rejected", got)
				}
			})
		}
		wait.Wait()
		other.Invalidate(old) // the store has a new token
		if got := mustToken(t.Context(), t, other); got != "access-2" {
			t.Errorf("other source: got %s, want access-2", got)
		}
		if requests, _, _ := api.counts(); requests != 1 {
			t.Errorf("got %d requests, want 1", requests)
		}
	})
}

// A call that waits returns when its context ends. A call that refreshes completes the refresh even
// if its context ends.
func TestSource_Token_CanceledDuringRequest_RefreshContinues(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		api.before = func(*http.Request) http.HandlerFunc { time.Sleep(3 * time.Second); return nil }
		source, _ := newInstalledSource(t, api, -time.Hour)
		begin := time.Now()
		var wait sync.WaitGroup
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if token, err := source.Token(ctx); err != nil || token != "access-2" || time.Since(begin) != 3*time.Second {
				t.Errorf("refreshing call: got %q, %v after %s, want access-2 after 3s", token, err, time.Since(begin))
			}
		})
		synctest.Wait()
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			if _, err := source.Token(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 2*time.Second {
				t.Errorf("waiting call: got %v after %s, want DeadlineExceeded after 2s", err, time.Since(begin))
			}
		})
		wait.Go(func() {
			if token, err := source.Token(t.Context()); err != nil || token != "access-2" {
				t.Errorf("waiting call without a deadline: got %q, %v, want access-2", token, err)
			}
		})
		wait.Wait()
		if requests, _, _ := api.counts(); requests != 1 {
			t.Errorf("got %d requests, want 1", requests)
		}
	})
}

// slowStore loads after a minute, or fails when the context ends.
type slowStore struct{ *oauth.MemoryStore }

func (s slowStore) Load(ctx context.Context) (oauth.Credential, error) {
	select {
	case <-time.After(time.Minute):
		return s.MemoryStore.Load(ctx)
	case <-ctx.Done():
		return oauth.Credential{}, ctx.Err()
	}
}

func TestSource_Token_CanceledDuringLoad_WaiterTakesOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		store := oauth.NewMemoryStore()
		api.install(t, store, time.Hour)
		source := newApp(t, config(api)).Source(slowStore{store})
		var wait sync.WaitGroup
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := source.Token(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("first call: got %v, want DeadlineExceeded", err)
			}
		})
		synctest.Wait()
		wait.Go(func() { mustToken(t.Context(), t, source) })
		wait.Wait()
	})
}

func TestSource_Token_CanceledContext_NoRequest(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	store := oauth.NewMemoryStore()
	api.install(t, store, -time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newApp(t, config(api)).Source(store).Token(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	if requests, _, _ := api.counts(); requests != 0 {
		t.Errorf("got %d requests, want 0", requests)
	}
}

func TestSource_Token_InvalidRefreshToken_NotRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		store := oauth.NewMemoryStore()
		api.install(t, store, -time.Hour)
		api.revoke()
		source := newApp(t, config(api)).Source(store)
		for range 100 {
			_, err := source.Token(t.Context())
			if !errors.Is(err, oauth.ErrReinstallRequired) || !strings.Contains(err.Error(), "must be installed again") {
				t.Fatalf("got %v, want ErrReinstallRequired", err)
			}
			time.Sleep(time.Hour)
		}
		if requests, _, _ := api.counts(); requests != 1 {
			t.Errorf("got %d requests, want 1", requests)
		}
		api.install(t, store, time.Hour)
		if got := mustToken(t.Context(), t, source); got != "access-2" {
			t.Errorf("after the new installation: got %s, want access-2", got)
		}
	})
}

func TestSource_Token_ConfigurationError_RetriedLater(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"client secret": `{"error":"invalid_client","error_description":"Invalid client credentials"}`,
		"location":      `{"statusCode":400,"message":"Location is not active"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := newFakeAPI(oauth.UserTypeLocation)
				requests := 0
				api.before = func(*http.Request) http.HandlerFunc { requests++; return respond(400, body) }
				source, _ := newInstalledSource(t, api, -time.Hour)
				for range 59 {
					if _, err := source.Token(t.Context()); err == nil || errors.Is(err, oauth.ErrReinstallRequired) {
						t.Fatalf("got %v, want an error without ErrReinstallRequired", err)
					}
					time.Sleep(time.Second)
				}
				if requests != 1 {
					t.Errorf("got %d requests within a minute, want 1", requests)
				}
				api.before = nil
				time.Sleep(time.Minute)
				mustToken(t.Context(), t, source)
			})
		})
	}
}

func TestSource_Token_EmptyStore(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	_, err := newApp(t, config(api)).Source(oauth.NewMemoryStore()).Token(t.Context())
	if !errors.Is(err, oauth.ErrNoCredential) || !errors.Is(err, oauth.ErrReinstallRequired) {
		t.Errorf("got %v, want ErrNoCredential and ErrReinstallRequired", err)
	}
}

// brokenStore fails to store while it is broken.
type brokenStore struct {
	*oauth.MemoryStore
	broken bool
}

func (s *brokenStore) CompareAndSwap(ctx context.Context, used oauth.Secret, next oauth.Credential) (bool, error) {
	if s.broken {
		return false, errors.New("no space left on device")
	}
	return s.MemoryStore.CompareAndSwap(ctx, used, next)
}

func TestSource_Token_StoreFails_NewPairIsStoredBeforeUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		store := &brokenStore{MemoryStore: oauth.NewMemoryStore()}
		api.install(t, store, -time.Hour)
		source := newApp(t, config(api)).Source(store)
		store.broken = true
		for range 3 {
			if token, err := source.Token(t.Context()); err == nil || token != "" {
				t.Fatalf("got %q, %v, want the error of the store", token, err)
			}
			time.Sleep(time.Minute) // the grace period of the old refresh token ends
		}
		store.broken = false
		if got := mustToken(t.Context(), t, source); got != "access-2" {
			t.Errorf("got %s, want access-2", got)
		}
		if requests, _, _ := api.counts(); requests != 1 || len(api.faults()) > 0 {
			t.Errorf("got %d requests, faults %v, want 1 request", requests, api.faults())
		}
	})
}

// A store without a lock lets two processes refresh concurrently. Both receive the same pair, and
// one of them stores it.
func TestSource_Token_StoreWithoutLock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		api.before = func(*http.Request) http.HandlerFunc { time.Sleep(time.Second); return nil }
		memory := oauth.NewMemoryStore()
		api.install(t, memory, -time.Hour)
		store := struct{ oauth.TokenStore }{memory}
		app := newApp(t, config(api))
		var wait sync.WaitGroup
		for range 5 {
			source := app.Source(store)
			wait.Go(func() {
				if got := mustToken(t.Context(), t, source); got != "access-2" {
					t.Errorf("got %s, want access-2", got)
				}
			})
		}
		wait.Wait()
		if _, rotations, _ := api.counts(); rotations != 1 {
			t.Errorf("got %d token pairs, want 1", rotations)
		}
	})
}

// In a store without a lock, another process may have used the refresh token long before it stored
// the new pair.
func TestSource_Token_OtherProcessStoredFreshPair(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	memory := oauth.NewMemoryStore()
	api.install(t, memory, -time.Hour)
	api.before = func(*http.Request) http.HandlerFunc {
		api.install(t, memory, time.Hour)
		return respond(400, `{"error":"invalid_grant"}`)
	}
	source := newApp(t, config(api)).Source(struct{ oauth.TokenStore }{memory})
	if got := mustToken(t.Context(), t, source); got != "access-2" {
		t.Errorf("got %s, want access-2", got)
	}
}

func TestSource_Token_StorePanics(t *testing.T) {
	t.Parallel()
	source := newApp(t, config(newFakeAPI(oauth.UserTypeLocation))).Source(panicStore{})
	for range 2 {
		func() {
			defer func() { _ = recover() }()
			_, _ = source.Token(t.Context())
			t.Error("got no panic")
		}()
	}
}

type panicStore struct{ oauth.TokenStore }

func (panicStore) Load(context.Context) (oauth.Credential, error) { panic("load") }

func TestSource_Token_ShortLifetime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		api.lifetime = time.Minute
		source, _ := newInstalledSource(t, api, -time.Hour)
		for range 50 {
			mustToken(t.Context(), t, source)
			time.Sleep(time.Second)
		}
		if requests, _, _ := api.counts(); requests != 1 {
			t.Errorf("got %d requests in the first 50 s of a token with a lifetime of 60 s, want 1", requests)
		}
	})
}

func TestSource_Token_GatewayPage_DoesNotRequireReinstall(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403} {
		synctest.Test(t, func(t *testing.T) {
			api := newFakeAPI(oauth.UserTypeLocation)
			api.before = func(*http.Request) http.HandlerFunc { return respond(status, "<html>blocked</html>") }
			source, _ := newInstalledSource(t, api, -time.Hour)
			if _, err := source.Token(t.Context()); err == nil || errors.Is(err, oauth.ErrReinstallRequired) {
				t.Errorf("%d: got %v, want an error without ErrReinstallRequired", status, err)
			}
			api.before = nil
			time.Sleep(time.Minute)
			mustToken(t.Context(), t, source)
		})
	}
}

// The access token that the other process stored is due, so it is refreshed with its own refresh
// token.
func TestSource_Token_OtherProcessStoredDuePair(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	memory := oauth.NewMemoryStore()
	api.install(t, memory, -time.Hour)
	api.before = func(*http.Request) http.HandlerFunc {
		api.before = nil
		api.install(t, memory, -time.Minute)
		return respond(400, `{"error":"invalid_grant"}`)
	}
	source := newApp(t, config(api)).Source(struct{ oauth.TokenStore }{memory})
	if got := mustToken(t.Context(), t, source); got != "access-3" {
		t.Errorf("got %s, want access-3", got)
	}
}

// unreadableStore is a store whose Load fails while it is broken.
type unreadableStore struct {
	*oauth.MemoryStore
	broken bool
}

func (s *unreadableStore) Load(ctx context.Context) (oauth.Credential, error) {
	if s.broken {
		return oauth.Credential{}, errors.New("connection refused")
	}
	return s.MemoryStore.Load(ctx)
}

func TestSource_Token_StoreUnreadable_DoesNotRequireReinstall(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	store := &unreadableStore{MemoryStore: oauth.NewMemoryStore()}
	api.install(t, store, -time.Hour)
	api.before = func(*http.Request) http.HandlerFunc {
		store.broken = true
		return respond(400, `{"error":"invalid_grant"}`)
	}
	source := newApp(t, config(api)).Source(store)
	if _, err := source.Token(t.Context()); err == nil || errors.Is(err, oauth.ErrReinstallRequired) {
		t.Errorf("got %v, want the error of the store", err)
	}
	store.broken, api.before = false, nil
	if got := mustToken(t.Context(), t, source); got != "access-2" {
		t.Errorf("got %s, want access-2", got)
	}
}

func TestSource_Token_RefreshPanics_WaitersReturn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		store := oauth.NewMemoryStore()
		api.install(t, store, -time.Hour)
		api.before = func(*http.Request) http.HandlerFunc { time.Sleep(time.Second); panic("transport") }
		source := newApp(t, config(api)).Source(store)
		var wait sync.WaitGroup
		wait.Go(func() {
			defer func() {
				if recover() == nil {
					t.Error("got no panic in the call that refreshes")
				}
			}()
			_, _ = source.Token(t.Context())
		})
		synctest.Wait()
		wait.Go(func() {
			if token, err := source.Token(t.Context()); err == nil {
				t.Errorf("got %q, want an error in the call that waits", token)
			}
		})
		wait.Wait()
		api.before = nil
		if got := mustToken(t.Context(), t, source); got != "access-2" {
			t.Errorf("got %s, want access-2", got)
		}
	})
}

func TestSource_Token_NoRefreshToken(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	store := oauth.NewMemoryStore()
	expired := oauth.Credential{AccessToken: oauth.NewSecret("access"), Expiry: time.Now().Add(-time.Hour)}
	if err := oauth.Save(t.Context(), store, expired); err != nil {
		t.Fatal(err)
	}
	if _, err := newApp(t, config(api)).Source(store).Token(t.Context()); !errors.Is(err, oauth.ErrReinstallRequired) {
		t.Errorf("got %v, want ErrReinstallRequired", err)
	}
	if requests, _, _ := api.counts(); requests != 0 {
		t.Errorf("got %d requests, want 0", requests)
	}
}

func TestSource_Token_LockHeldByAnotherProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		store := oauth.NewMemoryStore()
		api.install(t, store, -time.Hour)
		unlock, err := store.LockRefresh(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		source := newApp(t, config(api)).Source(store)
		start := time.Now()
		_, err = source.Token(t.Context())
		if err == nil || !strings.Contains(err.Error(), "lock") || time.Since(start) != time.Minute {
			t.Errorf("got %v after %s, want an error about the lock after a minute", err, time.Since(start))
		}
		unlock()
		if got := mustToken(t.Context(), t, source); got != "access-2" {
			t.Errorf("got %s, want access-2", got)
		}
	})
}

// cancelingStore cancels a context when the refresh has acquired the lock.
type cancelingStore struct {
	*oauth.MemoryStore
	cancel context.CancelFunc
}

func (s cancelingStore) LockRefresh(ctx context.Context) (func(), error) {
	defer s.cancel()
	return s.MemoryStore.LockRefresh(ctx)
}

func TestSource_Token_CanceledDuringLock_RefreshTokenIsNotSent(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	ctx, cancel := context.WithCancel(t.Context())
	store := cancelingStore{oauth.NewMemoryStore(), cancel}
	api.install(t, store, -time.Hour)
	source := newApp(t, config(api)).Source(store)
	if _, err := source.Token(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	if requests, _, _ := api.counts(); requests != 0 {
		t.Errorf("got %d requests, want 0", requests)
	}
	mustToken(t.Context(), t, source)
}

// conflictingStore does not swap, as if other processes changed the credential again and again.
type conflictingStore struct{ oauth.TokenStore }

func (conflictingStore) CompareAndSwap(context.Context, oauth.Secret, oauth.Credential) (bool, error) {
	return false, nil
}

func TestSource_Token_StoreConflict(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	memory := oauth.NewMemoryStore()
	api.install(t, memory, -time.Hour)
	store := conflictingStore{memory}
	if token, err := newApp(t, config(api)).Source(store).Token(t.Context()); err == nil || !strings.Contains(err.Error(), "concurrently") {
		t.Errorf("got %q, %v, want an error about the concurrent changes", token, err)
	}
	if requests, _, _ := api.counts(); requests != 1 {
		t.Errorf("got %d requests, want 1", requests)
	}
	if err := oauth.Save(t.Context(), store, newCredential("a")); err == nil || !strings.Contains(err.Error(), "concurrently") {
		t.Errorf("Save: got %v, want an error about the concurrent changes", err)
	}
}

func TestSource_Token_CanceledContext_DueTokenUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		source, _ := newInstalledSource(t, api, time.Hour)
		mustToken(t.Context(), t, source)
		time.Sleep(time.Hour - time.Minute) // the token is due
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got := mustToken(ctx, t, source); got != "access-1" {
			t.Errorf("got %s, want access-1", got)
		}
		if got := mustToken(t.Context(), t, source); got != "access-2" {
			t.Errorf("next call: got %s, want access-2", got)
		}
	})
}

func TestSource_Token_RefreshReturnsRejectedToken(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	store := oauth.NewMemoryStore()
	api.install(t, store, time.Hour)
	responses := []http.HandlerFunc{
		respond(200, `{"access_token":"access-1","refresh_token":"refresh-8"}`),
		respond(200, `{"access_token":"access-9","refresh_token":"refresh-9"}`),
	}
	api.before = func(*http.Request) http.HandlerFunc {
		next := responses[0]
		responses = responses[1:]
		return next
	}
	source := newApp(t, config(api)).Source(store)
	source.Invalidate(mustToken(t.Context(), t, source))
	if got := mustToken(t.Context(), t, source); got != "access-9" {
		t.Errorf("got %s, want access-9", got)
	}
}

func TestSource_Token_RefreshReturnsOnlyRejectedTokens(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	store := oauth.NewMemoryStore()
	api.install(t, store, time.Hour)
	api.before = func(*http.Request) http.HandlerFunc {
		return respond(200, `{"access_token":"access-1","refresh_token":"refresh-8"}`)
	}
	source := newApp(t, config(api)).Source(store)
	source.Invalidate(mustToken(t.Context(), t, source))
	if token, err := source.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "rejected") {
		t.Errorf("got %q, %v, want an error about the rejected token", token, err)
	}
}

func TestSource_Token_FreshStoredToken_NeedsNoLock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		store := oauth.NewMemoryStore()
		api.install(t, store, time.Hour)
		unlock, err := store.LockRefresh(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
		start := time.Now()
		got := mustToken(t.Context(), t, newApp(t, config(api)).Source(store))
		if got != "access-1" || time.Since(start) != 0 {
			t.Errorf("got %s after %s, want access-1 immediately", got, time.Since(start))
		}
	})
}

func TestSource_Token_StoreCannotBeWritten_RefreshTokenIsNotSent(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	path := filepath.Join(t.TempDir(), "credential.json")
	api.install(t, oauth.NewFileStore(path), -time.Hour)
	if err := os.MkdirAll(filepath.Join(path+".new", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	source := newApp(t, config(api)).Source(oauth.NewFileStore(path))
	if _, err := source.Token(t.Context()); err == nil {
		t.Error("got no error")
	}
	if requests, _, _ := api.counts(); requests != 0 {
		t.Errorf("got %d requests, want 0", requests)
	}
	if err := os.RemoveAll(path + ".new"); err != nil {
		t.Fatal(err)
	}
	mustToken(t.Context(), t, source)
}

// The file is overwritten during the refresh, and an hour later its content is restored. The new
// token pair must be stored then, because the API no longer accepts the restored refresh token.
func TestSource_Token_StoreUnreadable_NewPairIsStoredLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		path := filepath.Join(t.TempDir(), "credential.json")
		api.install(t, oauth.NewFileStore(path), -time.Hour)
		backup, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		api.after = func(*http.Request) http.HandlerFunc {
			if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
				t.Error(err)
			}
			return nil
		}
		source := newApp(t, config(api)).Source(oauth.NewFileStore(path))
		if token, err := source.Token(t.Context()); !errors.Is(err, oauth.ErrInvalidCredential) {
			t.Errorf("got %q, %v, want ErrInvalidCredential", token, err)
		}
		time.Sleep(time.Hour) // the API no longer returns the pair for the used refresh token
		if err := os.WriteFile(path, backup, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := mustToken(t.Context(), t, source); got != "access-2" {
			t.Errorf("got %s, want access-2", got)
		}
		if requests, _, _ := api.counts(); requests != 1 {
			t.Errorf("got %d requests, want 1", requests)
		}
	})
}

func TestSource_Credential_IsACopy(t *testing.T) {
	t.Parallel()
	store := oauth.NewMemoryStore()
	stored := oauth.Credential{
		AccessToken: oauth.NewSecret("access"), RefreshToken: oauth.NewSecret("refresh"), Expiry: time.Now().Add(time.Hour),
		Scopes: []string{"scope"}, ApprovedLocations: []string{"location"},
	}
	if err := oauth.Save(t.Context(), store, stored); err != nil {
		t.Fatal(err)
	}
	source := newApp(t, config(newFakeAPI(oauth.UserTypeCompany))).Source(store)
	for range 2 {
		credential, err := source.Credential(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if credential.Scopes[0] != "scope" || credential.ApprovedLocations[0] != "location" {
			t.Errorf("got %v and %v, want values that the caller has not changed", credential.Scopes, credential.ApprovedLocations)
		}
		credential.Scopes[0], credential.ApprovedLocations[0] = "changed", "changed"
	}
}

// Package client redacts the text of a token source. It must not mask the status.
func TestSource_Token_StatusInErrorOfCall(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		status     int
		want       string
	}{
		{
			"error response", `{"error":"UnAuthorized!","error_description":"Refresh token not found"}`, 401,
			"get-access-token returned 401: UnAuthorized!: Refresh token not found: " + oauth.ErrReinstallRequired.Error(),
		},
		{"response without a token", `{}`, 200, "get-access-token: status 200: the response has no access token"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := newFakeAPI(oauth.UserTypeLocation)
				store := oauth.NewMemoryStore()
				api.install(t, store, -time.Hour)
				api.before = func(*http.Request) http.HandlerFunc { return respond(test.status, test.body) }
				c, err := client.New(newApp(t, config(api)).Source(store), client.WithLocation("location"))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := c.Contacts.Get(t.Context(), "contact"); err == nil || !strings.HasSuffix(err.Error(), test.want) {
					t.Errorf("got %v, want the status and the message of the token endpoint", err)
				}
			})
		})
	}
}
