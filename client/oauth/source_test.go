package oauth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

func TestSource_ConcurrentCallsRefreshOnce(t *testing.T) {
	t.Parallel()
	for name, left := range map[string]time.Duration{"ended": -time.Hour, "due": time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v := newVendor(oauth.UserTypeLocation)
				v.before = func(*http.Request) http.HandlerFunc { time.Sleep(time.Second); return nil } // all come meanwhile
				store := oauth.NewMemoryStore()
				v.install(t, store, left)
				source := newApp(t, config(v)).Source(store)
				var wait sync.WaitGroup
				for range 200 {
					wait.Go(func() {
						if _, err := source.Token(t.Context()); err != nil {
							t.Error(err)
						}
					})
				}
				wait.Wait()
				if requests, _, _ := v.counts(); requests != 1 {
					t.Errorf("%d requests, want 1", requests)
				}
				if got := mustToken(t.Context(), t, source); got != "access-2" {
					t.Errorf("token %s, want the new one", got)
				}
			})
		})
	}
}

func TestSource_EarlyRefreshDoesNotBlock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newVendor(oauth.UserTypeLocation)
		store := oauth.NewMemoryStore()
		v.install(t, store, time.Hour)
		source := newApp(t, config(v)).Source(store)
		mustToken(t.Context(), t, source)
		time.Sleep(time.Hour - time.Minute) // it is due now
		v.before = func(*http.Request) http.HandlerFunc { time.Sleep(5 * time.Second); return nil }
		var wait sync.WaitGroup
		wait.Go(func() { mustToken(t.Context(), t, source) })
		synctest.Wait()
		start := time.Now()
		if got := mustToken(t.Context(), t, source); got != "access-1" || time.Since(start) != 0 {
			t.Errorf("got %s after %s, want the old token at once", got, time.Since(start))
		}
		wait.Wait()
		if got := mustToken(t.Context(), t, source); got != "access-2" {
			t.Errorf("got %s, want the new token", got)
		}
	})
}

func TestSource_RefreshFails_TokenUsedUntilExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newVendor(oauth.UserTypeLocation)
		store := oauth.NewMemoryStore()
		v.install(t, store, time.Hour)
		source := newApp(t, config(v)).Source(store)
		mustToken(t.Context(), t, source)
		time.Sleep(time.Hour - 4*time.Minute)
		asked := 0
		v.before = func(*http.Request) http.HandlerFunc { asked++; return respond(503, "") }
		if got := mustToken(t.Context(), t, source); got != "access-1" {
			t.Errorf("got %s", got)
		}
		after := asked
		mustToken(t.Context(), t, source)
		if asked != after {
			t.Error("asked again at once, want a pause")
		}
		time.Sleep(4 * time.Minute)
		if _, err := source.Token(t.Context()); err == nil || errors.Is(err, oauth.ErrReinstallRequired) {
			t.Errorf("after its end: %v, want the 503", err)
		}
		v.before = nil
		if got := mustToken(t.Context(), t, source); got != "access-2" {
			t.Errorf("got %s when the endpoint is back", got)
		}
	})
}

// A program that starts shortly before the end of the stored token has its use, though it cannot be renewed.
func TestSource_RefreshFails_StoredTokenUsedUntilExpiry(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{"down": respond(503, ""), "dead": respond(400, `{"error":"invalid_grant"}`)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v := newVendor(oauth.UserTypeLocation)
				v.before = func(*http.Request) http.HandlerFunc { return answer }
				store := oauth.NewMemoryStore()
				v.install(t, store, 4*time.Minute)
				source := newApp(t, config(v)).Source(store)
				for range 3 {
					if got := mustToken(t.Context(), t, source); got != "access-1" {
						t.Errorf("got %s", got)
					}
					time.Sleep(time.Minute)
				}
				time.Sleep(time.Minute)
				if _, err := source.Token(t.Context()); err == nil {
					t.Error("the token served after its end")
				}
			})
		})
	}
}

