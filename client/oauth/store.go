package oauth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// TokenStore stores the credential of one installation. [NewMemoryStore] and [NewFileStore] return
// stores. Another store, such as a database, implements these two methods and, if possible, that of
// [RefreshLocker]. The methods are called from many goroutines concurrently.
type TokenStore interface {
	// Load returns the stored credential. Its error matches [ErrNoCredential] if the store is
	// empty, and [ErrInvalidCredential] if the store contains data that is not a credential.
	Load(ctx context.Context) (Credential, error)
	// CompareAndSwap stores next if used is the refresh token of the stored credential, and reports
	// whether it did. If used is zero, it also stores next if the store is empty or contains data
	// that is not a credential. It must not return true before next would survive a crash: if next
	// is lost, a user must install the app again, because the API no longer accepts used.
	//
	// If next has no access token, CompareAndSwap empties the store instead, under the same
	// condition. [Delete] calls it with the zero Credential.
	CompareAndSwap(ctx context.Context, used client.Secret, next Credential) (swapped bool, err error)
}

// RefreshLocker is a [TokenStore] with a lock, so that one caller at a time refreshes the
// credential.
//
// Without a lock, two processes can send the same refresh token. For 30 seconds after the first use
// of a refresh token, the API returns the same token pair for it. Both processes receive that pair,
// so this does no harm unless one of them sends its request more than 30 seconds after the other.
type RefreshLocker interface {
	// LockRefresh acquires the lock. It blocks until no other caller holds the lock, in this or
	// another process, or until ctx is done. The caller calls unlock once, to release the lock.
	// Load and CompareAndSwap must not wait for the lock.
	//
	// If the process that holds the lock ends, the lock must become free within 20 seconds: another
	// process then still receives the token pair that the first one did not store. So a lease must
	// be that short, and its holder must renew it.
	LockRefresh(ctx context.Context) (unlock func(), err error)
}

// Save stores the credential of a new installation and replaces the stored one. A concurrent
// refresh in any process does not overwrite it. Each [Source] of this process uses the credential
// from its next call on. A Source of another process loads it when the API rejects or refuses the
// old token, or when that token is due. Save returns an error if the credential has no access
// token.
func Save(ctx context.Context, store TokenStore, credential Credential) error {
	if credential.AccessToken.Reveal() == "" {
		return errors.New("oauth: Save: credential: AccessToken must be set")
	}
	return replaceStored(ctx, "Save", store, func(Credential) (Credential, bool) { return credential, true })
}

// Delete empties the store after the app was uninstalled, which the UNINSTALL webhook reports with
// the time uninstalled. It does not delete a credential that was issued after that time, because a
// late webhook must not delete the credential of a new installation. A concurrent refresh does not
// store the credential again. The sources of the store then return [ErrNoCredential].
func Delete(ctx context.Context, store TokenStore, uninstalled time.Time) error {
	return replaceStored(ctx, "Delete", store, func(stored Credential) (Credential, bool) {
		return Credential{}, !stored.IssuedAt.After(uninstalled)
	})
}

// replaceStored replaces the stored credential with the one that next returns for it. It changes
// nothing if next returns false.
func replaceStored(ctx context.Context, function string, store TokenStore, next func(stored Credential) (Credential, bool)) error {
	const attempts = 10
	for range attempts {
		stored, err := store.Load(ctx)
		if err != nil && !hasNoCredential(err) {
			return fmt.Errorf("oauth: %s: load the credential: %w", function, err)
		}
		credential, replace := next(stored)
		if !replace {
			return nil
		}
		swapped, err := store.CompareAndSwap(ctx, stored.RefreshToken, credential)
		if err != nil {
			return fmt.Errorf("oauth: %s: store the credential: %w", function, err)
		}
		if swapped {
			changes.add(stored)
			changes.add(credential)
			return nil
		}
	}
	return fmt.Errorf("oauth: %s: %w", function, errStoreConflict)
}

// hasNoCredential reports whether err, of a store's Load, indicates that the store is empty or
// contains data that is not a credential.
func hasNoCredential(err error) bool {
	return errors.Is(err, ErrNoCredential) || errors.Is(err, ErrInvalidCredential)
}

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
	if s.stored.AccessToken.Reveal() == "" {
		return Credential{}, ErrNoCredential
	}
	return s.stored, nil
}

// CompareAndSwap stores next if used is the refresh token of the stored credential, or if used is
// zero and the store is empty. It reports whether it did. The zero Credential empties the store.
func (s *MemoryStore) CompareAndSwap(_ context.Context, used client.Secret, next Credential) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !equal(s.stored.RefreshToken, used) {
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

// changes records the credentials that this process has saved or deleted, or that the API refused
// for a location. A source loads its credential again if that of its installation has changed.
var changes = changeLog{last: map[string]int{}}

// changeLog stores when the credential of each installation changed last, as a sequence number.
type changeLog struct {
	mu   sync.Mutex
	now  int            // sequence number of the last change
	last map[string]int // sequence numbers by company and location ID
}

// add records a change of the installation that credential belongs to.
func (c *changeLog) add(credential Credential) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now++
	c.last[credential.CompanyID+"/"+credential.LocationID] = c.now
}

// current returns the sequence number of the last change.
func (c *changeLog) current() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// since reports whether the installation that credential belongs to has changed after the change
// with the sequence number start.
func (c *changeLog) since(start int, credential Credential) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last[credential.CompanyID+"/"+credential.LocationID] > start
}
