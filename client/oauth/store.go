package oauth

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// TokenStore keeps the credential of one installation. [NewMemoryStore] and [NewFileStore] make one; another, over a database
// say, has these two methods and, if it can, that of [RenewalLocker]. Its methods are called from many goroutines at once.
type TokenStore interface {
	// Load returns the stored credential, or an error that matches [ErrNoCredential] if there is none.
	Load(ctx context.Context) (Credential, error)
	// CompareAndSwap stores next if the refresh token of the stored credential is used, and tells whether it did. A zero used
	// means that nothing may be stored yet. It returns when next would survive a crash: the API accepts used no more, and a
	// next that is lost locks the app out.
	CompareAndSwap(ctx context.Context, used Secret, next Credential) (swapped bool, err error)
}

// RenewalLocker is a [TokenStore] that lets one process at a time renew its credential. LockRenewal waits until no other holds
// the lock, or ctx ends. The lock must end with the process that holds it.
//
// Without it two processes may send the same refresh token. Within 30 seconds both get the same pair, so that this does no harm
// while both run well.
type RenewalLocker interface {
	LockRenewal(ctx context.Context) (unlock func(), err error)
}

// Save stores the credential of a new installation in place of whatever store has. A renewal that runs meanwhile, here or in
// another process, loses against it.
func Save(ctx context.Context, store TokenStore, credential Credential) error {
	const tries = 10
	for range tries {
		stored, err := store.Load(ctx)
		if err != nil && !errors.Is(err, ErrNoCredential) {
			return fmt.Errorf("oauth: load the credential: %w", err)
		}
		swapped, err := store.CompareAndSwap(ctx, stored.RefreshToken, credential)
		if err != nil {
			return fmt.Errorf("oauth: store the credential: %w", err)
		}
		if swapped {
			return nil
		}
	}
	return errChanging
}

// lockRenewal takes the lock of a store that has one.
func lockRenewal(ctx context.Context, store TokenStore) (unlock func(), err error) {
	locker, ok := store.(RenewalLocker)
	if !ok {
		return func() {}, nil
	}
	const longest = time.Minute // twice what a renewal can take
	ctx, cancel := context.WithTimeoutCause(ctx, longest, errLocked)
	defer cancel()
	unlock, err = locker.LockRenewal(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errLocked) {
		err = errLocked
	}
	if err != nil {
		return nil, fmt.Errorf("oauth: lock the renewal: %w", err)
	}
	return unlock, nil
}
