package oauth

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// earlyRefreshBackoff is the time after a failed early refresh during which the current token is
// used without another refresh.
const earlyRefreshBackoff = 30 * time.Second

// refresher obtains the credentials of a tokenCache. The cache calls it for one caller at a time,
// so it needs no lock.
type refresher interface {
	// load returns the stored credential. It returns the zero credential if there is no store.
	load(ctx context.Context) (Credential, error)
	// refresh returns the credential that replaces stored, whose access token has expired, is due,
	// or is the rejected one.
	refresh(ctx context.Context, stored Credential, rejected Secret) (Credential, error)
}

// tokenCache holds the current credential of a source. It refreshes the credential before its
// access token expires, and deduplicates concurrent refreshes: the first caller refreshes on its
// own goroutine, so no goroutine outlives its call, and the others wait until it has finished or
// their contexts end.
type tokenCache struct {
	refresher refresher
	margin    time.Duration // how long before its expiry an access token is refreshed
	logger    *slog.Logger

	mu       sync.Mutex
	current  Credential
	rejected Secret    // the access token that the API rejected
	retryAt  time.Time // when the next early refresh may start, after one that failed
	inflight *refresh  // nil if no refresh is in flight
}

// refresh is a refresh in flight. Its result may be read when done is closed.
type refresh struct {
	done       chan struct{}
	credential Credential
	err        error
	abandoned  bool // it failed after the context of its caller had ended
}

// credential returns a credential whose access token is usable.
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

// join returns the current credential if no refresh is necessary now. Otherwise it returns the
// refresh in flight. If it starts the refresh, first is true and the caller must run it.
func (c *tokenCache) join(ctx context.Context) (current Credential, call *refresh, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.current.freshness(c.rejected, c.margin) {
	case fresh:
		return c.current, nil, false
	case due:
		if c.inflight != nil || time.Now().Before(c.retryAt) || ctx.Err() != nil {
			return c.current, nil, false
		}
	case expired:
	}
	if c.inflight != nil {
		return Credential{}, c.inflight, false
	}
	c.inflight = &refresh{done: make(chan struct{}), err: errNoResult}
	return Credential{}, c.inflight, true
}

// run obtains the result of call. It wakes the waiting callers even if the refresher panics.
func (c *tokenCache) run(ctx context.Context, call *refresh) {
	defer c.finish(call)
	credential, err := c.obtain(ctx)
	if err != nil {
		credential, err = c.fallBack(ctx, err)
	}
	call.credential, call.err = credential, err
	call.abandoned = err != nil && ctx.Err() != nil
}

// finish wakes the callers that wait for call.
func (c *tokenCache) finish(call *refresh) {
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
	state, rejected := c.adopt(stored) // other callers may use it during the refresh
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
// the credential, and the access token that the API has rejected.
func (c *tokenCache) adopt(credential Credential) (state freshness, rejected Secret) {
	c.mu.Lock()
	defer c.mu.Unlock()
	state = credential.freshness(c.rejected, c.margin)
	if state != expired {
		c.current = credential
	}
	return state, c.rejected
}

// fallBack returns the current credential if it is usable although a refresh failed with err. The
// next early refresh starts no sooner than earlyRefreshBackoff from now.
func (c *tokenCache) fallBack(ctx context.Context, err error) (Credential, error) {
	c.mu.Lock()
	current, usable := c.current, c.current.freshness(c.rejected, c.margin) != expired
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

// peek returns the current credential, whose access token may have expired. It makes no requests.
func (c *tokenCache) peek() Credential {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current
}