func TestSource_Invalidate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newVendor(oauth.UserTypeLocation)
		store := oauth.NewMemoryStore()
		v.install(t, store, time.Hour)
		app := newApp(t, config(v))
		source, other := app.Source(store), app.Source(store)
		old := mustToken(t.Context(), t, source)
		mustToken(t.Context(), t, other)

		source.Invalidate("some other token")
		if got := mustToken(t.Context(), t, source); got != old {
			t.Errorf("a token that was not handed out ended this one")
		}
		var wait sync.WaitGroup
		for range 200 {
			wait.Go(func() {
				source.Invalidate(old)
				if got := mustToken(t.Context(), t, source); got == old {
					t.Error("got the bad token again")
				}
			})
		}
		wait.Wait()
		other.Invalidate(old) // takes what is in the store
		if got := mustToken(t.Context(), t, other); got != "access-2" {
			t.Errorf("the other source got %s", got)
		}
		if requests, _, _ := v.counts(); requests != 1 {
			t.Errorf("%d renewals, want 1", requests)
		}
	})
}

// The one who waits leaves at once, and the one who renews finishes what it began, whatever their contexts do.
func TestSource_CanceledCall_RefreshContinues(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newVendor(oauth.UserTypeLocation)
		v.before = func(*http.Request) http.HandlerFunc { time.Sleep(3 * time.Second); return nil }
		store := oauth.NewMemoryStore()
		v.install(t, store, -time.Hour)
		source := newApp(t, config(v)).Source(store)
		begin := time.Now()
		var wait sync.WaitGroup
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if token, err := source.Token(ctx); err != nil || token != "access-2" || time.Since(begin) != 3*time.Second {
				t.Errorf("the first: %q, %v after %s", token, err, time.Since(begin))
			}
		})
		synctest.Wait()
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			if _, err := source.Token(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 2*time.Second {
				t.Errorf("who waits: %v after %s", err, time.Since(begin))
			}
		})
		wait.Go(func() {
			if token, err := source.Token(t.Context()); err != nil || token != "access-2" {
				t.Errorf("who waits on: %q, %v", token, err)
			}
		})
		wait.Wait()
		if requests, _, _ := v.counts(); requests != 1 {
			t.Errorf("%d requests, want 1", requests)
		}
	})
}

// slowStore takes its time to load, and minds the context.
type slowStore struct{ *oauth.MemoryStore }

func (s slowStore) Load(ctx context.Context) (oauth.Credential, error) {
	select {
	case <-time.After(time.Minute):
		return s.MemoryStore.Load(ctx)
	case <-ctx.Done():
		return oauth.Credential{}, ctx.Err()
	}
}

func TestSource_CanceledCall_WaiterTakesOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newVendor(oauth.UserTypeLocation)
		store := oauth.NewMemoryStore()
		v.install(t, store, time.Hour)
		source := newApp(t, config(v)).Source(slowStore{store})
		var wait sync.WaitGroup
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := source.Token(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the first: %v", err)
			}
		})
		synctest.Wait()
		wait.Go(func() { mustToken(t.Context(), t, source) })
		wait.Wait()
	})
}

func TestSource_EndedContext_NoRequest(t *testing.T) {
	t.Parallel()
	v := newVendor(oauth.UserTypeLocation)
	store := oauth.NewMemoryStore()
	v.install(t, store, -time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newApp(t, config(v)).Source(store).Token(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if requests, _, _ := v.counts(); requests != 0 {
		t.Errorf("%d requests", requests)
	}
}

func TestSource_InvalidCredential_NotRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newVendor(oauth.UserTypeLocation)
		store := oauth.NewMemoryStore()
		v.install(t, store, -time.Hour)
		v.revoke()
		source := newApp(t, config(v)).Source(store)
		for range 100 {
			_, err := source.Token(t.Context())
			if !errors.Is(err, oauth.ErrReinstallRequired) || !strings.Contains(err.Error(), "must be installed again") {
				t.Fatalf("got %v, want ErrReinstallRequired", err)
			}
			time.Sleep(time.Hour)
		}
		if requests, _, _ := v.counts(); requests != 1 {
			t.Errorf("%d requests, want 1", requests)
		}
		v.install(t, store, time.Hour)
		if got := mustToken(t.Context(), t, source); got != "access-2" {
			t.Errorf("after the app was installed again: %s", got)
		}
	})
}

