package oauth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

const (
	// storeTimeout is the time limit of a call of the store, or of the save function of
	// InstallHandler, that the end of the caller's context does not end.
	storeTimeout = 10 * time.Second
	// rejectionTTL is how long no request is sent after an error response that a change outside the
	// program can resolve, such as an inactive location or a wrong client secret.
	rejectionTTL = time.Minute
)

// storeRefresher refreshes the credential in a store.
type storeRefresher struct {
	app       *App
	store     TokenStore
	rejection rejection     // the last refusal, with the refresh token
	used      client.Secret // the refresh token of the last successful request
	next      Credential    // the credential with the token pair of its response
}

var _ refresher = (*storeRefresher)(nil)

// load returns the stored credential.
func (r *storeRefresher) load(ctx context.Context) (Credential, error) {
	stored, err := r.store.Load(ctx)
	if err != nil {
		return Credential{}, fmt.Errorf("oauth: Source.Token: load the credential: %w", err)
	}
	return stored, nil
}

// refresh returns the stored credential if another process has refreshed it. Otherwise it refreshes
// it and stores the new one.
func (r *storeRefresher) refresh(ctx context.Context, known Credential, rejected client.Secret) (Credential, error) {
	if err := r.rejection.errFor(known.RefreshToken); err != nil {
		return Credential{}, err
	}
	unlock, err := r.lock(ctx)
	if err != nil {
		return Credential{}, err
	}
	defer unlock()
	// Another attempt follows if the stored credential changed during the refresh: Save does not
	// acquire the lock, and not every store has one.
	const attempts = 3
	var problem error
	for range attempts {
		stored, err := r.load(ctx)
		if err != nil || stored.isFresh(rejected, r.app.config.RefreshBefore) {
			return stored, err
		}
		if err := r.rejection.errFor(stored.RefreshToken); err != nil {
			return Credential{}, err
		}
		if err := ctx.Err(); err != nil {
			return Credential{}, err
		}
		// From here on the API may receive the refresh token, so the refresh must continue even if
		// the context of the caller ends.
		next, swapped, err := r.rotate(context.WithoutCancel(ctx), stored)
		if err != nil {
			r.rejection = rejectionOf(stored.RefreshToken, err)
		}
		switch {
		case errors.Is(err, ErrReinstallRequired):
			problem = err // unless another process has stored another refresh token
		case err != nil:
			return Credential{}, err
		case !swapped:
			problem = errStoreConflict
		default:
			return next, nil
		}
	}
	return Credential{}, fmt.Errorf("oauth: Source.Token: %w", problem)
}

// lock acquires the lock of the store, if it is a RefreshLocker.
func (r *storeRefresher) lock(ctx context.Context) (unlock func(), err error) {
	locker, ok := r.store.(RefreshLocker)
	if !ok {
		return func() {}, nil
	}
	const timeout = time.Minute // longer than a refresh takes
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errLockTimeout)
	defer cancel()
	unlock, err = locker.LockRefresh(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errLockTimeout) {
		err = errLockTimeout
	}
	if err != nil {
		return nil, fmt.Errorf("oauth: Source.Token: lock the store: %w", err)
	}
	return unlock, nil
}

// rotate exchanges the refresh token of stored for a new token pair and stores the pair. swapped is
// false if the store no longer holds that refresh token. If the pair could not be stored, the next
// call with the same refresh token stores it without a request.
func (r *storeRefresher) rotate(ctx context.Context, stored Credential) (next Credential, swapped bool, err error) {
	if stored.RefreshToken.Reveal() == "" {
		return Credential{}, false, errNoRefreshToken
	}
	if !equal(r.used, stored.RefreshToken) {
		next, err := r.app.refresh(ctx, stored)
		if err != nil {
			return Credential{}, false, err
		}
		r.used, r.next = stored.RefreshToken, next
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	swapped, err = r.store.CompareAndSwap(ctx, r.used, r.next)
	if err != nil {
		return Credential{}, false, fmt.Errorf("oauth: Source.Token: store the new credential: %w", err)
	}
	return r.next, swapped, nil
}

// rejection is an error response to a request with a token. While it applies, the source returns
// err instead of sending the same request again.
type rejection struct {
	token client.Secret
	err   error
	at    time.Time
}

// rejectionOf returns the rejection for a request with token that failed with err. It is the zero
// rejection, which never applies, if the request may be sent again at once.
func rejectionOf(token client.Secret, err error) rejection {
	if apiErr, ok := errors.AsType[*client.Error](err); !ok || isTemporary(apiErr) {
		return rejection{}
	}
	return rejection{token: token, err: err, at: time.Now()}
}

// errFor returns the error of r if r applies to token now, and nil otherwise. The API never accepts
// a token again after ErrReinstallRequired.
func (r rejection) errFor(token client.Secret) error {
	if !equal(r.token, token) || time.Since(r.at) >= rejectionTTL && !errors.Is(r.err, ErrReinstallRequired) {
		return nil
	}
	return r.err
}
