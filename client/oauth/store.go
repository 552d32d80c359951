package oauth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// TokenStore stores the credential of one installation. [NewMemoryStore] and [NewFileStore] return
// stores. Another store, such as a database, implements these two methods and, if possible, those
// of [RefreshLocker] and [StorePreparer]. The methods are called from many goroutines concurrently.
type TokenStore interface {
	// Load returns the stored credential. Its error matches [ErrNoCredential] if the store is
	// empty, and [ErrInvalidCredential] if the stored data cannot be read.
	Load(ctx context.Context) (Credential, error)
	// CompareAndSwap stores next if used is the refresh token of the stored credential, and reports
	// whether it did. If used is zero, it stores next if the store is empty or its data cannot be
	// read. It returns when next would survive a crash: the API no longer accepts used, so if next
	// is lost, a user must install the app again.
	CompareAndSwap(ctx context.Context, used Secret, next Credential) (swapped bool, err error)
}

// RefreshLocker is a [TokenStore] that lets one process at a time refresh its credential.
// LockRefresh blocks until no other process holds the lock, or ctx is done; unlock releases it.
//
// If the process that holds the lock ends, the lock must become free immediately or within 40
// seconds, and preferably within 20 seconds. For 30 seconds after the first use of a refresh token,
// the API returns the same token pair for it. So another process still receives the pair that the
// ended process did not store. The lock may be a lease that its holder renews while it is in use. A
// lease that is not renewed must last 40 seconds, which is longer than a refresh takes.
//
// Without this method, two processes can send the same refresh token. Within those 30 seconds both
// receive the same pair, so this does no harm as long as both run normally.
type RefreshLocker interface {
	LockRefresh(ctx context.Context) (unlock func(), err error)
}

// Save stores the credential of a new installation in place of the stored one. A concurrent
// refresh, here or in another process, does not overwrite it.
func Save(ctx context.Context, store TokenStore, credential Credential) error {
	const attempts = 10
	for range attempts {
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
// called before a refresh token is sent. If it fails, the token is not sent and remains valid.
type StorePreparer interface {
	Prepare(ctx context.Context) error
}

// lockRefresh acquires the lock of a store that has one.
func lockRefresh(ctx context.Context, store TokenStore) (unlock func(), err error) {
	locker, ok := store.(RefreshLocker)
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
		return nil, fmt.Errorf("oauth: lock the refresh: %w", err)
	}
	return unlock, nil
}

// MemoryStore is a [TokenStore] in memory. Its credential is lost when the process ends, and a user
// must install the app again. Use it in tests, and in programs that also store the credential
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

// Load returns the stored credential, or [ErrNoCredential] if the store is empty.
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
