package oauth

import (
	"context"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"
	"weak"

	"github.com/highlevel-contacts/contacts-go/client"
)

// Source provides the access token of a stored credential. It refreshes the token before it
// expires, and when the API rejects it as invalid or expired. Source is a [client.TokenSource]
// and safe for concurrent use: create one for each store and share it.
//
// A refresh token is valid once. One goroutine of one process refreshes at a time, as far as the
// store can lock (see [RefreshLocker]), and the new token pair is stored before it is used. The
// call that starts a refresh also finishes it: once the refresh token has been sent, the refresh
// does not end with the caller's context. It usually takes less than a second, and at most 35
// seconds. Concurrent calls wait for the same result call their own contexts, or receive the
// token that is still valid.
type Source struct {
	app   *App
	store TokenStore
	cache tokenCache
	state refreshState

	mu        sync.Mutex
	locations map[string]weak.Pointer[LocationSource] // all sources in use
	known     map[string]*LocationSource              // sources of known locations
}

var _ client.TokenSource = (*Source)(nil)

// Source returns the source of the credential in store, of a location or of an agency. It makes
// no requests until a token is needed.
func (a *App) Source(store TokenStore) *Source {
	s := &Source{
		app: a, store: store,
		locations: map[string]weak.Pointer[LocationSource]{}, known: map[string]*LocationSource{},
	}
	s.cache = tokenCache{fetch: s.refresh, margin: a.config.RefreshBefore, logger: a.logger}
	return s
}

// Token returns an access token that has not expired and that the API has not rejected. The error
// matches [ErrReinstallRequired] if only a new installation helps, and also [ErrNoCredential] if
// the store is empty.
func (s *Source) Token(ctx context.Context) (string, error) {
	credential, err := s.cache.credential(ctx)
	return credential.AccessToken.Reveal(), err
}

// Credential returns the credential whose access token [Source.Token] returns.
func (s *Source) Credential(ctx context.Context) (Credential, error) {
	return s.cache.credential(ctx)
}

// Invalidate reports that the API rejected token as invalid or expired. The next call of Token
// looks for another token in the store, and refreshes otherwise. A token that is not the current
// one is ignored, so many failed calls cause one refresh.
func (s *Source) Invalidate(token string) { s.cache.invalidate(token) }

// String returns the name of the type, without a secret.
func (s *Source) String() string { return "oauth.Source" }

// GoString returns what String returns.
func (s *Source) GoString() string { return s.String() }

// LocationSource provides access tokens of a location, which it requests with the access token of
// the agency. It is a [client.TokenSource] and safe for concurrent use. The tokens are kept in
// memory: a new process requests new ones, which costs one request per location and day.
type LocationSource struct {
	agency    *Source
	location  string
	cache     tokenCache
	rejection rejection // of the agency's access token, for this location; used only while refreshing
}

var _ client.TokenSource = (*LocationSource)(nil)

// Location returns the source of the tokens of the location (sub-account) id, which belongs to the
// agency whose credential s has. The app must be installed in the location and have the scope
// oauth.write.
//
// The same ID gives the same source, so its tokens are shared. s keeps the sources of locations
// that are known: the API issued a token for them, or they are among [Credential.ApprovedLocations]
// of the credential in use. It keeps others only as long as the caller does, so that invalid IDs
// from outside use no memory.
//
// See https://marketplace.gohighlevel.com/docs/ghl/oauth/get-location-access-token.
func (s *Source) Location(id string) *LocationSource {
	held, _ := s.cache.current()
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.locations[id].Value(); l != nil {
		return l
	}
	l := &LocationSource{agency: s, location: id}
	l.cache = tokenCache{fetch: l.refresh, margin: s.app.config.RefreshBefore, logger: s.app.logger}
	s.locations[id] = weak.Make(l)
	if slices.Contains(held.ApprovedLocations, id) {
		s.known[id] = l
	} else {
		runtime.AddCleanup(l, s.forget, id)
	}
	return l
}

// remember keeps l: the API issued a token for its location.
func (s *Source) remember(l *LocationSource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[l.location] = l
}

// forget is called when the source of a location has been collected.
func (s *Source) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locations[id].Value() == nil {
		delete(s.locations, id)
	}
}

// Token returns an access token of the location that has not expired and that the API has not
// rejected. The error matches [ErrReinstallRequired] if the agency must install the app again,
// and [client.ErrForbidden] if the location has not approved the app.
func (l *LocationSource) Token(ctx context.Context) (string, error) {
	credential, err := l.cache.credential(ctx)
	return credential.AccessToken.Reveal(), err
}

// Credential returns the credential whose access token [LocationSource.Token] returns. It has no
// refresh token.
func (l *LocationSource) Credential(ctx context.Context) (Credential, error) {
	return l.cache.credential(ctx)
}

// Invalidate reports that the API rejected token as invalid or expired. The next call of Token
// requests another one. A token that is not the current one is ignored.
func (l *LocationSource) Invalidate(token string) { l.cache.invalidate(token) }

// String returns the name of the type, without a secret.
func (l *LocationSource) String() string { return "oauth.LocationSource(" + l.location + ")" }

// GoString returns what String returns.
func (l *LocationSource) GoString() string { return l.String() }

// refresh requests a token, and once more if the API rejected the access token of the agency.
func (l *LocationSource) refresh(ctx context.Context) (Credential, error) {
	if l.location == "" {
		return Credential{}, errNoLocation
	}
	next, agency, err := l.request(ctx)
	if isTokenError(err) {
		l.agency.Invalidate(agency.AccessToken.Reveal())
		next, agency, err = l.request(ctx)
	}
	if err != nil && !agency.AccessToken.IsZero() {
		l.rejection = rejectionOf(agency.AccessToken, err)
	}
	if err == nil {
		l.agency.remember(l)
	}
	return next, err
}

