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

// refresher obtains the credentials of a tokenCache. The cache calls load and refresh from one
// goroutine at a time, so a refresher needs no mutex.
type refresher interface {
	// load returns the stored credential, or the zero Credential if there is no store.
	load(ctx context.Context) (Credential, error)
	// refresh returns a credential that replaces known, which is not fresh. rejected is the access
	// token that the API rejected.
	refresh(ctx context.Context, known Credential, rejected client.Secret) (Credential, error)
	// changedSince reports whether this process has changed the stored credential, whose last known
	// value is known, after the change with the sequence number start.
	changedSince(start int, known Credential) bool
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
	rejected client.Secret // the access token that the API rejected
	loaded   int           // sequence number of the last change before the credential was loaded
	checkAt  time.Time     // time at which to load the credential again
	inflight *refreshCall  // nil if no refresh is in flight
}

// refreshCall is a refresh in flight or finished. Its result may be read when done is closed.
type refreshCall struct {
	done       chan struct{}
	credential Credential
	err        error
	// outdated reports whether the credential changed during the refresh, or the context of the
	// caller ended. The callers that wait must then call again.
	outdated bool
}

func newTokenCache(app *App, refresher refresher) *tokenCache {
	return &tokenCache{refresher: refresher, margin: app.config.RefreshBefore, logger: app.logger}
}

// invalidate marks token as rejected if it is the current access token.
func (c *tokenCache) invalidate(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if token != "" && c.current.AccessToken.Reveal() == token {
		c.rejected = c.current.AccessToken
	}
}

// credential returns a credential whose access token is usable.
func (c *tokenCache) credential(ctx context.Context) (Credential, error) {
	for {
		current, call, first := c.join()
		if call == nil {
			return current, nil
		}
		if first {
			c.run(ctx, call)
			return call.credential, call.err
		}
		select {
		case <-call.done:
			if !call.outdated {
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
func (c *tokenCache) join() (current Credential, call *refreshCall, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	usable := c.current.freshness(c.rejected, c.margin) != unusable
	changed := c.refresher.changedSince(c.loaded, c.current)
	if usable && !changed && (c.inflight != nil || time.Now().Before(c.checkAt)) {
		return c.current, nil, false
	}
	if c.inflight != nil {
		return Credential{}, c.inflight, false
	}
	c.inflight = &refreshCall{done: make(chan struct{}), err: errNoResult}
	return Credential{}, c.inflight, true
}

// run obtains the result of call and wakes the callers that wait for it. If the refresher panics,
// the result is errNoResult.
func (c *tokenCache) run(ctx context.Context, call *refreshCall) {
	start := changes.current()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		call.outdated = ctx.Err() != nil || call.err == nil && c.refresher.changedSince(start, call.credential)
		c.inflight = nil
		close(call.done)
	}()
	call.credential, call.err = c.obtain(ctx, start)
}

// obtain returns the stored credential if it is fresh, and refreshes it otherwise. If that fails,
// it returns the current credential if it is usable. start is the sequence number of the last change
// before the call.
func (c *tokenCache) obtain(ctx context.Context, start int) (Credential, error) {
	stored, err := c.refresher.load(ctx)
	if err != nil {
		return c.fallBack(ctx, start, err)
	}
	state, rejected := c.adopt(start, stored) // concurrent callers use it during the refresh if it is due
	if state == fresh {
		return stored, nil
	}
	next, err := c.refresher.refresh(ctx, stored, rejected)
	if err != nil {
		return c.fallBack(ctx, start, err)
	}
	c.adopt(start, next)
	return next, nil
}

// adopt makes credential the current one if its access token is usable. It returns the freshness of
// that token, and the access token that the API rejected.
func (c *tokenCache) adopt(start int, credential Credential) (state freshness, rejected client.Secret) {
	c.mu.Lock()
	defer c.mu.Unlock()
	state = credential.freshness(c.rejected, c.margin)
	if state != unusable {
		c.current, c.loaded, c.checkAt = credential, start, credential.refreshAt(c.margin)
	}
	return state, c.rejected
}

// fallBack returns the current credential after a refresh failed with err, or err if the credential
// is unusable or was deleted. The next check follows after earlyRefreshBackoff.
func (c *tokenCache) fallBack(ctx context.Context, start int, err error) (Credential, error) {
	c.mu.Lock()
	if errors.Is(err, ErrNoCredential) {
		c.current = Credential{}
	}
	current, usable := c.current, c.current.freshness(c.rejected, c.margin) != unusable
	if usable && ctx.Err() == nil {
		c.loaded, c.checkAt = start, time.Now().Add(earlyRefreshBackoff)
	}
	c.mu.Unlock()
	if !usable {
		return Credential{}, err
	}
	c.logger.LogAttrs(ctx, slog.LevelWarn, "oauth: early refresh failed; the current token is used",
		slog.Int("status", statusOf(err)), slog.String("kind", string(client.KindOf(err))), slog.Duration("left", time.Until(current.Expiry)))
	return current, nil
}
