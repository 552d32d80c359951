// Package storetest tests implementations of [oauth.TokenStore]. A store that passes does not lose
// a refresh token while the process runs. The tests do not check that stored data survives a crash,
// or what a store does with data that is not a credential.
package storetest

import (
	"context"
	"errors"
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

// Run tests a store, each property in a subtest. Each call of create must prepare an empty place for
// a credential, such as a file or a row, and return a function that opens a store of that place, as
// another process would. For a store in memory, the function returns the same store each time. If
// the stores implement [oauth.RefreshLocker], Run tests that method too.
func Run(t *testing.T, create func(t *testing.T) (open func() oauth.TokenStore)) {
	t.Helper()
	for _, test := range []struct {
		name string
		run  func(s *place)
	}{
		{"LoadReturnsStoredCredential", (*place).testRoundTrip},
		{"CompareAndSwapComparesRefreshToken", func(s *place) {
			s.want("")
			s.swap("b", "a", false)
			s.swap("", "a", true)
			s.swap("", "b", false)
			s.swap("b", "c", false)
			s.want("a")
			s.swap("a", "b", true)
			s.swap("a", "c", false)
			s.want("b")
		}},
		{"OneOfConcurrentSwapsSucceeds", (*place).testConcurrentSwaps},
		{"SaveReplaces", func(s *place) {
			for _, name := range []string{"a", "b", "b"} {
				s.save(name)
				s.want(name)
			}
		}},
		{"SaveDuringRefresh", func(s *place) {
			s.swap("", "old", true)
			unlock := s.lock()
			s.save("new")
			s.swap("old", "refreshed", false)
			unlock()
			s.want("new")
		}},
		{"DeleteEmptiesStore", func(s *place) {
			s.delete(0) // the store is empty
			s.swap("", "a", true)
			s.swap("b", "", false)
			s.delete(-time.Hour) // the app was installed again afterwards
			s.want("a")
			s.delete(time.Hour)
			s.want("")
			s.swap("a", "", false)
			s.swap("", "b", true)
			s.want("b")
		}},
		{"DeleteDuringRefresh", func(s *place) {
			s.swap("", "old", true)
			unlock := s.lock()
			s.delete(time.Hour)
			s.swap("old", "refreshed", false)
			unlock()
			s.want("")
		}},
		{"CanceledContext", (*place).testCanceled},
		{"LockExcludesOthers", (*place).testLock},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(&place{t: t, open: create(t)}) })
	}
}

// place is a place for a credential. Each of its methods opens another store.
type place struct {
	t    *testing.T
	open func() oauth.TokenStore
}

// credential returns a credential with all fields set. Its tokens contain name. It is zero for "".
func credential(name string) oauth.Credential {
	if name == "" {
		return oauth.Credential{}
	}
	now := time.Now().UTC().Truncate(time.Microsecond) // some databases have this precision
	return oauth.Credential{
		AccessToken: client.NewSecret("access-" + name), RefreshToken: client.NewSecret("refresh-" + name),
		IssuedAt: now, Expiry: now.Add(24 * time.Hour), UserType: oauth.UserTypeCompany, CompanyID: "company",
		LocationID: "location", UserID: "user", PlanID: "plan", Scopes: []string{"contacts.readonly", "oauth.write"},
		ApprovedLocations: []string{"location", "location2"}, BulkInstallation: true,
		ApproveAllLocations: true, InstallToFutureLocations: true,
	}
}

// swap replaces the credential named used with the one named next, and checks whether that succeeds.
func (s *place) swap(used, next string, want bool) {
	s.t.Helper()
	got, err := s.open().CompareAndSwap(s.t.Context(), credential(used).RefreshToken, credential(next))
	if err != nil || got != want {
		s.t.Errorf("CompareAndSwap of %q and %q: got %t, %v, want %t", used, next, got, err, want)
	}
}

func (s *place) save(name string) {
	s.t.Helper()
	if err := oauth.Save(s.t.Context(), s.open(), credential(name)); err != nil {
		s.t.Error("Save:", err)
	}
}

// delete deletes the credential of an installation that ended at the given time from now.
func (s *place) delete(after time.Duration) {
	s.t.Helper()
	if err := oauth.Delete(s.t.Context(), s.open(), time.Now().Add(after)); err != nil {
		s.t.Error("Delete:", err)
	}
}

