//go:build unix

package postgres

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/oauth/storetest"
)

func newTestCredential(n int) oauth.Credential {
	return oauth.Credential{
		AccessToken:  client.NewSecret("access-" + strconv.Itoa(n)),
		RefreshToken: client.NewSecret("refresh-" + strconv.Itoa(n)),
	}
}

func TestTokenStore(t *testing.T) {
	t.Parallel()
	db := newTestDB(t)
	db.SetMaxOpenConns(10)
	var names atomic.Int64
	storetest.Run(t, func(t *testing.T) func() oauth.TokenStore {
		t.Helper()
		name := "installation " + strconv.FormatInt(names.Add(1), 10)
		return func() oauth.TokenStore { return NewTokenStore(db, name, newTestKeys("a")) }
	})
}

// checkAcquire checks whether owner acquires the lease.
func checkAcquire(t *testing.T, store *TokenStore, owner string, want bool) {
	t.Helper()
	if acquired, err := store.acquire(t.Context(), owner); err != nil || acquired != want {
		t.Errorf("%s: got %v, %v, want %v", owner, acquired, err, want)
	}
}

func TestTokenStore_LeaseExpires(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		store := NewTokenStore(b.db, "one", newTestKeys("a"))
		checkAcquire(t, store, "ended process", true)
		began := time.Now()
		const timeout = leaseDuration/2 + time.Millisecond // between two attempts
		short, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		if _, err := store.LockRefresh(short); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != timeout {
			t.Fatalf("before the expiry: got %v after %v, want DeadlineExceeded after %v", err, time.Since(began), timeout)
		}
		unlock, err := store.LockRefresh(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < leaseDuration || took > leaseDuration+time.Second {
			t.Errorf("got the lease after %v, want %v", took, leaseDuration)
		}
		store.renew(t.Context(), "ended process")
		store.release(t.Context(), "ended process")
		checkAcquire(t, store, "before the release by the owner", false)
		unlock()
		checkAcquire(t, store, "after the release by the owner", true)
	})
}

func TestTokenStore_LeaseIsRenewed(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		unlock, err := NewTokenStore(b.db, "one", newTestKeys("a")).LockRefresh(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
		waiting, cancel := context.WithTimeout(t.Context(), 3*leaseDuration)
		defer cancel()
		if _, err := NewTokenStore(b.db, "one", newTestKeys("a")).LockRefresh(waiting); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after 3 lease durations: got %v, want a lease that is still held", err)
		}
	})
}

// A call that is canceled while its statement is in progress leaves no lease.
func TestTokenStore_LockRefresh_CanceledLeavesNoLease(t *testing.T) {
	t.Parallel()
	db := newTestDB(t)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(t.Context(), `INSERT INTO highlevel_tokens (installation) VALUES ('one')`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	locked := make(chan error)
	go func() {
		_, err := NewTokenStore(db, "one", newTestKeys("a")).LockRefresh(ctx)
		locked <- err
	}()
	backends := func(condition string) int {
		return query[int](t, db, `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND `+condition)
	}
	poll(t, func() bool { return backends(`wait_event_type = 'Lock'`) == 1 })
	cancel()
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-locked; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	poll(t, func() bool { return backends(`state = 'active'`) == 0 })
	if leases := query[int](t, db, `SELECT count(lease_owner) FROM highlevel_tokens`); leases != 0 {
		t.Errorf("got %d leases, want none", leases)
	}
}

// poll waits until a server, which works in real time, satisfies the condition.
func poll(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the server does not satisfy the condition after 30 seconds")
		}
	}
}

func TestTokenStore_DeletedRowStaysDeleted(t *testing.T) {
	t.Parallel()
	db := newTestDB(t)
	store := NewTokenStore(db, "one", newTestKeys("a"))
	if _, err := store.CompareAndSwap(t.Context(), client.Secret{}, newTestCredential(1)); err != nil {
		t.Fatal(err)
	}
	if deleted, err := store.delete(t.Context(), 2); err != nil || deleted {
		t.Errorf("got %v, %v, want no deletion of another version", deleted, err)
	}
	execute(t, db, `DELETE FROM highlevel_tokens`)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if swapped, err := swap(t.Context(), tx, "one", 1, []byte("sealed")); err != nil || swapped {
		t.Errorf("got %v, %v, want no swap", swapped, err)
	}
}
