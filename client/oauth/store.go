package oauth

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// TokenStore keeps the credential of one installation. [NewMemoryStore] and [NewFileStore] make one; another, over a database
// say, has these two methods and, if it can, that of [RefreshLocker]. Its methods are called from many goroutines at once.
type TokenStore interface {
	// Load returns the stored credential, an error that matches [ErrNoCredential] if there is none, or
	// one that matches [ErrInvalidCredential] if what is stored cannot be read.
	Load(ctx context.Context) (Credential, error)
	// CompareAndSwap stores next if the refresh token of the stored credential is used, and tells whether it did. A zero used
	// means that nothing may be stored yet, or nothing that can be read. It returns when next would survive a crash: the API accepts used no more, and a
	// next that is lost locks the app out.
	CompareAndSwap(ctx context.Context, used Secret, next Credential) (swapped bool, err error)
}

// RefreshLocker is a [TokenStore] that lets one process at a time refresh its credential. LockRefresh
// blocks until no other process holds the lock, or ctx is done; unlock releases it. If the process that
// holds the lock ends, the lock must become free: at once, or within 40 seconds. So the lock may be a
// lease of at least 40 seconds, which is longer than a refresh can take, and need not be renewed.
//
// Without this method, two processes can send the same refresh token. Within 30 seconds both receive
// the same pair, so this does no harm as long as both run normally.
type RefreshLocker interface {
	LockRefresh(ctx context.Context) (unlock func(), err error)
}

// Save stores the credential of a new installation in place of whatever store has. A renewal that runs meanwhile, here or in
// another process, loses against it.
func Save(ctx context.Context, store TokenStore, credential Credential) error {
	const tries = 10
	for range tries {
		stored, err := store.Load(ctx)
		if err != nil && !errors.Is(err, ErrNoCredential) && !errors.Is(err, ErrInvalidCredential) {
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

// StorePreparer is a [TokenStore] that can check that it is able to store a credential. Prepare is
// called before a refresh token is sent. If it fails, the token is not sent and stays valid.
type StorePreparer interface {
	Prepare(ctx context.Context) error
}

// lockRefresh takes the lock of a store that has one.
func lockRefresh(ctx context.Context, store TokenStore) (unlock func(), err error) {
	locker, ok := store.(RefreshLocker)
	if !ok {
		return func() {}, nil
	}
	const longest = time.Minute // twice what a renewal can take
	ctx, cancel := context.WithTimeoutCause(ctx, longest, errLocked)
	defer cancel()
	unlock, err = locker.LockRefresh(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errLocked) {
		err = errLocked
	}
	if err != nil {
		return nil, fmt.Errorf("oauth: lock the renewal: %w", err)
	}
	return unlock, nil
}