// request requests a token, and also returns the credential of the agency that it used.
func (l *LocationSource) request(ctx context.Context) (next, agency Credential, err error) {
	agency, err = l.agency.Credential(ctx)
	if err != nil {
		return Credential{}, Credential{}, err
	}
	if agency.userType() != UserTypeCompany {
		return Credential{}, Credential{}, errNotAgency
	}
	if err := l.rejection.errFor(agency.AccessToken); err != nil {
		return Credential{}, Credential{}, err
	}
	next, err = l.agency.app.requestLocationToken(ctx, agency, l.location)
	return next, agency, err
}

// earlyRefreshBackoff is the time after a failed early refresh during which the current token is
// used without another refresh.
const earlyRefreshBackoff = 30 * time.Second

// tokenCache caches a credential and refreshes it when its access token is due, by one caller at
// a time.
type tokenCache struct {
	fetch  func(context.Context) (Credential, error) // called by one caller at a time
	margin time.Duration
	logger *slog.Logger
	flight flight

	mu        sync.Mutex
	held      Credential
	refused   Secret    // the access token that the API rejected
	notBefore time.Time // when an early refresh may be tried again
}

// state is the state of the access token of a credential.
type state int

const (
	expired state = iota // or rejected, or missing: a refresh is required
	due                  // usable, and should be refreshed
	fresh
)

// credential returns a credential with a usable access token.
func (c *tokenCache) credential(ctx context.Context) (Credential, error) {
	held, now := c.current()
	if now == fresh || (now == due && (c.flight.busy() || c.pausing())) {
		return held, nil
	}
	if err := ctx.Err(); err != nil {
		return usableOr(err, held, now)
	}
	next, err := c.flight.do(ctx, c.refresh)
	if err == nil {
		return next, nil
	}
	held, now = c.current()
	if now != expired {
		c.logger.LogAttrs(ctx, slog.LevelWarn, "oauth: early refresh failed; the current token is used",
			slog.Int("status", statusOf(err)), slog.Duration("left", time.Until(held.Expiry)))
		c.pause()
	}
	return usableOr(err, held, now)
}

// usableOr returns held if its access token is usable, and err otherwise.
func usableOr(err error, held Credential, now state) (Credential, error) {
	if now == expired {
		return Credential{}, err
	}
	return held, nil
}

// refresh fetches a new credential, unless another caller has just done so.
func (c *tokenCache) refresh(ctx context.Context) (Credential, error) {
	if held, now := c.current(); now == fresh {
		return held, nil
	}
	next, err := c.fetch(ctx)
	if err != nil {
		return Credential{}, err
	}
	c.set(next)
	return next, nil
}

// set makes credential the current one.
func (c *tokenCache) set(credential Credential) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = credential
}

// invalidate marks token as expired if it is the current one. It makes no requests.
func (c *tokenCache) invalidate(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if token != "" && c.held.AccessToken.Reveal() == token {
		c.refused = c.held.AccessToken
	}
}

// current returns the current credential and its state.
func (c *tokenCache) current() (Credential, state) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held, c.stateOf(c.held)
}

// isFresh reports whether credential can be used without a refresh.
func (c *tokenCache) isFresh(credential Credential) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stateOf(credential) == fresh
}

// isUsable reports whether the access token of credential has not expired and has not been
// rejected.
func (c *tokenCache) isUsable(credential Credential) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stateOf(credential) != expired
}

// stateOf returns the state of credential. The caller holds the lock.
func (c *tokenCache) stateOf(credential Credential) state {
	now := time.Now()
	switch {
	case credential.AccessToken.IsZero() || credential.AccessToken == c.refused || !now.Before(credential.Expiry):
		return expired
	case !now.Before(credential.refreshAt(c.margin)):
		return due
	default:
		return fresh
	}
}

func (c *tokenCache) pausing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Before(c.notBefore)
}

func (c *tokenCache) pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notBefore = time.Now().Add(earlyRefreshBackoff)
}

// flight deduplicates concurrent refreshes: one caller runs the function and the others wait for
// its result.
//
// The first caller runs the function on its own goroutine, so no goroutine outlives its call, and
// the others stop waiting when their contexts end.
type flight struct {
	mu      sync.Mutex
	current *inflight
}

type inflight struct {
	done       chan struct{}
	credential Credential
	err        error
	abandoned  bool // work failed after the context of the first caller had ended
}

// do returns the result of work, run by this caller or by the caller that came first. If the
// first caller's context ended, another caller runs work.
func (f *flight) do(ctx context.Context, work func(context.Context) (Credential, error)) (Credential, error) {
	for {
		call, first := f.join()
		if first {
			f.run(ctx, call, work)
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

// busy reports whether work is running.
func (f *flight) busy() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current != nil
}

func (f *flight) join() (call *inflight, first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current != nil {
		return f.current, false
	}
	f.current = &inflight{done: make(chan struct{}), err: errNoResult}
	return f.current, true
}

// run runs work and wakes the waiting callers, even if work panics.
func (f *flight) run(ctx context.Context, call *inflight, work func(context.Context) (Credential, error)) {
	defer func() {
		f.mu.Lock()
		f.current = nil
		f.mu.Unlock()
		close(call.done)
	}()
	call.credential, call.err = work(ctx)
	call.abandoned = call.err != nil && ctx.Err() != nil
}
