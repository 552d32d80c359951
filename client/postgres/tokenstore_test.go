//go:build unix

package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/oauth/storetest"
)

func newTestKey(id string) Key { return Key{ID: id, Secret: bytes.Repeat([]byte(id[:1]), 32)} }

func newTestKeys(newest string, old ...string) Keys {
	others := make([]Key, 0, len(old))
	for _, id := range old {
		others = append(others, newTestKey(id))
	}
	keys, err := NewKeys(newTestKey(newest), others...)
	if err != nil {
		panic(err)
	}
	return keys
}

func newTestCredential(n int) oauth.Credential {
	return oauth.Credential{
		AccessToken:  oauth.NewSecret("access-" + strconv.Itoa(n)),
		RefreshToken: oauth.NewSecret("refresh-" + strconv.Itoa(n)),
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

func TestMigrate_Concurrent(t *testing.T) {
	db := newTestDB(t)
	execute(t, db, `DROP SCHEMA public CASCADE; CREATE SCHEMA public`)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := Migrate(t.Context(), db); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if names, err := Installations(t.Context(), db); err != nil || len(names) != 0 {
		t.Errorf("got %v, %v, want no installations", names, err)
	}
}

func TestReadMigration_NumericOrder(t *testing.T) {
	files := fstest.MapFS{}
	for version := 1; version <= 11; version++ {
		files[fmt.Sprintf("migrations/%d_name.sql", version)] = &fstest.MapFile{Data: []byte(strconv.Itoa(version))}
	}
	for version := 1; version <= 11; version++ {
		if got, err := readMigration(files, version); err != nil || got != strconv.Itoa(version) {
			t.Errorf("version %d: got %q, %v", version, got, err)
		}
	}
	if _, err := readMigration(files, 12); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want ErrNotExist", err)
	}
}

func TestTokenStore_Keys(t *testing.T) {
	db := newTestDB(t)
	store := func(installation string, keys Keys) oauth.TokenStore { return NewTokenStore(db, installation, keys) }
	swap := func(keys Keys, used oauth.Secret, next int) {
		t.Helper()
		if swapped, err := store("one", keys).CompareAndSwap(t.Context(), used, newTestCredential(next)); err != nil || !swapped {
			t.Fatalf("got %v, %v, want a swap", swapped, err)
		}
	}
	swap(newTestKeys("a"), oauth.Secret{}, 1)

	_, err := store("one", newTestKeys("b")).Load(t.Context())
	if !errors.Is(err, ErrUnknownKey) || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("without the key: got %v, want ErrUnknownKey with the ID", err)
	}
	if errors.Is(err, oauth.ErrReinstallRequired) || errors.Is(err, oauth.ErrInvalidCredential) {
		t.Errorf("without the key: got %v, want no request to install the app again", err)
	}
	if _, err := store("one", newTestKeys("b")).CompareAndSwap(t.Context(), oauth.Secret{}, newTestCredential(9)); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("swap without the key: got %v, want ErrUnknownKey", err)
	}
	if _, err := store("one", Keys{}).Load(t.Context()); !errors.Is(err, errNoKeys) {
		t.Errorf("zero Keys: got %v, want %v", err, errNoKeys)
	}

	swap(newTestKeys("b", "a"), newTestCredential(1).RefreshToken, 2)
	got, err := store("one", newTestKeys("b")).Load(t.Context())
	if err != nil || got.RefreshToken != newTestCredential(2).RefreshToken {
		t.Errorf("with the newest key: got %v, want the second credential", err)
	}

	execute(t, db, `INSERT INTO contacts_go_tokens (installation, version, sealed)
		SELECT 'copy', version, sealed FROM contacts_go_tokens WHERE installation = 'one'`)
	if _, err := store("copy", newTestKeys("b")).Load(t.Context()); !errors.Is(err, oauth.ErrInvalidCredential) {
		t.Errorf("copied to another installation: got %v, want ErrInvalidCredential", err)
	}
	execute(t, db, `UPDATE contacts_go_tokens SET version = version + 1 WHERE installation = 'one'`)
	if _, err := store("one", newTestKeys("b")).Load(t.Context()); !errors.Is(err, oauth.ErrInvalidCredential) {
		t.Errorf("under another version: got %v, want ErrInvalidCredential", err)
	}
	var sealed []byte
	if err := db.QueryRowContext(t.Context(), `SELECT sealed FROM contacts_go_tokens WHERE installation = 'one'`).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("refresh-")) || bytes.Contains(sealed, []byte("access-")) {
		t.Error("the row holds a token in the clear")
	}
}

func TestNewKeys_Invalid(t *testing.T) {
	a := newTestKey("a")
	for name, keys := range map[string][]Key{
		"no ID":         {{Secret: a.Secret}},
		"short secret":  {{ID: "a", Secret: a.Secret[:16]}},
		"duplicate IDs": {a, a},
	} {
		if _, err := NewKeys(keys[0], keys[1:]...); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		for _, value := range []any{a, newTestKeys("a")} {
			if got := fmt.Sprintf(verb, value); got != "[redacted]" {
				t.Errorf("%s: got %q, want [redacted]", verb, got)
			}
		}
	}
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
	if _, err := store.CompareAndSwap(t.Context(), oauth.Secret{}, newTestCredential(1)); err != nil {
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
