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
				wantRequests(t, api, 1)
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
				wantToken(t.Context(), t, source, "access-2")
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
		wantToken(t.Context(), t, source, "access-1")
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
		wantToken(t.Context(), t, source, "access-2")
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
					wantToken(t.Context(), t, source, "access-1")
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
		wantToken(t.Context(), t, other, "access-2")
		wantRequests(t, api, 1)
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
		wantRequests(t, api, 1)
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
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		store := &faultyStore{MemoryStore: oauth.NewMemoryStore()}
		api.install(t, store, time.Hour)
		store.onLoad = slow
		source := newApp(t, config(api)).Source(store)
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
	wantRequests(t, api, 0)
}

func TestSource_Token_StorePanics(t *testing.T) {
	t.Parallel()
	store := &faultyStore{MemoryStore: oauth.NewMemoryStore(), onLoad: func(context.Context) error { panic("load") }}
	source := newApp(t, config(newFakeAPI(oauth.UserTypeLocation))).Source(store)
	for range 2 {
		func() {
			defer func() { _ = recover() }()
			_, _ = source.Token(t.Context())
			t.Error("got no panic")
		}()
	}
}

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
		wantToken(t.Context(), t, source, "access-2")
	})
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
		wantToken(t.Context(), t, source, "access-2")
	})
}

func TestSource_Credential_IsACopy(t *testing.T) {
	t.Parallel()
	store := oauth.NewMemoryStore()
	stored := oauth.Credential{
		AccessToken: client.NewSecret("access"), RefreshToken: client.NewSecret("refresh"), Expiry: time.Now().Add(time.Hour),
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

// The error of a call contains the status and the message of the token endpoint.
func TestSource_Token_StatusInErrorOfCall(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		status     int
		want       string
	}{
		{
			"error response", `{"error":"UnAuthorized!","error_description":"Refresh token not found"}`, 401,
			"Source.Token: POST /oauth/token: 401 unauthorized: UnAuthorized!; Refresh token not found: " + oauth.ErrReinstallRequired.Error(),
		},
		{"response without a token", `{}`, 200, "Source.Token: bad response: status 200 without an access token"},
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

// A credential that this process saves is used by the next call, even while a refresh is in flight.
func TestSource_Token_SaveIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		left     time.Duration // until the first access token expires
		inFlight bool
	}{
		{"fresh token", time.Hour, false},
		{"due token", time.Minute, true},
		{"expired token", -time.Hour, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := newFakeAPI(oauth.UserTypeLocation)
				source, store := newInstalledSource(t, api, test.left)
				api.before = func(*http.Request) http.HandlerFunc { time.Sleep(5 * time.Second); return nil }
				var wait sync.WaitGroup
				wait.Go(func() { mustToken(t.Context(), t, source) })
				synctest.Wait()
				api.install(t, store, time.Hour)
				wantToken(t.Context(), t, source, "access-2")
				wait.Wait()
				wantToken(t.Context(), t, source, "access-2")
				if requests, _, _ := api.counts(); (requests == 1) != test.inFlight {
					t.Errorf("got %d requests, want a request: %t", requests, test.inFlight)
				}
			})
		})
	}
}

// The store fails while the source loads what was saved. The current token is used, and the new
// credential is loaded later.
func TestSource_Token_SaveIsSeenAfterStoreRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		store := &faultyStore{MemoryStore: oauth.NewMemoryStore()}
		api.install(t, store, time.Hour)
		source := newApp(t, config(api)).Source(store)
		wantToken(t.Context(), t, source, "access-1")
		api.install(t, store, time.Hour)
		loads := 0
		store.onLoad = func(context.Context) error { loads++; return errors.New("connection refused") }
		for range 3 {
			wantToken(t.Context(), t, source, "access-1")
		}
		if loads != 1 {
			t.Errorf("got %d loads, want 1", loads)
		}
		store.onLoad = nil
		time.Sleep(time.Minute)
		wantToken(t.Context(), t, source, "access-2")
	})
}

// Another process has emptied the store, so Save does not know which installation it replaces.
func TestSource_Token_SaveIntoEmptiedStore(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	source, store := newInstalledSource(t, api, time.Hour)
	wantToken(t.Context(), t, source, "access-1")
	swap(t, store, client.NewSecret("refresh-1"), oauth.Credential{})
	api.install(t, store, time.Hour)
	wantToken(t.Context(), t, source, "access-2")
}

// A credential is saved while the source loads the previous one.
func TestSource_Token_SaveDuringLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		store := &faultyStore{MemoryStore: oauth.NewMemoryStore()}
		api.install(t, store, time.Hour)
		source := newApp(t, config(api)).Source(store)
		wantToken(t.Context(), t, source, "access-1")
		api.install(t, store, time.Hour)
		store.onLoad = slow
		var wait sync.WaitGroup
		wait.Go(func() { wantToken(t.Context(), t, source, "access-2") })
		synctest.Wait()
		store.onLoad = nil
		api.install(t, store, time.Hour)
		wantToken(t.Context(), t, source, "access-3")
		wait.Wait()
		wantToken(t.Context(), t, source, "access-3")
	})
}

// The context ends while the source loads what was saved. The next call loads it.
func TestSource_Token_SaveIsSeenAfterCanceledLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		store := &faultyStore{MemoryStore: oauth.NewMemoryStore()}
		api.install(t, store, time.Hour)
		source := newApp(t, config(api)).Source(store)
		wantToken(t.Context(), t, source, "access-1")
		api.install(t, store, time.Hour)
		store.onLoad = slow
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantToken(ctx, t, source, "access-1")
		store.onLoad = nil
		wantToken(t.Context(), t, source, "access-2")
	})
}

func TestSource_Token_AfterDelete(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		source, store := newInstalledSource(t, api, time.Hour)
		wantToken(t.Context(), t, source, "access-1")
		if err := oauth.Delete(t.Context(), store, time.Now()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if token, err := source.Token(t.Context()); !errors.Is(err, oauth.ErrNoCredential) {
				t.Errorf("got %q, %v, want ErrNoCredential", token, err)
			}
		}
		api.install(t, store, time.Hour)
		wantToken(t.Context(), t, source, "access-2")
		wantRequests(t, api, 0)
	})
}
