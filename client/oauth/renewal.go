package oauth

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// storeFor is how long a store may take for a new pair.
	storeFor = 10 * time.Second
	// refusalPause is how long a refusal counts that the configuration or the agency can mend.
	refusalPause = time.Minute
)

// renewal is what a source remembers of the last renewal. Only the caller that renews touches it.
type renewal struct {
	refusal  refusal
	unstored *rotation
}

// rotation is a pair that the API gave for a refresh token, and that is not stored yet.
type rotation struct {
	used Secret
	next Credential
}

// refusal is the API's word that it does not take a token, remembered so that it is not asked in vain.
type refusal struct {
	of    Secret
	err   error
	until time.Time // zero if only another token helps
}

// against returns the refusal of token, if it still counts.
func (r refusal) against(token Secret) error {
	if r.err == nil || r.of != token || (!r.until.IsZero() && !time.Now().Before(r.until)) {
		return nil
	}
	return r.err
}

// refusalOf returns what is to be remembered of err, the outcome of asking with token: nothing, if asking again may help.
func refusalOf(token Secret, err error) refusal {
	answer, ok := errors.AsType[*Error](err)
	switch {
	case !ok || answer.temporary():
		return refusal{}
	case answer.reinstall:
		return refusal{of: token, err: err}
	default:
		return refusal{of: token, err: err, until: time.Now().Add(refusalPause)}
	}
}

// renew returns a fresh credential: one that another process stored, or a new one.
func (s *Source) renew(ctx context.Context) (Credential, error) {
	stored, err := s.load(ctx)
	if s.keeper.works(stored) {
		s.keeper.hold(stored) // it serves meanwhile, and if the renewal fails
	}
	if err != nil || s.keeper.isFresh(stored) {
		return stored, err
	}
	unlock, err := lockRefresh(ctx, s.store)
	if err != nil {
		return Credential{}, err
	}
	defer unlock()
	const tries = 3 // a store without a lock may change while the new pair is on its way
	for range tries {
		stored, err = s.load(ctx)
		if err != nil || s.keeper.isFresh(stored) {
			return stored, err
		}
		if err := ctx.Err(); err != nil {
			return Credential{}, err
		}
		// The refresh token may be spent from here on: the caller cannot end what follows.
		next, swapped, err := s.rotate(context.WithoutCancel(ctx), stored)
		if errors.Is(err, ErrReinstallRequired) {
			replaced, loadErr := s.replaced(ctx, stored.RefreshToken)
			if replaced {
				continue
			}
			if loadErr != nil {
				s.renewal.refusal = refusal{}
				return Credential{}, loadErr
			}
		}
		if err != nil {
			return Credential{}, err
		}
		if swapped && s.keeper.works(next) {
			return next, nil
		}
	}
	return Credential{}, errChanging
}

// replaced reports whether the store holds another refresh token than used, which the API refused:
// another process refreshed while this one waited, for example because it was suspended. If the store
// cannot tell, used does not count as dead. The end of the caller's context is no reason for that.
func (s *Source) replaced(ctx context.Context, used Secret) (bool, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeFor)
	defer cancel()
	stored, err := s.store.Load(ctx)
	if err != nil {
		return false, fmt.Errorf("oauth: load the credential: %w", err)
	}
	return stored.RefreshToken != used, nil
}

// load loads the credential, or fails with what the API said to it before.
func (s *Source) load(ctx context.Context) (Credential, error) {
	stored, err := s.store.Load(ctx)
	if err != nil {
		return Credential{}, fmt.Errorf("oauth: load the credential: %w", err)
	}
	if s.keeper.isFresh(stored) {
		return stored, nil
	}
	return stored, s.renewal.refusal.against(stored.RefreshToken)
}

// rotate uses the refresh token of stored and stores the new pair, unless somebody changed the store meanwhile.
func (s *Source) rotate(ctx context.Context, stored Credential) (next Credential, swapped bool, err error) {
	if stored.RefreshToken.IsZero() {
		return Credential{}, false, errNoRefreshToken
	}
	unstored := s.renewal.unstored
	if unstored == nil || unstored.used != stored.RefreshToken {
		if preparer, ok := s.store.(StorePreparer); ok {
			if err := prepare(ctx, preparer); err != nil {
				return Credential{}, false, err
			}
		}
		next, err = s.app.refresh(ctx, stored)
		if err != nil {
			s.renewal.refusal = refusalOf(stored.RefreshToken, err)
			return Credential{}, false, err
		}
		unstored = &rotation{used: stored.RefreshToken, next: next}
		s.renewal.unstored = unstored
	}
	ctx, cancel := context.WithTimeout(ctx, storeFor)
	defer cancel()
	swapped, err = s.store.CompareAndSwap(ctx, unstored.used, unstored.next)
	if err != nil {
		return Credential{}, false, fmt.Errorf("oauth: store the new credential, which is not used before: %w", err)
	}
	s.renewal.unstored = nil
	return unstored.next, swapped, nil
}

// prepare returns an error if the store cannot store a new pair, before the refresh token is sent.
func prepare(ctx context.Context, store StorePreparer) error {
	ctx, cancel := context.WithTimeout(ctx, storeFor)
	defer cancel()
	if err := store.Prepare(ctx); err != nil {
		return fmt.Errorf("oauth: refresh: prepare the store: %w", err)
	}
	return nil
}
