package oauth

import (
	"context"
	"sync"
)

// MemoryStore is a [TokenStore] in memory. When the process ends, its credential is lost, and a
// user must install the app again. Use it in tests, and in programs that also store the credential
// elsewhere. [NewMemoryStore] returns one; the zero MemoryStore is not usable.
type MemoryStore struct {
	refreshLock chan struct{} // has one element while the lock is held

	mu     sync.Mutex
	stored Credential
}

// NewMemoryStore returns an empty store.
func NewMemoryStore() *MemoryStore {
	return &MemoryStore{refreshLock: make(chan struct{}, 1)}
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

// CompareAndSwap stores next if used is the refresh token of the stored credential, or if used is
// zero and the store is empty. It reports whether it stored next.
func (s *MemoryStore) CompareAndSwap(_ context.Context, used Secret, next Credential) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stored.RefreshToken != used {
		return false, nil
	}
	s.stored = next
	return true, nil
}

// LockRefresh acquires the lock. It waits until no other caller holds it or ctx is done.
func (s *MemoryStore) LockRefresh(ctx context.Context) (unlock func(), err error) {
	select {
	case s.refreshLock <- struct{}{}:
		return func() { <-s.refreshLock }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
