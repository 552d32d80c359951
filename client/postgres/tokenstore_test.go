//go:build unix

package postgres

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

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
	db := newTestDB(t)
	db.SetMaxOpenConns(10)
	var names atomic.Int64
	storetest.RunReopen(t, func(t *testing.T) func() oauth.TokenStore {
		t.Helper()
		name := "installation " + strconv.FormatInt(names.Add(1), 10)
		return func() oauth.TokenStore { return NewTokenStore(db, name, newTestKeys("a")) }
	})
}

func TestTokenStore_LeaseExpires(t *testing.T) {
	store := &tokenStore{db: newTestDB(t), installation: "one", keys: newTestKeys("a"), lease: time.Second}
	if acquired, err := store.acquire(t.Context(), "ended process"); err != nil || !acquired {
		t.Fatalf("got %v, %v, want the lease", acquired, err)
	}
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := store.LockRefresh(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("before the expiry: got %v, want DeadlineExceeded", err)
	}
	unlock, err := store.LockRefresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	store.renew(t.Context(), "ended process")
	store.release(t.Context(), "ended process")
	if acquired, err := store.acquire(t.Context(), "third"); err != nil || acquired {
		t.Errorf("after the release of the former owner: got %v, %v, want a lease that is still held", acquired, err)
	}
	unlock()
	if acquired, err := store.acquire(t.Context(), "third"); err != nil || !acquired {
		t.Errorf("got %v, %v, want the released lease", acquired, err)
	}
}

func TestTokenStore_LeaseIsRenewed(t *testing.T) {
	const lease = 500 * time.Millisecond
	store := &tokenStore{db: newTestDB(t), installation: "one", keys: newTestKeys("a"), lease: lease}
	unlock, err := store.LockRefresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	waiting, cancel := context.WithTimeout(t.Context(), 3*lease)
	defer cancel()
	if _, err := store.LockRefresh(waiting); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after 3 lease durations: got %v, want a lease that is still held", err)
	}
}

func TestTokenStore_DeletedRowStaysDeleted(t *testing.T) {
	db := newTestDB(t)
	store := NewTokenStore(db, "one", newTestKeys("a"))
	if _, err := store.CompareAndSwap(t.Context(), client.Secret{}, newTestCredential(1)); err != nil {
		t.Fatal(err)
	}
	execute(t, db, `DELETE FROM contacts_go_tokens`)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if swapped, err := swap(t.Context(), tx, "one", 1, []byte("sealed")); err != nil || swapped {
		t.Errorf("got %v, %v, want no swap", swapped, err)
	}
}
