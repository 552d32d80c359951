package oauth_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// Only the API's own messages for an invalid refresh token mean that a user must install the app
// again, and then no request follows. After another error, a request follows after a minute.
func TestSource_Token_ErrorResponse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status    int
		body      string
		reinstall bool
	}{
		"used refresh token":                 {400, `{"error":"invalid_grant","error_description":"This refresh token is invalid"}`, true},
		"used refresh token, without a code": {400, `{"statusCode":400,"message":"This refresh token is invalid"}`, true},
		"unknown refresh token":              {401, `{"error":"UnAuthorized!","error_description":"Refresh token not found"}`, true},
		"expired refresh token":              {403, `{"message":["Refresh token has expired"]}`, true},
		"client secret":                      {401, `{"error":"invalid_client","error_description":"Invalid client credentials"}`, false},
		"location":                           {400, `{"statusCode":400,"message":"Location is not active"}`, false},
		"invalid property":                   {422, `{"message":"refresh_token is invalid","statusCode":422}`, false},
		"gateway 400":                        {400, "<html>the token is invalid</html>", false},
		"gateway 401":                        {401, "<html>blocked</html>", false},
		"gateway 403":                        {403, "<html>blocked</html>", false},
	} {
		runInBubble(t, name, oauth.UserTypeLocation, -time.Hour, func(t *testing.T, i *installation) {
			i.before = always(respond(test.status, test.body))
			locks := 0
			i.store.onLock = func(context.Context) error { locks++; return nil }
			for range 60 {
				if _, err := i.source.Token(t.Context()); err == nil || errors.Is(err, oauth.ErrReinstallRequired) != test.reinstall {
					t.Fatalf("got %v, want an error, ErrReinstallRequired: %t", err, test.reinstall)
				}
				time.Sleep(time.Second)
			}
			if i.requests != 1 || locks != 1 {
				t.Errorf("got %d requests and %d locks within a minute, want 1 each", i.requests, locks)
			}
			i.before = nil
			if test.reinstall {
				time.Sleep(100 * time.Hour)
				_, err := i.source.Token(t.Context())
				wantError(t, err, oauth.ErrReinstallRequired, "")
				i.wantRequests(t, 1)
				i.reinstall(t, time.Hour)
			}
			i.wantToken(t.Context(), t, 2)
		})
	}
}

func TestSource_Token_StoreFails_NewPairIsStoredBeforeUse(t *testing.T) {
	inBubble(t, oauth.UserTypeLocation, -time.Hour, func(t *testing.T, i *installation) {
		i.store.onSwap = func(context.Context) error { return errors.New("no space left on device") }
		for range 3 {
			if token, err := i.source.Token(t.Context()); err == nil || token != "" {
				t.Fatalf("got %q, %v, want the error of the store", token, err)
			}
			time.Sleep(time.Minute) // the grace period of the old refresh token ends
		}
		i.store.onSwap = nil
		i.wantToken(t.Context(), t, 2)
		i.wantRequests(t, 1)
	})
}

// A store without a lock lets two processes refresh concurrently. Both receive the same pair, and
// one of them stores it.
func TestSource_Token_StoreWithoutLock(t *testing.T) {
	inBubble(t, oauth.UserTypeLocation, -time.Hour, func(t *testing.T, i *installation) {
		i.before = delay(time.Second)
		var wait sync.WaitGroup
		tokens := make([]string, 5)
		for n := range tokens {
			source := i.app.Source(struct{ oauth.TokenStore }{i.store})
			wait.Go(func() { tokens[n] = mustToken(t.Context(), t, source) })
		}
		wait.Wait()
		for _, token := range tokens {
			if len(i.tokens) != 2 || token != i.tokens[1] {
				t.Errorf("got %s of %d tokens, want the second of two", token, len(i.tokens))
			}
		}
	})
}

// The API rejects the refresh token, because another process has used it in a store without a lock,
// and has stored its new pair. If the access token of that pair is due, the pair is refreshed. The
// store may also be unreadable then.
func TestSource_Token_OtherProcessStoredPair(t *testing.T) {
	t.Parallel()
	unreadable := errors.New("connection refused")
	for _, test := range []struct {
		left    time.Duration // until the token of the other process expires
		loadErr error
		want    int // number of the token
	}{{time.Hour, nil, 2}, {-time.Minute, nil, 3}, {time.Hour, unreadable, 2}} {
		i := newInstallation(t, oauth.UserTypeLocation, -time.Hour)
		i.before = func(*http.Request) http.HandlerFunc {
			i.before = nil
			i.reinstall(t, test.left)
			i.store.onLoad = func(context.Context) error { return test.loadErr }
			return respond(400, `{"error":"invalid_grant"}`)
		}
		i.source = i.app.Source(struct{ oauth.TokenStore }{i.store})
		if test.loadErr != nil {
			if _, err := i.source.Token(t.Context()); !errors.Is(err, unreadable) || errors.Is(err, oauth.ErrReinstallRequired) {
				t.Errorf("got %v, want the error of the store", err)
			}
			i.store.onLoad = nil
		}
		i.wantToken(t.Context(), t, test.want)
	}
}

func TestSource_Token_NoRefreshToken(t *testing.T) {
	t.Parallel()
	_, err := newSource(t, nil, oauth.Credential{AccessToken: client.NewSecret("access")}).Token(t.Context())
	wantError(t, err, oauth.ErrReinstallRequired, "no refresh token")
}

// A fresh stored token is used without the lock. Otherwise the source waits for it for a minute.
func TestSource_Token_LockHeldByAnotherProcess(t *testing.T) {
	t.Parallel()
	for left, wait := range map[time.Duration]time.Duration{time.Hour: 0, -time.Hour: time.Minute} {
		runInBubble(t, left.String(), oauth.UserTypeLocation, left, func(t *testing.T, i *installation) {
			unlock, err := i.store.LockRefresh(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			_, err = i.source.Token(t.Context())
			if time.Since(start) != wait {
				t.Errorf("got a result after %s, want %s", time.Since(start), wait)
			}
			if wait == 0 {
				i.wantToken(t.Context(), t, 1)
				return
			}
			wantError(t, err, nil, "another process holds the lock")
			unlock()
			i.wantToken(t.Context(), t, 2)
		})
	}
}

// The context ends before the call, or while it acquires the lock.
func TestSource_Token_Canceled_RefreshTokenIsNotSent(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{true, false} {
		i := newInstallation(t, oauth.UserTypeLocation, -time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		i.store.onLock = func(context.Context) error { cancel(); return nil }
		if before {
			cancel()
		}
		_, err := i.source.Token(ctx)
		wantError(t, err, context.Canceled, "")
		i.wantRequests(t, 0)
		i.wantToken(t.Context(), t, 2)
	}
}
