package oauth

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// storeTimeout is how long a store may take to store a token pair.
	storeTimeout = 10 * time.Second
	// rejectionTTL is how long an error response is remembered if a change of the configuration or
	// of the location can resolve it.
	rejectionTTL = time.Minute
)

// storeRefresher refreshes the credential in a store.
type storeRefresher struct {
	app       *App
	store     TokenStore
	rejection rejection // of the refresh token
	unstored  tokenPair // zero if the last token pair has been stored
}

var _ refresher = (*storeRefresher)(nil)

// tokenPair is the token pair that the API returned for a refresh token and that is not stored yet.
type tokenPair struct {
	used Secret
	next Credential
}

// load returns the stored credential.
func (r *storeRefresher) load(ctx context.Context) (Credential, error) {
	stored, err := r.store.Load(ctx)
	if err != nil {
		return Credential{}, fmt.Errorf("oauth: load the credential: %w", err)
	}
	return stored, nil
}

// refresh returns a fresh credential: one that another process has stored, or a new one.
func (r *storeRefresher) refresh(ctx context.Context, stored Credential, rejected Secret) (Credential, error) {
	if err := r.rejection.errFor(stored.RefreshToken); err != nil {
		return Credential{}, err
	}
	unlock, err := lockRefresh(ctx, r.store)
	if err != nil {
		return Credential{}, err
	}
	defer unlock()
	margin := r.app.config.RefreshBefore
	const attempts = 3 // a store without a lock may change during the request
	for range attempts {
		stored, err := r.load(ctx)
		if err != nil || stored.freshness(rejected, margin) == fresh {
			return stored, err
		}
		if err := ctx.Err(); err != nil {
			return Credential{}, err
		}
		// The API may receive the refresh token from here on, so the context of the caller no
		// longer applies.
		next, swapped, err := r.rotate(context.WithoutCancel(ctx), stored)
		if errors.Is(err, ErrReinstallRequired) {
			replaced, loadErr := r.replaced(ctx, stored.RefreshToken)
			if loadErr != nil {
				return Credential{}, loadErr
			}
			if replaced {
				continue
			}
		}
		if err != nil {
			r.rejection = rejectionOf(stored.RefreshToken, err)
			return Credential{}, err
		}
		if swapped && next.freshness(rejected, margin) != expired {
			return next, nil
		}
	}
	return Credential{}, errStoreConflict
}

// rotate exchanges the refresh token of stored and stores the new token pair. swapped is false if
// the store no longer holds that refresh token, or cannot be read. The pair then remains unstored,
// and the next call with the same refresh token stores it without a request.
func (r *storeRefresher) rotate(ctx context.Context, stored Credential) (next Credential, swapped bool, err error) {
	if stored.RefreshToken.IsZero() {
		return Credential{}, false, errNoRefreshToken
	}
	if r.unstored.used != stored.RefreshToken {
		if err := r.prepare(ctx); err != nil {
			return Credential{}, false, err
		}
		next, err := r.app.refresh(ctx, stored)
		if err != nil {
			return Credential{}, false, err
		}
		r.unstored = tokenPair{used: stored.RefreshToken, next: next}
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	next = r.unstored.next
	swapped, err = r.store.CompareAndSwap(ctx, r.unstored.used, next)
	if err != nil {
		return Credential{}, false, fmt.Errorf("oauth: store the new credential: %w", err)
	}
	if swapped {
		r.unstored = tokenPair{}
	}
	return next, swapped, nil
}

// prepare returns an error if the store reports that it cannot store a new token pair.
func (r *storeRefresher) prepare(ctx context.Context) error {
	preparer, ok := r.store.(StorePreparer)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if err := preparer.Prepare(ctx); err != nil {
		return fmt.Errorf("oauth: refresh: prepare the store: %w", err)
	}
	return nil
}

// replaced reports whether the store holds another refresh token than used, which the API rejected.
// Another process may have used it while this process waited, for example because this process was
// suspended. If the store cannot be read, it is unknown whether a user must install the app again,
// so the context of the caller does not apply.
func (r *storeRefresher) replaced(ctx context.Context, used Secret) (bool, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	stored, err := r.load(ctx)
	return stored.RefreshToken != used, err
}

// rejection is an error response for a token. It is remembered so that the request is not sent
// again.
type rejection struct {
	token Secret
	err   error
	until time.Time // zero if only another token helps
}

// rejectionOf returns the rejection to remember after a request with token failed with err. It is
// empty if the same request may succeed later.
func rejectionOf(token Secret, err error) rejection {
	apiErr, ok := errors.AsType[*Error](err)
	switch {
	case !ok || apiErr.temporary():
		return rejection{}
	case apiErr.reinstall:
		return rejection{token: token, err: err}
	default:
		return rejection{token: token, err: err, until: time.Now().Add(rejectionTTL)}
	}
}

// errFor returns the remembered error for token, or nil.
func (r rejection) errFor(token Secret) error {
	if r.err == nil || r.token != token || (!r.until.IsZero() && !time.Now().Before(r.until)) {
		return nil
	}
	return r.err
}
