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
	// rejectionTTL is how long an error response is remembered that the configuration or the
	// agency can resolve.
	rejectionTTL = time.Minute
)

// refreshState is what a source remembers of its last refresh. It is used only while refreshing.
type refreshState struct {
	rejection rejection
	unstored  *tokenPair
}

// tokenPair is a token pair that the API returned for a refresh token and that is not stored yet.
type tokenPair struct {
	used Secret
	next Credential
}

// rejection is an error response for a token, which is remembered so that the request is not
// repeated.
type rejection struct {
	of    Secret
	err   error
	until time.Time // zero if only another token helps
}

// errFor returns the remembered error for token, or nil.
func (r rejection) errFor(token Secret) error {
	if r.err == nil || r.of != token || (!r.until.IsZero() && !time.Now().Before(r.until)) {
		return nil
	}
	return r.err
}

// rejectionOf returns the rejection to remember after a request with token failed with err. It is
// empty if the request may succeed later.
func rejectionOf(token Secret, err error) rejection {
	apiErr, ok := errors.AsType[*Error](err)
	switch {
	case !ok || apiErr.temporary():
		return rejection{}
	case apiErr.reinstall:
		return rejection{of: token, err: err}
	default:
		return rejection{of: token, err: err, until: time.Now().Add(rejectionTTL)}
	}
}

// refresh returns a fresh credential: one that another process has stored, or a new one.
func (s *Source) refresh(ctx context.Context) (Credential, error) {
	stored, err := s.load(ctx)
	if s.cache.isUsable(stored) {
		s.cache.set(stored) // it is used during the refresh, and if the refresh fails
	}
	if err != nil || s.cache.isFresh(stored) {
		return stored, err
	}
	unlock, err := lockRefresh(ctx, s.store)
	if err != nil {
		return Credential{}, err
	}
	defer unlock()
	const tries = 3 // a store without a lock may change during the request
	for range tries {
		stored, err = s.load(ctx)
		if err != nil || s.cache.isFresh(stored) {
			return stored, err
		}
		if err := ctx.Err(); err != nil {
			return Credential{}, err
		}
		// From here on the refresh token may be used: the context of the caller no longer applies.
		next, swapped, err := s.rotate(context.WithoutCancel(ctx), stored)
		if errors.Is(err, ErrReinstallRequired) {
			replaced, loadErr := s.replaced(ctx, stored.RefreshToken)
			if replaced {
				continue
			}
			if loadErr != nil {
				s.state.rejection = rejection{}
				return Credential{}, loadErr
			}
		}
		if err != nil {
			return Credential{}, err
		}
		if swapped && s.cache.isUsable(next) {
			return next, nil
		}
	}
	return Credential{}, errStoreConflict
}

// replaced reports whether the store holds another refresh token than used, which the API refused:
// another process refreshed while this one waited, for example because it was suspended. If the
// store cannot be read, used does not count as invalid. The end of the caller's context is no
// reason for that.
func (s *Source) replaced(ctx context.Context, used Secret) (bool, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	stored, err := s.store.Load(ctx)
	if err != nil {
		return false, fmt.Errorf("oauth: load the credential: %w", err)
	}
	return stored.RefreshToken != used, nil
}

// load loads the credential. It returns the remembered error if the API has rejected its refresh
// token.
func (s *Source) load(ctx context.Context) (Credential, error) {
	stored, err := s.store.Load(ctx)
	if err != nil {
		return Credential{}, fmt.Errorf("oauth: load the credential: %w", err)
	}
	if s.cache.isFresh(stored) {
		return stored, nil
	}
	return stored, s.state.rejection.errFor(stored.RefreshToken)
}

// rotate exchanges the refresh token of stored and stores the new token pair, unless the store
// has changed concurrently.
func (s *Source) rotate(ctx context.Context, stored Credential) (next Credential, swapped bool, err error) {
	if stored.RefreshToken.IsZero() {
		return Credential{}, false, errNoRefreshToken
	}
	unstored := s.state.unstored
	if unstored == nil || unstored.used != stored.RefreshToken {
		if preparer, ok := s.store.(StorePreparer); ok {
			if err := prepare(ctx, preparer); err != nil {
				return Credential{}, false, err
			}
		}
		next, err = s.app.refresh(ctx, stored)
		if err != nil {
			s.state.rejection = rejectionOf(stored.RefreshToken, err)
			return Credential{}, false, err
		}
		unstored = &tokenPair{used: stored.RefreshToken, next: next}
		s.state.unstored = unstored
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	swapped, err = s.store.CompareAndSwap(ctx, unstored.used, unstored.next)
	if err != nil {
		return Credential{}, false, fmt.Errorf("oauth: store the new credential: %w", err)
	}
	s.state.unstored = nil
	return unstored.next, swapped, nil
}

// prepare returns an error if the store cannot store a new pair, before the refresh token is sent.
func prepare(ctx context.Context, store StorePreparer) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if err := store.Prepare(ctx); err != nil {
		return fmt.Errorf("oauth: refresh: prepare the store: %w", err)
	}
	return nil
}
