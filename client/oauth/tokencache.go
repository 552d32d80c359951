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

// refresher obtains the credentials of a tokenCache. The cache calls its methods from one goroutine
// at a time, so a refresher needs no mutex.
type refresher interface {
	// load returns the stored credential, or the zero Credential if there is no store.
	load(ctx context.Context) (Credential, error)
	// refresh returns a credential that replaces known, which is not fresh. rejected is the access
	// token that the API rejected.
	refresh(ctx context.Context, known Credential, rejected client.Secret) (Credential, error)
}

// tokenCache holds the current credential of a source. It refreshes the credential before its
// access token expires, and deduplicates concurrent refreshes. The first caller refreshes on its
// own goroutine, so no goroutine outlives its call. The other callers wait until it has finished or
// their contexts end.
type tokenCache struct {
	app       *App
	refresher refresher

	mu       sync.Mutex
	current  Credential
	rejected client.Secret // the access token that the API rejected
	loaded   int           // sequence number of the last change before the credential was loaded
	checkAt  time.Time     // time at which to load the credential again
	inflight *flight       // nil if no refresh is in flight
}

// flight is a refresh in flight or finished. Its result may be read when done is closed.
type flight struct {
	start      int // sequence number of the last change before the refresh
	done       chan struct{}
	credential Credential
	err        error
	// outdated reports whether the credential changed during the refresh, or the context of the
	// caller ended. The callers that wait must then call again.
	outdated bool
}

// invalidate marks token as rejected if it is the current access token.
func (c *tokenCache) invalidate(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if token != "" && c.current.AccessToken.Reveal() == token {
		c.rejected = c.current.AccessToken
	}
}

// hasIssued reports whether the cache holds an access token.
func (c *tokenCache) hasIssued() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current.AccessToken.Reveal() != ""
}

// token returns the access token of the credential that credential returns.
func (c *tokenCache) token(ctx context.Context) (string, error) {
	credential, err := c.credential(ctx)
	return credential.AccessToken.Reveal(), err
}

// credential returns a credential whose access token is usable.
func (c *tokenCache) credential(ctx context.Context) (Credential, error) {
	for {
		current, f, first := c.join()
		if f == nil {
			return current, nil
		}
		if first {
			c.run(ctx, f)
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
func (c *tokenCache) join() (current Credential, f *flight, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	usable := c.current.isUsable(c.rejected) && !changes.since(c.loaded, c.current)
	if usable && (c.inflight != nil || time.Now().Before(c.checkAt)) {
		return c.current, nil, false
	}
	if c.inflight != nil {
		return Credential{}, c.inflight, false
	}
	c.inflight = &flight{start: changes.current(), done: make(chan struct{}), err: errNoResult}
	return Credential{}, c.inflight, true
}

// run obtains the result of f and wakes the callers that wait for it. If the refresher panics, the
// result is errNoResult.
func (c *tokenCache) run(ctx context.Context, f *flight) {
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		f.outdated = ctx.Err() != nil || f.err == nil && changes.since(f.start, f.credential)
		c.inflight = nil
		close(f.done)
	}()
	f.credential, f.err = c.obtain(ctx)
}

// obtain returns the stored credential if it is fresh, and refreshes it otherwise. If that fails,
// it returns the current credential if it is usable.
func (c *tokenCache) obtain(ctx context.Context) (Credential, error) {
	credential, err := c.refresher.load(ctx)
	if err == nil {
		rejected := c.adopt(credential) // concurrent callers use it during the refresh if it is usable
		if credential.isFresh(rejected, c.app.config.RefreshBefore) {
			return credential, nil
		}
		credential, err = c.refresher.refresh(ctx, credential, rejected)
	}
	if err != nil {
		return c.fallBack(ctx, err)
	}
	c.adopt(credential)
	return credential, nil
}

// adopt makes credential the current one if its access token is usable. It returns the access token
// that the API rejected.
func (c *tokenCache) adopt(credential Credential) (rejected client.Secret) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if credential.isUsable(c.rejected) {
		c.current, c.loaded, c.checkAt = credential, c.inflight.start, credential.refreshAt(c.app.config.RefreshBefore)
	}
	return c.rejected
}

// fallBack returns the current credential after a refresh failed with err, or err if the credential
// is unusable or was deleted. The next check follows after earlyRefreshBackoff.
func (c *tokenCache) fallBack(ctx context.Context, err error) (Credential, error) {
	c.mu.Lock()
	if errors.Is(err, ErrNoCredential) {
		c.current = Credential{}
	}
	current, usable := c.current, c.current.isUsable(c.rejected)
	if usable && ctx.Err() == nil {
		c.loaded, c.checkAt = c.inflight.start, time.Now().Add(earlyRefreshBackoff)
	}
	c.mu.Unlock()
	if !usable {
		return Credential{}, err
	}
	c.app.config.Logger.LogAttrs(ctx, slog.LevelWarn, "oauth: early refresh failed; the current token is used",
		slog.Int("status", statusOf(err)), slog.String("kind", string(client.KindOf(err))), slog.Duration("left", time.Until(current.Expiry)))
	return current, nil
}
