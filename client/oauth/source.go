package oauth

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// earlyRefreshBackoff is how long to wait after a failed early refresh before the next one.
const earlyRefreshBackoff = 30 * time.Second

// Source provides access tokens of a location or an agency. It refreshes a token before it expires,
// and when the API rejects it as invalid or expired. Source is a [client.TokenSource] and safe for
// concurrent use. Create one for each store with [App.Source], and share it: concurrent calls cause
// one refresh. If the store is a [RefreshLocker], one process at a time refreshes.
//
// The call that starts a refresh also finishes it, even if its context ends. Concurrent calls
// return the current token if it is usable, and otherwise wait until their own contexts end.
type Source struct {
	app       *App
	refresher refresher
	clients   sync.Map // of a location: its *client.Client by *ClientPool

	mu        sync.Mutex
	current   Credential
	rejected  client.Secret      // the access token that the API rejected
	loaded    int                // sequence number of the last change before the credential was loaded
	checkAt   time.Time          // time at which to load the credential again
	inflight  *flight            // nil if no refresh is in flight
	locations map[string]*Source // of an agency, by location ID
	added     int                // number of locations since unissued ones were last forgotten
}

var _ client.TokenSource = (*Source)(nil)

// refresher obtains the credentials of a Source. The source calls its methods from one goroutine at
// a time, so a refresher needs no mutex.
type refresher interface {
	// load returns the stored credential, or the zero Credential if there is no store.
	load(ctx context.Context) (Credential, error)
	// refresh returns a credential that replaces known, which is not fresh. rejected is the access
	// token that the API rejected.
	refresh(ctx context.Context, known Credential, rejected client.Secret) (Credential, error)
}

// flight is a refresh in flight or finished. Its result may be read when done is closed. The first
// caller refreshes on its own goroutine, so no goroutine outlives its call.
type flight struct {
	start      int // sequence number of the last change before the refresh
	done       chan struct{}
	credential Credential
	err        error
	// outdated reports whether the credential changed during the refresh, or the context of the
	// caller ended. The callers that wait must then call again.
	outdated bool
}

// Source returns the source of the access token of the credential in store. The credential belongs
// to a location or an agency. Source makes no requests and does not use the store.
func (a *App) Source(store TokenStore) *Source {
	return &Source{app: a, refresher: &storeRefresher{app: a, store: store}}
}

// Token returns an access token that has not expired and that the API has not rejected. The error
// matches [ErrReinstallRequired] if a user must install the app again, and also [ErrNoCredential]
// if the store is empty. Other non-2xx responses are returned as a [client.Error]. Errors of the store
// are wrapped.
func (s *Source) Token(ctx context.Context) (string, error) {
	credential, err := s.credential(ctx)
	return credential.AccessToken.Reveal(), err
}

// Invalidate reports that the API rejected token as invalid or expired. The next call of Token
// loads the credential from the store again. If its token has not been replaced, Token refreshes
// it. Invalidate ignores a token that is not the current one, so many failed calls cause one
// refresh.
func (s *Source) Invalidate(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if token != "" && s.current.AccessToken.Reveal() == token {
		s.rejected = s.current.AccessToken
	}
}

// hasIssued reports whether the source holds an access token.
func (s *Source) hasIssued() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current.AccessToken.Reveal() != ""
}

// credential returns a credential whose access token is usable.
func (s *Source) credential(ctx context.Context) (Credential, error) {
	for {
		current, f, first := s.join()
		if f == nil {
			return current, nil
		}
		if first {
			s.run(ctx, f)
			return f.credential, f.err
		}
		select {
		case <-f.done:
			if !f.outdated {
				return f.credential, f.err
			}
		case <-ctx.Done():
			return Credential{}, ctx.Err()
		}
	}
}

// join returns the current credential if it can be used without a refresh. Otherwise it returns the
// refresh in flight. If none was in flight, it returns a new one and first is true: the caller must
// run it.
func (s *Source) join() (current Credential, f *flight, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	usable := s.current.isUsable(s.rejected) && !changes.since(s.loaded, s.current)
	if usable && (s.inflight != nil || time.Now().Before(s.checkAt)) {
		return s.current, nil, false
	}
	if s.inflight != nil {
		return Credential{}, s.inflight, false
	}
	s.inflight = &flight{start: changes.current(), done: make(chan struct{}), err: errNoResult}
	return Credential{}, s.inflight, true
}

// run obtains the result of f and wakes the callers that wait for it. If the refresher panics, the
// result is errNoResult.
func (s *Source) run(ctx context.Context, f *flight) {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		f.outdated = ctx.Err() != nil || f.err == nil && changes.since(f.start, f.credential)
		s.inflight = nil
		close(f.done)
	}()
	f.credential, f.err = s.obtain(ctx)
}

// obtain returns the stored credential if it is fresh, and refreshes it otherwise. If that fails,
// it returns the current credential if it is usable.
func (s *Source) obtain(ctx context.Context) (Credential, error) {
	credential, err := s.refresher.load(ctx)
	if err == nil {
		rejected := s.adopt(credential) // concurrent callers use it during the refresh if it is usable
		if credential.isFresh(rejected, s.app.config.RefreshBefore) {
			return credential, nil
		}
		credential, err = s.refresher.refresh(ctx, credential, rejected)
	}
	if err != nil {
		return s.fallBack(ctx, err)
	}
	s.adopt(credential)
	return credential, nil
}

// adopt makes credential the current one if its access token is usable. It returns the access token
// that the API rejected.
func (s *Source) adopt(credential Credential) (rejected client.Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if credential.isUsable(s.rejected) {
		s.current, s.loaded, s.checkAt = credential, s.inflight.start, credential.refreshAt(s.app.config.RefreshBefore)
	}
	return s.rejected
}

// fallBack returns the current credential after a refresh failed with err, or err if the credential
// is unusable or was deleted. The next check follows after earlyRefreshBackoff.
func (s *Source) fallBack(ctx context.Context, err error) (Credential, error) {
	s.mu.Lock()
	if errors.Is(err, ErrNoCredential) {
		s.current = Credential{}
	}
	current, usable := s.current, s.current.isUsable(s.rejected)
	if usable && ctx.Err() == nil {
		s.loaded, s.checkAt = s.inflight.start, time.Now().Add(earlyRefreshBackoff)
	}
	s.mu.Unlock()
	if !usable {
		return Credential{}, err
	}
	s.app.config.Logger.LogAttrs(ctx, slog.LevelWarn, "oauth: early refresh failed; the current token is used",
		slog.Int("status", statusOf(err)), slog.String("kind", string(client.KindOf(err))), slog.Duration("left", time.Until(current.Expiry)))
	return current, nil
}
