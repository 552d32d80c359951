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

// Only the API's own messages for an invalid refresh token mean that a user must install the app
// again, and then no request follows. After another error, a request follows after a minute.
func TestSource_Token_ErrorResponse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		status    int
		body      string
		reinstall bool
	}{
		{"used refresh token", 400, `{"error":"invalid_grant","error_description":"This refresh token is invalid"}`, true},
		{"used refresh token, without a code", 400, `{"statusCode":400,"message":"This refresh token is invalid"}`, true},
		{"unknown refresh token", 401, `{"error":"UnAuthorized!","error_description":"Refresh token not found"}`, true},
		{"expired refresh token", 403, `{"message":["Refresh token has expired"]}`, true},
		{"client secret", 401, `{"error":"invalid_client","error_description":"Invalid client credentials"}`, false},
		{"location", 400, `{"statusCode":400,"message":"Location is not active"}`, false},
		{"invalid property", 422, `{"message":"refresh_token is invalid","statusCode":422}`, false},
		{"gateway 400", 400, "<html>the token is invalid</html>", false},
		{"gateway 401", 401, "<html>blocked</html>", false},
		{"gateway 403", 403, "<html>blocked</html>", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := newFakeAPI(oauth.UserTypeLocation)
				requests := 0
				api.before = func(*http.Request) http.HandlerFunc { requests++; return respond(test.status, test.body) }
				store, locks := &faultyStore{MemoryStore: oauth.NewMemoryStore()}, 0
				store.onLock = func(context.Context) error { locks++; return nil }
				api.install(t, store, -time.Hour)
				source := newApp(t, config(api)).Source(store)
				for range 60 {
					if _, err := source.Token(t.Context()); err == nil || errors.Is(err, oauth.ErrReinstallRequired) != test.reinstall {
						t.Fatalf("got %v, want an error, ErrReinstallRequired: %t", err, test.reinstall)
					}
					time.Sleep(time.Second)
				}
				if requests != 1 || locks != 1 {
					t.Errorf("got %d requests and %d locks within a minute, want 1 each", requests, locks)
				}
				api.before = nil
				if !test.reinstall {
					wantToken(t.Context(), t, source, "access-2")
					return
				}
				time.Sleep(100 * time.Hour)
				if _, err := source.Token(t.Context()); !errors.Is(err, oauth.ErrReinstallRequired) {
					t.Errorf("after 100 hours: got %v, want ErrReinstallRequired", err)
				}
				wantRequests(t, api, 0)
				api.install(t, store, time.Hour)
				wantToken(t.Context(), t, source, "access-2")
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

func TestSource_Token_StoreFails_NewPairIsStoredBeforeUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		store := &faultyStore{MemoryStore: oauth.NewMemoryStore()}
		api.install(t, store, -time.Hour)
		source := newApp(t, config(api)).Source(store)
		store.onSwap = func(context.Context) error { return errors.New("no space left on device") }
		for range 3 {
			if token, err := source.Token(t.Context()); err == nil || token != "" {
				t.Fatalf("got %q, %v, want the error of the store", token, err)
			}
			time.Sleep(time.Minute) // the grace period of the old refresh token ends
		}
		store.onSwap = nil
		wantToken(t.Context(), t, source, "access-2")
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
				wantToken(t.Context(), t, source, "access-2")
			})
		}
		wait.Wait()
		if _, rotations, _ := api.counts(); rotations != 1 {
			t.Errorf("got %d token pairs, want 1", rotations)
		}
	})
}

// In a store without a lock, another process may have used the refresh token long before it stored
// the new pair. If its access token is due, that pair is refreshed.
func TestSource_Token_OtherProcessStoredPair(t *testing.T) {
	t.Parallel()
	for left, want := range map[time.Duration]string{time.Hour: "access-2", -time.Minute: "access-3"} {
		api := newFakeAPI(oauth.UserTypeLocation)
		memory := oauth.NewMemoryStore()
		api.install(t, memory, -time.Hour)
		api.before = func(*http.Request) http.HandlerFunc {
			api.before = nil
			api.install(t, memory, left)
			return respond(400, `{"error":"invalid_grant"}`)
		}
		source := newApp(t, config(api)).Source(struct{ oauth.TokenStore }{memory})
		wantToken(t.Context(), t, source, want)
	}
}

