package oauth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// TokenStore stores the credential of one installation. [NewMemoryStore] and [NewFileStore] return
// one. Another one, for a database for example, has these two methods and, if possible, those of
// [RefreshLocker] and [StorePreparer]. Its methods are called from many goroutines concurrently.
type TokenStore interface {
	// Load returns the stored credential, an error that matches [ErrNoCredential] if there is none,
	// or one that matches [ErrInvalidCredential] if what is stored cannot be read.
	Load(ctx context.Context) (Credential, error)
	// CompareAndSwap stores next if used is the refresh token of the stored credential, and reports
	// whether it did. A zero used means that nothing is stored, or nothing that can be read. It
	// returns when next would survive a crash: the API no longer accepts used, so if next is lost,
	// a user must install the app again.
	CompareAndSwap(ctx context.Context, used Secret, next Credential) (swapped bool, err error)
}

// RefreshLocker is a [TokenStore] that lets one process at a time refresh its credential.
// LockRefresh blocks until no other process holds the lock, or ctx is done; unlock releases it. If
// the process that holds the lock ends, the lock must become free: at once, or within 40 seconds.
// So the lock may be a lease of at least 40 seconds, which is longer than a refresh can take, and
// need not be renewed.
//
// Without this method, two processes can send the same refresh token. Within 30 seconds both
// receive the same pair, so this does no harm as long as both run normally.
type RefreshLocker interface {
	LockRefresh(ctx context.Context) (unlock func(), err error)
}

// Save stores the credential of a new installation in place of the stored one. A concurrent
// refresh, here or in another process, does not overwrite it.
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
	return errStoreConflict
}

// StorePreparer is a [TokenStore] that can check that it is able to store a credential. Prepare is
// called before a refresh token is sent. If it fails, the token is not sent and stays valid.
type StorePreparer interface {
	Prepare(ctx context.Context) error
}

// lockRefresh acquires the lock of a store that has one.
func lockRefresh(ctx context.Context, store TokenStore) (unlock func(), err error) {
	locker, ok := store.(RefreshLocker)
	if !ok {
		return func() {}, nil
	}
	const longest = time.Minute // longer than a refresh can take
	ctx, cancel := context.WithTimeoutCause(ctx, longest, errLockTimeout)
	defer cancel()
	unlock, err = locker.LockRefresh(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errLockTimeout) {
		err = errLockTimeout
	}
	if err != nil {
		return nil, fmt.Errorf("oauth: lock the refresh: %w", err)
	}
	return unlock, nil
}

// MemoryStore is a [TokenStore] in memory. Its credential is lost when the process ends, and a user
// must install the app again. It is for tests, and for programs that store the credential
// elsewhere.
type MemoryStore struct {
	refreshing chan struct{}

	mu     sync.Mutex
	stored Credential
}

// NewMemoryStore returns an empty store.
func NewMemoryStore() *MemoryStore {
	return &MemoryStore{refreshing: make(chan struct{}, 1)}
}

// Load returns the stored credential or [ErrNoCredential].
func (s *MemoryStore) Load(context.Context) (Credential, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stored.AccessToken.IsZero() {
		return Credential{}, ErrNoCredential
	}
	return s.stored, nil
}

// CompareAndSwap stores next if the stored credential has the refresh token used.
func (s *MemoryStore) CompareAndSwap(_ context.Context, used Secret, next Credential) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stored.RefreshToken != used {
		return false, nil
	}
	s.stored = next
	return true, nil
}

// LockRefresh waits until no other caller refreshes the credential.
func (s *MemoryStore) LockRefresh(ctx context.Context) (unlock func(), err error) {
	select {
	case s.refreshing <- struct{}{}:
		return func() { <-s.refreshing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