// want checks that the credential has the given name, or that there is none if name is empty.
func (s *place) want(name string) {
	s.t.Helper()
	got, err := s.open().Load(s.t.Context())
	if name == "" && errors.Is(err, oauth.ErrNoCredential) {
		return
	}
	if refresh := got.RefreshToken.Reveal(); err != nil || name == "" || refresh != "refresh-"+name {
		s.t.Errorf("Load: got %q, %v, want the refresh token of %q, or ErrNoCredential if that is empty", refresh, err, name)
	}
}

// lock acquires the lock, if the store has one.
func (s *place) lock() (unlock func()) {
	s.t.Helper()
	unlock, err := tryLock(s.t.Context(), s.open())
	if err != nil {
		s.t.Fatal("LockRefresh:", err)
	}
	return unlock
}

func tryLock(ctx context.Context, store oauth.TokenStore) (unlock func(), err error) {
	if locker, ok := store.(oauth.RefreshLocker); ok {
		return locker.LockRefresh(ctx)
	}
	return func() {}, nil
}

func (s *place) testRoundTrip() {
	want := credential("a")
	if _, err := s.open().CompareAndSwap(s.t.Context(), client.Secret{}, want); err != nil {
		s.t.Fatal(err)
	}
	s.lock()() // the lock does not change the credential
	got, err := s.open().Load(s.t.Context())
	got.IssuedAt, got.Expiry = got.IssuedAt.UTC(), got.Expiry.UTC() // a store may change the location of a time
	text, encodeErr := got.Encode()
	wantText, wantErr := want.Encode()
	if err := errors.Join(err, encodeErr, wantErr); err != nil || string(text) != string(wantText) {
		s.t.Errorf("Load: got %s, %v, want %s", text, err, wantText)
	}
}

// testConcurrentSwaps swaps and loads in several goroutines. One swap of each round must succeed,
// and each Load must return two tokens of one pair.
func (s *place) testConcurrentSwaps() {
	s.swap("", "0", true)
	const rounds, callers = 10, 10
	for round := range rounds {
		var swaps atomic.Int64
		var wait sync.WaitGroup
		for range callers {
			wait.Go(func() {
				swapped, err := s.open().CompareAndSwap(s.t.Context(), credential(strconv.Itoa(round)).RefreshToken, credential(strconv.Itoa(round+1)))
				if swapped {
					swaps.Add(1)
				}
				got, loadErr := s.open().Load(s.t.Context())
				access, refresh := got.AccessToken.Reveal(), got.RefreshToken.Reveal()
				if err != nil || loadErr != nil || strings.TrimPrefix(access, "access") != strings.TrimPrefix(refresh, "refresh") {
					s.t.Errorf("got %q with %q, %v, %v, want tokens of one pair", access, refresh, err, loadErr)
				}
			})
		}
		wait.Wait()
		if swaps.Load() != 1 {
			s.t.Errorf("round %d: got %d swaps, want 1", round, swaps.Load())
		}
	}
	s.want(strconv.Itoa(rounds))
}

// testCanceled swaps with a canceled context. The store may ignore the context, but must report
// correctly whether it swapped.
func (s *place) testCanceled() {
	s.swap("", "a", true)
	ctx, cancel := context.WithCancel(s.t.Context())
	cancel()
	swapped, err := s.open().CompareAndSwap(ctx, credential("a").RefreshToken, credential("b"))
	if swapped == (err != nil) {
		s.t.Errorf("got %t, %v, want a swap or an error", swapped, err)
	}
	s.want(map[bool]string{true: "b", false: "a"}[swapped])
}

func (s *place) testLock() {
	if _, ok := s.open().(oauth.RefreshLocker); !ok {
		s.t.Skip("the store is not a RefreshLocker")
	}
	unlock := s.lock()
	ctx, cancel := context.WithTimeout(s.t.Context(), lockTimeout)
	defer cancel()
	if second, err := tryLock(ctx, s.open()); err == nil {
		second()
		s.t.Error("got two holders of the lock, want 1")
	}
	s.swap("", "a", true) // must not wait for the lock
	unlock()
	var holders atomic.Int64
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			unlock, err := tryLock(s.t.Context(), s.open())
			if err != nil {
				s.t.Error(err)
				return
			}
			if holders.Add(1) != 1 {
				s.t.Error("got two holders of the lock, want 1")
			}
			s.want("a")
			holders.Add(-1)
			unlock()
		})
	}
	wait.Wait()
}
