package oauth

import (
	"context"
	"sync"
)

// MemoryStore is a [TokenStore] in memory: what it has is lost with the process, and the app must be installed again. It is for
// tests, and for programs that keep the credential elsewhere.
type MemoryStore struct {
	renewal chan struct{}

	mu     sync.Mutex
	stored Credential
}

// NewMemoryStore returns an empty store.
func NewMemoryStore() *MemoryStore {
	return &MemoryStore{renewal: make(chan struct{}, 1)}
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

// LockRefresh waits until nobody else renews the credential.
func (s *MemoryStore) LockRefresh(ctx context.Context) (unlock func(), err error) {
	select {
	case s.renewal <- struct{}{}:
		return func() { <-s.renewal }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
