package oauth

import (
	"context"
	"log/slog"
	"sync"
	"time"
	"weak"

	"github.com/highlevel-contacts/contacts-go/client"
)

// Source provides the access token of a stored credential. It refreshes the token before it
// expires, and when the API rejects it as invalid or expired. Source is a [client.TokenSource] and
// safe for concurrent use. Create one for each store and share it: concurrent calls cause one
// refresh. If the store is a [RefreshLocker], one process at a time refreshes.
//
// The call that starts a refresh also finishes it. Once the refresh token has been sent, the end of
// the caller's context does not end the refresh, which usually takes less than a second and at most
// 35 seconds. Concurrent calls return the current token if it is still usable. Otherwise they wait
// for the result of the refresh until their own contexts end.
type Source struct {
	app   *App
	cache *tokenCache

	mu        sync.Mutex
	locations map[string]weak.Pointer[LocationSource] // by location ID, all sources
	retained  map[string]*LocationSource              // by location ID, the sources that remain in memory
}

var _ client.TokenSource = (*Source)(nil)

// Source returns the source of the access token of the credential in store. The credential belongs
// to a location or an agency. Source makes no requests and does not use the store.
func (a *App) Source(store TokenStore) *Source {
	return &Source{
		app:       a,
		cache:     newTokenCache(a, &storeRefresher{app: a, store: store}),
		locations: map[string]weak.Pointer[LocationSource]{},
		retained:  map[string]*LocationSource{},
	}
}

// Token returns an access token that has not expired and that the API has not rejected. The error
// matches [ErrReinstallRequired] if a user must install the app again, and also [ErrNoCredential]
// if the store is empty. Other non-2xx responses are returned as an [*Error]. Errors of the store
// are wrapped.
func (s *Source) Token(ctx context.Context) (string, error) {
	credential, err := s.cache.credential(ctx)
	return credential.AccessToken.Reveal(), err
}

// Credential returns a copy of the credential whose access token [Source.Token] returns.
func (s *Source) Credential(ctx context.Context) (Credential, error) {
	credential, err := s.cache.credential(ctx)
	return credential.clone(), err
}

// Invalidate reports that the API rejected token as invalid or expired. The next call of Token
// loads the credential from the store again. If its token has not been replaced, Token refreshes
// it. Invalidate ignores a token that is not the current one, so many failed calls cause one
// refresh.
func (s *Source) Invalidate(token string) { s.cache.invalidate(token) }

// String returns the name of the type, without a secret.
func (s *Source) String() string { return "oauth.Source" }

// GoString returns what String returns.
func (s *Source) GoString() string { return s.String() }

// earlyRefreshBackoff is how long to wait after a failed early refresh before the next one.
const earlyRefreshBackoff = 30 * time.Second

// refresher obtains the credentials of a tokenCache. The cache calls its methods from one goroutine
// at a time, so it needs no mutex.
type refresher interface {
	// load returns the stored credential, or the zero Credential if there is no store.
	load(ctx context.Context) (Credential, error)
	// refresh returns a credential that replaces known, which is not fresh. rejected is the access
	// token that the API rejected.
	refresh(ctx context.Context, known Credential, rejected Secret) (Credential, error)
}

// tokenCache holds the current credential of a source. It refreshes the credential before its
// access token expires, and deduplicates concurrent refreshes. The first caller refreshes on its
// own goroutine, so no goroutine outlives its call. The other callers wait until it has finished or
// their contexts end.
type tokenCache struct {
	refresher refresher
	margin    time.Duration // how long before its expiry an access token is due
	logger    *slog.Logger

	mu       sync.Mutex
	current  Credential
	rejected Secret       // the access token that the API rejected
	retryAt  time.Time    // no early refresh starts before this time; zero if none has failed
	inflight *refreshCall // nil if no refresh is in flight
}

// refreshCall is a refresh in flight or finished. Its result may be read when done is closed.
type refreshCall struct {
	done       chan struct{}
	credential Credential
	err        error
	abandoned  bool // whether it failed because the context of its caller ended
}

