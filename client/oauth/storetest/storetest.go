// Package storetest tests implementations of [oauth.TokenStore]. A store that passes does not lose
// a refresh token while the process runs. The tests do not check that stored data survives a crash,
// or what a store does with data that is not a credential.
package storetest

import (
	"context"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// lockTimeout is how long a caller waits for a lock that another caller holds. The tests wait in
// real time, because a store that does I/O cannot run in a synctest bubble.
const lockTimeout = 50 * time.Millisecond

// Run tests the stores that open returns, each in a subtest. Each call of open must return an empty
// store that is independent of the others. If the stores implement [oauth.RefreshLocker], Run tests
// that method too.
func Run(t *testing.T, open func(t *testing.T) oauth.TokenStore) {
	t.Helper()
	RunReopen(t, func(t *testing.T) func() oauth.TokenStore {
		t.Helper()
		store := open(t)
		return func() oauth.TokenStore { return store }
	})
}

// RunReopen is like [Run], for persistent stores. Each call of create must prepare an empty place
// for a credential, such as a file or a row. It must return a function that opens the place as
// another process would: each call returns a new store.
func RunReopen(t *testing.T, create func(t *testing.T) (reopen func() oauth.TokenStore)) {
	t.Helper()
	tests := []struct {
		name string
		test func(t *testing.T, reopen func() oauth.TokenStore)
	}{
		{"LoadOfEmptyStore", testEmpty},
		{"LoadReturnsStoredCredential", testRoundTrip},
		{"CompareAndSwapComparesRefreshToken", testCompare},
		{"OneOfConcurrentSwapsSucceeds", testConcurrentSwaps},
		{"ConcurrentLoadsAreConsistent", testConcurrentLoads},
		{"SaveReplaces", testSave},
		{"SaveDuringRefresh", testSaveDuringRefresh},
		{"DeleteEmptiesStore", testDelete},
		{"DeleteDuringRefresh", testDeleteDuringRefresh},
		{"CanceledContext", testCanceled},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.test(t, create(t)) })
	}
	sample := create(t)()
	if _, ok := sample.(oauth.RefreshLocker); ok {
		t.Run("LockExcludesOthers", func(t *testing.T) { testLock(t, create(t)) })
		t.Run("LockIsHeldByOneOfMany", func(t *testing.T) { testLockConcurrent(t, create(t)) })
	}
}

// lock acquires the lock of store. RunReopen calls it only if the first store is a RefreshLocker.
func lock(ctx context.Context, store oauth.TokenStore) (unlock func(), err error) {
	locker, ok := store.(oauth.RefreshLocker)
	if !ok {
		return nil, errors.New("got a reopened store that is not an oauth.RefreshLocker")
	}
	return locker.LockRefresh(ctx)
}

// credential returns a credential with all fields set. Its tokens contain name.
func credential(name string) oauth.Credential {
	now := time.Now().UTC().Truncate(time.Microsecond) // some databases have this precision
	return oauth.Credential{
		AccessToken: client.NewSecret("access-" + name), RefreshToken: client.NewSecret("refresh-" + name),
		IssuedAt: now, Expiry: now.Add(24 * time.Hour), UserType: oauth.UserTypeCompany, CompanyID: "company",
		LocationID: "location", UserID: "user", PlanID: "plan", Scopes: []string{"contacts.readonly", "oauth.write"},
		ApprovedLocations: []string{"location", "location2"}, BulkInstallation: true,
		ApproveAllLocations: true, InstallToFutureLocations: true,
	}
}

// swap calls CompareAndSwap and checks that it reports want.
func swap(t *testing.T, store oauth.TokenStore, used client.Secret, next oauth.Credential, want bool) {
	t.Helper()
	got, err := store.CompareAndSwap(t.Context(), used, next)
	if err != nil || got != want {
		t.Errorf("CompareAndSwap: got %t, %v, want %t and no error", got, err, want)
	}
}

// wantStored checks that store holds the tokens of credential(name).
func wantStored(t *testing.T, store oauth.TokenStore, name string) {
	t.Helper()
	got, err := store.Load(t.Context())
	if err != nil || got.RefreshToken.Reveal() != "refresh-"+name || got.AccessToken.Reveal() != "access-"+name {
		t.Errorf("Load: got %q, %v, want %q", got.RefreshToken.Reveal(), err, "refresh-"+name)
	}
}