func TestSource_ConfigurationError_RetriedLater(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"client secret": `{"error":"invalid_client","error_description":"Invalid client credentials"}`,
		"location":      `{"statusCode":400,"message":"Location is not active"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v := newVendor(oauth.UserTypeLocation)
				asked := 0
				v.before = func(*http.Request) http.HandlerFunc { asked++; return respond(400, body) }
				store := oauth.NewMemoryStore()
				v.install(t, store, -time.Hour)
				source := newApp(t, config(v)).Source(store)
				for range 59 {
					if _, err := source.Token(t.Context()); err == nil || errors.Is(err, oauth.ErrReinstallRequired) {
						t.Fatalf("got %v", err)
					}
					time.Sleep(time.Second)
				}
				if asked != 1 {
					t.Errorf("asked %d times within a minute, want 1", asked)
				}
				v.before = nil
				time.Sleep(time.Minute)
				mustToken(t.Context(), t, source)
			})
		})
	}
}

func TestSource_EmptyStore(t *testing.T) {
	t.Parallel()
	v := newVendor(oauth.UserTypeLocation)
	_, err := newApp(t, config(v)).Source(oauth.NewMemoryStore()).Token(t.Context())
	if !errors.Is(err, oauth.ErrNoCredential) || !errors.Is(err, oauth.ErrReinstallRequired) {
		t.Errorf("got %v", err)
	}
}

// brokenStore does not store.
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

func TestSource_NewPairStoredBeforeUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newVendor(oauth.UserTypeLocation)
		store := &brokenStore{MemoryStore: oauth.NewMemoryStore()}
		v.install(t, store, -time.Hour)
		source := newApp(t, config(v)).Source(store)
		store.broken = true
		for range 3 {
			if token, err := source.Token(t.Context()); err == nil || token != "" {
				t.Fatalf("got %q, %v, want the error of the store", token, err)
			}
			time.Sleep(time.Minute) // the grace of the old refresh token is over
		}
		store.broken = false
		if got := mustToken(t.Context(), t, source); got != "access-2" {
			t.Errorf("got %s", got)
		}
		if requests, _, _ := v.counts(); requests != 1 || len(v.faults()) > 0 {
			t.Errorf("%d requests, %v", requests, v.faults())
		}
	})
}

// A store without a lock lets two processes renew at once. Both get the same pair, and one of them stores it.
func TestSource_StoreWithoutLock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newVendor(oauth.UserTypeLocation)
		v.before = func(*http.Request) http.HandlerFunc { time.Sleep(time.Second); return nil }
		memory := oauth.NewMemoryStore()
		v.install(t, memory, -time.Hour)
		store := struct{ oauth.TokenStore }{memory}
		app := newApp(t, config(v))
		var wait sync.WaitGroup
		for range 5 {
			source := app.Source(store)
			wait.Go(func() {
				if got := mustToken(t.Context(), t, source); got != "access-2" {
					t.Errorf("got %s", got)
				}
			})
		}
		wait.Wait()
		if _, rotations, _ := v.counts(); rotations != 1 {
			t.Errorf("%d pairs were issued, want 1", rotations)
		}
	})
}

// On a store without a lock another process may have used the refresh token long before, and stored its pair only now.
func TestSource_TokenUsedByAnotherProcess(t *testing.T) {
	t.Parallel()
	v := newVendor(oauth.UserTypeLocation)
	memory := oauth.NewMemoryStore()
	v.install(t, memory, -time.Hour)
	v.before = func(*http.Request) http.HandlerFunc {
		v.install(t, memory, time.Hour)
		return respond(400, `{"error":"invalid_grant"}`)
	}
	source := newApp(t, config(v)).Source(struct{ oauth.TokenStore }{memory})
	if got := mustToken(t.Context(), t, source); got != "access-2" {
		t.Errorf("got %s", got)
	}
}

func TestSave_WinsAgainstRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newVendor(oauth.UserTypeLocation)
		v.before = func(*http.Request) http.HandlerFunc { time.Sleep(time.Second); return nil }
		store := oauth.NewMemoryStore()
		v.install(t, store, -time.Hour)
		source := newApp(t, config(v)).Source(store)
		var wait sync.WaitGroup
		wait.Go(func() {
			if got := mustToken(t.Context(), t, source); got != "access-2" { // issued by the installation
				t.Errorf("got %s", got)
			}
		})
		synctest.Wait()
		v.install(t, store, time.Hour)
		wait.Wait()
	})
}

func TestSource_StorePanics(t *testing.T) {
	t.Parallel()
	source := newApp(t, config(newVendor(oauth.UserTypeLocation))).Source(panicStore{})
	for range 2 {
		func() {
			defer func() { _ = recover() }()
			_, _ = source.Token(t.Context())
			t.Error("no panic")
		}()
	}
}

type panicStore struct{ oauth.TokenStore }

func (panicStore) Load(context.Context) (oauth.Credential, error) { panic("load") }

func TestCredential_ShortLifetime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newVendor(oauth.UserTypeLocation)
		v.life = time.Minute
		store := oauth.NewMemoryStore()
		v.install(t, store, -time.Hour)
		source := newApp(t, config(v)).Source(store)
		for range 50 {
			mustToken(t.Context(), t, source)
			time.Sleep(time.Second)
		}
		if requests, _, _ := v.counts(); requests != 1 {
			t.Errorf("%d renewals in 50 s of a token of 60 s, want 1", requests)
		}
	})
}

func TestSource_GatewayPage_DoesNotRequireReinstall(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403} {
		synctest.Test(t, func(t *testing.T) {
			v := newVendor(oauth.UserTypeLocation)
			v.before = func(*http.Request) http.HandlerFunc { return respond(status, "<html>blocked</html>") }
			store := oauth.NewMemoryStore()
			v.install(t, store, -time.Hour)
			source := newApp(t, config(v)).Source(store)
			if _, err := source.Token(t.Context()); err == nil || errors.Is(err, oauth.ErrReinstallRequired) {
				t.Errorf("%d: got %v, want an error without ErrReinstallRequired", status, err)
			}
			v.before = nil
			time.Sleep(time.Minute)
			mustToken(t.Context(), t, source)
		})
	}
}

// The pair of the other process is due itself, and refreshed with its own refresh token.
func TestSource_RefusedToken_OtherProcessStoredANewOne(t *testing.T) {
	t.Parallel()
	v := newVendor(oauth.UserTypeLocation)
	memory := oauth.NewMemoryStore()
	v.install(t, memory, -time.Hour)
	v.before = func(*http.Request) http.HandlerFunc {
		v.before = nil
		v.install(t, memory, -time.Minute)
		return respond(400, `{"error":"invalid_grant"}`)
	}
	source := newApp(t, config(v)).Source(struct{ oauth.TokenStore }{memory})
	if got := mustToken(t.Context(), t, source); got != "access-3" {
		t.Errorf("got %s, want access-3", got)
	}
}

// failingLoad is a store whose Load fails once it is broken.
type failingLoad struct {
	*oauth.MemoryStore
	broken bool
}

func (s *failingLoad) Load(ctx context.Context) (oauth.Credential, error) {
	if s.broken {
		return oauth.Credential{}, errors.New("connection refused")
	}
	return s.MemoryStore.Load(ctx)
}

func TestSource_RefusedToken_StoreCannotBeRead(t *testing.T) {
	t.Parallel()
	v := newVendor(oauth.UserTypeLocation)
	store := &failingLoad{MemoryStore: oauth.NewMemoryStore()}
	v.install(t, store, -time.Hour)
	v.before = func(*http.Request) http.HandlerFunc {
		store.broken = true
		return respond(400, `{"error":"invalid_grant"}`)
	}
	source := newApp(t, config(v)).Source(store)
	if _, err := source.Token(t.Context()); err == nil || errors.Is(err, oauth.ErrReinstallRequired) {
		t.Errorf("got %v, want the error of the store", err)
	}
	store.broken, v.before = false, nil
	if got := mustToken(t.Context(), t, source); got != "access-2" {
		t.Errorf("got %s, want access-2", got)
	}
}

func TestSource_FirstRefresh_StoredTokenUsedByOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newVendor(oauth.UserTypeLocation)
		v.before = func(*http.Request) http.HandlerFunc { time.Sleep(5 * time.Second); return nil }
		store := oauth.NewMemoryStore()
		v.install(t, store, time.Minute)
		source := newApp(t, config(v)).Source(store)
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
}

func TestSource_RefreshPanics_WaitersReturn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newVendor(oauth.UserTypeLocation)
		store := oauth.NewMemoryStore()
		v.install(t, store, -time.Hour)
		v.before = func(*http.Request) http.HandlerFunc { time.Sleep(time.Second); panic("transport") }
		source := newApp(t, config(v)).Source(store)
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
		v.before = nil
		if got := mustToken(t.Context(), t, source); got != "access-2" {
			t.Errorf("got %s, want access-2", got)
		}
	})
}