func newTokenCache(app *App, refresher refresher) *tokenCache {
	return &tokenCache{refresher: refresher, margin: app.config.RefreshBefore, logger: app.logger}
}

// credential returns a credential whose access token is usable. If the refresh that it waits for is
// abandoned, it starts another one.
func (c *tokenCache) credential(ctx context.Context) (Credential, error) {
	for {
		current, call, first := c.join(ctx)
		if call == nil {
			return current, nil
		}
		if first {
			c.run(ctx, call)
			return call.credential, call.err
		}
		select {
		case <-call.done:
			if !call.abandoned {
				return call.credential, call.err
			}
		case <-ctx.Done():
			return Credential{}, ctx.Err()
		}
	}
}

// join returns the current credential if it can be used without a refresh. Otherwise it returns the
// refresh in flight. If none was in flight, it returns a new one and first is true: the caller must
// run it.
func (c *tokenCache) join(ctx context.Context) (current Credential, call *refreshCall, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.current.freshness(c.rejected, c.margin) {
	case fresh:
		return c.current, nil, false
	case due:
		if c.inflight != nil || time.Now().Before(c.retryAt) || ctx.Err() != nil {
			return c.current, nil, false
		}
	case unusable:
	}
	if c.inflight != nil {
		return Credential{}, c.inflight, false
	}
	c.inflight = &refreshCall{done: make(chan struct{}), err: errNoResult}
	return Credential{}, c.inflight, true
}

// run obtains the result of call. If the refresher panics, the result is errNoResult.
func (c *tokenCache) run(ctx context.Context, call *refreshCall) {
	defer c.finish(call)
	credential, err := c.obtain(ctx)
	if err != nil {
		credential, err = c.fallBack(ctx, err)
	}
	call.credential, call.err = credential, err
	call.abandoned = err != nil && ctx.Err() != nil
}

// finish wakes the callers that wait for call.
func (c *tokenCache) finish(call *refreshCall) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inflight = nil
	close(call.done)
}

// obtain returns the stored credential if it is fresh, and refreshes it otherwise.
func (c *tokenCache) obtain(ctx context.Context) (Credential, error) {
	if err := ctx.Err(); err != nil {
		return Credential{}, err
	}
	stored, err := c.refresher.load(ctx)
	if err != nil {
		return Credential{}, err
	}
	state, rejected := c.adopt(stored) // concurrent callers use it during the refresh if it is due
	if state == fresh {
		return stored, nil
	}
	next, err := c.refresher.refresh(ctx, stored, rejected)
	if err != nil {
		return Credential{}, err
	}
	c.adopt(next)
	return next, nil
}

// adopt makes credential the current one if its access token is usable. It returns the freshness of
// that token, and the access token that the API rejected.
func (c *tokenCache) adopt(credential Credential) (state freshness, rejected Secret) {
	c.mu.Lock()
	defer c.mu.Unlock()
	state = credential.freshness(c.rejected, c.margin)
	if state != unusable {
		c.current = credential
	}
	return state, c.rejected
}

// fallBack returns the current credential after a refresh failed with err, or err if the credential
// is unusable. It delays the next early refresh by earlyRefreshBackoff.
func (c *tokenCache) fallBack(ctx context.Context, err error) (Credential, error) {
	c.mu.Lock()
	current, usable := c.current, c.current.freshness(c.rejected, c.margin) != unusable
	if usable {
		c.retryAt = time.Now().Add(earlyRefreshBackoff)
	}
	c.mu.Unlock()
	if !usable {
		return Credential{}, err
	}
	c.logger.LogAttrs(ctx, slog.LevelWarn, "oauth: early refresh failed; the current token is used",
		slog.Int("status", statusOf(err)), slog.Duration("left", time.Until(current.Expiry)))
	return current, nil
}

// invalidate marks token as rejected if it is the current access token.
func (c *tokenCache) invalidate(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if token != "" && c.current.AccessToken.Reveal() == token {
		c.rejected = c.current.AccessToken
	}
}

// peek returns the current credential without a refresh. It is zero if none has been loaded, and
// its access token may be unusable.
func (c *tokenCache) peek() Credential {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current
}