// The API rejects the refresh token, and the store cannot be read at that time. It may contain the
// pair of another process.
func TestSource_Token_StoreUnreadable_DoesNotRequireReinstall(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	store := &faultyStore{MemoryStore: oauth.NewMemoryStore()}
	api.install(t, store, -time.Hour)
	api.before = func(*http.Request) http.HandlerFunc {
		api.install(t, store.MemoryStore, time.Hour)
		store.onLoad = func(context.Context) error { return errors.New("connection refused") }
		return respond(400, `{"error":"invalid_grant"}`)
	}
	source := newApp(t, config(api)).Source(store)
	if _, err := source.Token(t.Context()); err == nil || errors.Is(err, oauth.ErrReinstallRequired) {
		t.Errorf("got %v, want the error of the store", err)
	}
	store.onLoad, api.before = nil, nil
	wantToken(t.Context(), t, source, "access-2")
}

func TestSource_Token_NoRefreshToken(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	store := oauth.NewMemoryStore()
	expired := oauth.Credential{AccessToken: client.NewSecret("access"), Expiry: time.Now().Add(-time.Hour)}
	if err := oauth.Save(t.Context(), store, expired); err != nil {
		t.Fatal(err)
	}
	if _, err := newApp(t, config(api)).Source(store).Token(t.Context()); !errors.Is(err, oauth.ErrReinstallRequired) {
		t.Errorf("got %v, want ErrReinstallRequired", err)
	}
	wantRequests(t, api, 0)
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
		wantToken(t.Context(), t, source, "access-2")
	})
}

func TestSource_Token_CanceledDuringLock_RefreshTokenIsNotSent(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	ctx, cancel := context.WithCancel(t.Context())
	store := &faultyStore{MemoryStore: oauth.NewMemoryStore()}
	api.install(t, store, -time.Hour)
	store.onLock = func(context.Context) error { cancel(); return nil }
	source := newApp(t, config(api)).Source(store)
	if _, err := source.Token(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	wantRequests(t, api, 0)
	mustToken(t.Context(), t, source)
}

func TestSource_Token_StoreConflict(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	store := &faultyStore{MemoryStore: oauth.NewMemoryStore()}
	api.install(t, store, -time.Hour)
	store.onSwap = func(context.Context) error { return errConflict }
	if token, err := newApp(t, config(api)).Source(store).Token(t.Context()); err == nil || !strings.Contains(err.Error(), "concurrently") {
		t.Errorf("got %q, %v, want an error about the concurrent changes", token, err)
	}
	wantRequests(t, api, 1)
	if err := oauth.Save(t.Context(), store, newCredential("a")); err == nil || !strings.Contains(err.Error(), "concurrently") {
		t.Errorf("Save: got %v, want an error about the concurrent changes", err)
	}
}

func TestSource_Token_RefreshReturnsRejectedToken(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]string{"once": "access-9", "always": "access-1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := newFakeAPI(oauth.UserTypeLocation)
			source, _ := newInstalledSource(t, api, time.Hour)
			token := "access-1"
			api.before = func(*http.Request) http.HandlerFunc {
				defer func() { token = second }()
				return respond(200, `{"access_token":"`+token+`","refresh_token":"refresh-`+token+`"}`)
			}
			source.Invalidate(mustToken(t.Context(), t, source))
			if second == "access-9" {
				wantToken(t.Context(), t, source, "access-9")
			} else if token, err := source.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "rejected") {
				t.Errorf("got %q, %v, want an error about the rejected token", token, err)
			}
		})
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
		wantToken(t.Context(), t, source, "access-2")
		wantRequests(t, api, 1)
	})
}
