package oauth_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// A credential that this process saves is used by the next call, even while a refresh is in flight,
// and the refresh does not overwrite it.
func TestSave_DuringRefresh(t *testing.T) {
	t.Parallel()
	for name, left := range map[string]time.Duration{"fresh token": time.Hour, "due token": time.Minute, "expired token": -time.Hour} {
		runInBubble(t, name, oauth.UserTypeLocation, left, func(t *testing.T, i *installation) {
			i.before = delay(5 * time.Second)
			var wait sync.WaitGroup
			if left == time.Hour {
				i.wantToken(t.Context(), t, 1)
			} else {
				wait.Go(func() { i.wantToken(t.Context(), t, 2) })
			}
			synctest.Wait()
			i.reinstall(t, time.Hour)
			i.wantToken(t.Context(), t, 2)
			wait.Wait()
			i.wantToken(t.Context(), t, 2)
			if (i.requests == 1) != (left != time.Hour) {
				t.Errorf("got %d requests", i.requests)
			}
		})
	}
}

// The store fails while the source loads what was saved. The current token is used, and the new
// credential is loaded later.
func TestSave_StoreRecoversLater(t *testing.T) {
	inBubble(t, oauth.UserTypeLocation, time.Hour, func(t *testing.T, i *installation) {
		i.wantToken(t.Context(), t, 1)
		i.reinstall(t, time.Hour)
		loads := 0
		i.store.onLoad = func(context.Context) error { loads++; return errors.New("connection refused") }
		for range 3 {
			i.wantToken(t.Context(), t, 1)
		}
		if loads != 1 {
			t.Errorf("got %d loads, want 1", loads)
		}
		i.store.onLoad = nil
		time.Sleep(time.Minute)
		i.wantToken(t.Context(), t, 2)
	})
}

// A credential is saved while the source loads the previous one, or the context ends while the
// source loads it. The next call loads the new one.
func TestSave_DuringLoad(t *testing.T) {
	inBubble(t, oauth.UserTypeLocation, time.Hour, func(t *testing.T, i *installation) {
		i.wantToken(t.Context(), t, 1)
		i.reinstall(t, time.Hour)
		i.store.onLoad = slow
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		i.wantToken(ctx, t, 1)
		var wait sync.WaitGroup
		wait.Go(func() { i.wantToken(t.Context(), t, 2) })
		synctest.Wait()
		i.store.onLoad = nil
		i.reinstall(t, time.Hour)
		i.wantToken(t.Context(), t, 3)
		wait.Wait()
		i.wantToken(t.Context(), t, 3)
	})
}

func TestSave_NoAccessToken(t *testing.T) {
	t.Parallel()
	store := oauth.NewMemoryStore()
	wantError(t, oauth.Save(t.Context(), store, oauth.Credential{RefreshToken: client.NewSecret("refresh")}), nil, "AccessToken")
	_, err := store.Load(t.Context())
	wantError(t, err, oauth.ErrNoCredential, "")
}

func TestSave_StoreConflict(t *testing.T) {
	inBubble(t, oauth.UserTypeLocation, -time.Hour, func(t *testing.T, i *installation) {
		i.store.onSwap = func(context.Context) error { return errConflict }
		_, err := i.source.Token(t.Context())
		wantError(t, err, nil, "concurrently")
		i.wantRequests(t, 1)
		wantError(t, oauth.Save(t.Context(), i.store, newCredential("a")), nil, "concurrently")
		i.store.onSwap, i.store.onLoad = nil, func(context.Context) error { return errors.New("connection refused") }
		wantError(t, oauth.Save(t.Context(), i.store, newCredential("a")), nil, "connection refused")
	})
}

// The store is emptied, by this process or by another one, whose Delete does not say which
// installation the next Save replaces.
func TestDelete(t *testing.T) {
	inBubble(t, oauth.UserTypeLocation, time.Hour, func(t *testing.T, i *installation) {
		i.wantToken(t.Context(), t, 1)
		if err := oauth.Delete(t.Context(), i.store, time.Now()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_, err := i.source.Token(t.Context())
			wantError(t, err, oauth.ErrNoCredential, oauth.ErrReinstallRequired.Error())
		}
		i.reinstall(t, time.Hour)
		i.wantToken(t.Context(), t, 2)
		stored, err := i.store.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		swap(t, i.store, stored.RefreshToken, oauth.Credential{})
		i.reinstall(t, time.Hour)
		i.wantToken(t.Context(), t, 3)
		i.wantRequests(t, 0)
	})
}