// wantEmpty checks that store is empty.
func wantEmpty(t *testing.T, store oauth.TokenStore) {
	t.Helper()
	if _, err := store.Load(t.Context()); !errors.Is(err, oauth.ErrNoCredential) {
		t.Errorf("Load: got error %v, want ErrNoCredential", err)
	}
}

func testEmpty(t *testing.T, reopen func() oauth.TokenStore) {
	wantEmpty(t, reopen())
}

func testRoundTrip(t *testing.T, reopen func() oauth.TokenStore) {
	want := credential("a")
	swap(t, reopen(), client.Secret{}, want, true)
	got, err := reopen().Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !got.IssuedAt.Equal(want.IssuedAt) || !got.Expiry.Equal(want.Expiry) {
		t.Errorf("got times %s and %s, want %s and %s", got.IssuedAt, got.Expiry, want.IssuedAt, want.Expiry)
	}
	wantStored(t, reopen(), "a")
	for _, c := range []*oauth.Credential{&got, &want} { // reflect cannot compare the other fields
		c.IssuedAt, c.Expiry, c.AccessToken, c.RefreshToken = time.Time{}, time.Time{}, client.Secret{}, client.Secret{}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func testCompare(t *testing.T, reopen func() oauth.TokenStore) {
	a, b, c := credential("a"), credential("b"), credential("c")
	swap(t, reopen(), b.RefreshToken, a, false) // the store is empty
	swap(t, reopen(), client.Secret{}, a, true)
	swap(t, reopen(), client.Secret{}, b, false)
	swap(t, reopen(), b.RefreshToken, c, false)
	wantStored(t, reopen(), "a")
	swap(t, reopen(), a.RefreshToken, b, true)
	swap(t, reopen(), a.RefreshToken, c, false)
	wantStored(t, reopen(), "b")
}

func testConcurrentSwaps(t *testing.T, reopen func() oauth.TokenStore) {
	swap(t, reopen(), client.Secret{}, credential("0"), true)
	const rounds, callers = 5, 10
	for round := range rounds {
		var swaps atomic.Int64
		var wait sync.WaitGroup
		for caller := range callers {
			wait.Go(func() {
				next := credential(strconv.Itoa(round + 1))
				next.UserID = strconv.Itoa(caller)
				swapped, err := reopen().CompareAndSwap(t.Context(), credential(strconv.Itoa(round)).RefreshToken, next)
				if err != nil {
					t.Error(err)
				}
				if swapped {
					swaps.Add(1)
				}
			})
		}
		wait.Wait()
		if swaps.Load() != 1 {
			t.Errorf("round %d: got %d swaps, want 1", round, swaps.Load())
		}
	}
	wantStored(t, reopen(), strconv.Itoa(rounds))
}

// testConcurrentLoads loads while another caller swaps. Each Load must return two tokens of one
// pair.
func testConcurrentLoads(t *testing.T, reopen func() oauth.TokenStore) {
	swap(t, reopen(), client.Secret{}, credential("0"), true)
	const swaps = 20
	var wait sync.WaitGroup
	var done atomic.Bool
	wait.Go(func() {
		defer done.Store(true)
		for n := range swaps {
			swap(t, reopen(), credential(strconv.Itoa(n)).RefreshToken, credential(strconv.Itoa(n+1)), true)
		}
	})
	for range 3 {
		wait.Go(func() {
			for last := false; !last; {
				last = done.Load()
				got, err := reopen().Load(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				access, refresh := got.AccessToken.Reveal(), got.RefreshToken.Reveal()
				if access != "access-"+strings.TrimPrefix(refresh, "refresh-") {
					t.Errorf("got %s with %s, want tokens of one pair", access, refresh)
					return
				}
			}
		})
	}
	wait.Wait()
}

func testSave(t *testing.T, reopen func() oauth.TokenStore) {
	for _, name := range []string{"a", "b", "b"} {
		if err := oauth.Save(t.Context(), reopen(), credential(name)); err != nil {
			t.Fatal(err)
		}
		wantStored(t, reopen(), name)
	}
}

// testSaveDuringRefresh saves a new installation while a refresh of the old one holds the lock. The
// refresh must not overwrite the new installation.
func testSaveDuringRefresh(t *testing.T, reopen func() oauth.TokenStore) {
	swap(t, reopen(), client.Secret{}, credential("old"), true)
	refreshing := reopen()
	if locker, ok := refreshing.(oauth.RefreshLocker); ok {
		unlock, err := locker.LockRefresh(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
	}
	if err := oauth.Save(t.Context(), reopen(), credential("new")); err != nil {
		t.Fatal("Save while the lock is held:", err)
	}
	swap(t, refreshing, credential("old").RefreshToken, credential("refreshed"), false)
	wantStored(t, reopen(), "new")
}

func testDelete(t *testing.T, reopen func() oauth.TokenStore) {
	remove := func(uninstalled time.Time) {
		if err := oauth.Delete(t.Context(), reopen(), uninstalled); err != nil {
			t.Fatal(err)
		}
	}
	remove(time.Now()) // the store is empty
	a, b := credential("a"), credential("b")
	swap(t, reopen(), client.Secret{}, a, true)
	swap(t, reopen(), b.RefreshToken, oauth.Credential{}, false)
	remove(a.IssuedAt.Add(-time.Hour)) // the app was installed again afterwards
	wantStored(t, reopen(), "a")
	remove(a.IssuedAt.Add(time.Hour))
	wantEmpty(t, reopen())
	swap(t, reopen(), a.RefreshToken, oauth.Credential{}, false)
	swap(t, reopen(), client.Secret{}, b, true)
	wantStored(t, reopen(), "b")
}

// testDeleteDuringRefresh deletes the credential while a refresh holds the lock. The refresh must
// not store the credential again, and unlock must not create anything.
func testDeleteDuringRefresh(t *testing.T, reopen func() oauth.TokenStore) {
	swap(t, reopen(), client.Secret{}, credential("old"), true)
	refreshing, unlock := reopen(), func() {}
	if locker, ok := refreshing.(oauth.RefreshLocker); ok {
		var err error
		if unlock, err = locker.LockRefresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := oauth.Delete(t.Context(), reopen(), time.Now()); err != nil {
		t.Error("Delete while the lock is held:", err)
	}
	swap(t, refreshing, credential("old").RefreshToken, credential("refreshed"), false)
	unlock()
	wantEmpty(t, reopen())
}

// testCanceled swaps with a canceled context. The store may ignore the context, but must report
// correctly whether it swapped.
func testCanceled(t *testing.T, reopen func() oauth.TokenStore) {
	swap(t, reopen(), client.Secret{}, credential("a"), true)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	swapped, err := reopen().CompareAndSwap(ctx, credential("a").RefreshToken, credential("b"))
	want := "a"
	if swapped {
		want = "b"
	}
	if swapped == (err != nil) {
		t.Errorf("got %t, %v, want a swap or an error", swapped, err)
	}
	wantStored(t, reopen(), want)
}

func testLock(t *testing.T, reopen func() oauth.TokenStore) {
	unlock, err := lock(t.Context(), reopen())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), lockTimeout)
	defer cancel()
	if second, err := lock(ctx, reopen()); err == nil {
		second()
		t.Error("got two holders of the lock, want 1")
	}
	swap(t, reopen(), client.Secret{}, credential("a"), true) // must not wait for the lock
	unlock()
	unlock, err = lock(t.Context(), reopen())
	if err != nil {
		t.Fatal("LockRefresh after unlock:", err)
	}
	unlock()
}

func testLockConcurrent(t *testing.T, reopen func() oauth.TokenStore) {
	var holders atomic.Int64
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			unlock, err := lock(t.Context(), reopen())
			if err != nil {
				t.Error(err)
				return
			}
			if holders.Add(1) != 1 {
				t.Error("got two holders of the lock, want 1")
			}
			if _, err := reopen().Load(t.Context()); err != nil && !errors.Is(err, oauth.ErrNoCredential) {
				t.Error(err)
			}
			holders.Add(-1)
			unlock()
		})
	}
	wait.Wait()
}
