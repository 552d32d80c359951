package oauth_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

func pair(name string) oauth.Credential {
	return oauth.Credential{
		AccessToken: oauth.NewSecret("access of " + name), RefreshToken: oauth.NewSecret("refresh of " + name),
		IssuedAt: time.Now().Round(0), Expiry: time.Now().Add(time.Hour).Round(0), UserType: oauth.UserTypeCompany, CompanyID: companyID,
		LocationID: locationID, UserID: "u", PlanID: "p", Scopes: []string{"a", "b"}, ApprovedLocations: []string{"c"}, BulkInstallation: true,
	}
}

// Both stores keep the same promises.
func TestStore_CompareAndSwap(t *testing.T) {
	t.Parallel()
	stores := map[string]func(t *testing.T) oauth.TokenStore{
		"memory": func(*testing.T) oauth.TokenStore { return oauth.NewMemoryStore() },
		"file": func(t *testing.T) oauth.TokenStore {
			return oauth.NewFileStore(filepath.Join(t.TempDir(), "credential.json"))
		},
	}
	tests := []struct {
		name string
		test func(t *testing.T, store oauth.TokenStore)
	}{
		{"an empty one says so", func(t *testing.T, store oauth.TokenStore) {
			if _, err := store.Load(t.Context()); !errors.Is(err, oauth.ErrNoCredential) {
				t.Errorf("got %v", err)
			}
		}},
		{"an empty one takes the first credential as that", func(t *testing.T, store oauth.TokenStore) {
			swap(t, store, oauth.NewSecret("something"), pair("a"), false)
			swap(t, store, oauth.Secret{}, pair("a"), true)
			swap(t, store, oauth.Secret{}, pair("b"), false)
		}},
		{"what was stored is loaded whole", func(t *testing.T, store oauth.TokenStore) {
			want := pair("a")
			swap(t, store, oauth.Secret{}, want, true)
			got, err := store.Load(t.Context())
			if diff := cmp.Diff(want, got, cmp.Comparer(func(x, y oauth.Secret) bool { return x == y })); diff != "" || err != nil {
				t.Errorf("%v\n%s", err, diff)
			}
		}},
		{"only the token that was used swaps", func(t *testing.T, store oauth.TokenStore) {
			swap(t, store, oauth.Secret{}, pair("a"), true)
			swap(t, store, pair("b").RefreshToken, pair("c"), false)
			swap(t, store, pair("a").RefreshToken, pair("b"), true)
			swap(t, store, pair("a").RefreshToken, pair("c"), false)
			got, err := store.Load(t.Context())
			if err != nil || got.RefreshToken != pair("b").RefreshToken {
				t.Errorf("got %s, %v", got.RefreshToken.Reveal(), err)
			}
		}},
		{"of many that swap at once one wins", func(t *testing.T, store oauth.TokenStore) {
			swap(t, store, oauth.Secret{}, pair("a"), true)
			var won atomic.Int64
			var wait sync.WaitGroup
			for range 20 {
				wait.Go(func() {
					swapped, err := store.CompareAndSwap(t.Context(), pair("a").RefreshToken, pair("b"))
					if err != nil {
						t.Error(err)
					}
					if swapped {
						won.Add(1)
					}
				})
			}
			wait.Wait()
			if won.Load() != 1 {
				t.Errorf("%d won", won.Load())
			}
		}},
		{"Save replaces whatever is there", func(t *testing.T, store oauth.TokenStore) {
			for _, name := range []string{"a", "b"} {
				if err := oauth.Save(t.Context(), store, pair(name)); err != nil {
					t.Fatal(err)
				}
				if got, err := store.Load(t.Context()); err != nil || got.RefreshToken != pair(name).RefreshToken {
					t.Errorf("got %s, %v", got.RefreshToken.Reveal(), err)
				}
			}
		}},
		{"one at a time has the lock", func(t *testing.T, store oauth.TokenStore) {
			locker, ok := store.(oauth.RefreshLocker)
			if !ok {
				t.Fatal("it has none")
			}
			unlock, err := locker.LockRefresh(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			if _, err := locker.LockRefresh(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the second: %v", err)
			}
			swap(t, store, oauth.Secret{}, pair("a"), true) // who has it can store
			unlock()
			unlock, err = locker.LockRefresh(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			unlock()
		}},
	}
	for kind, open := range stores {
		for _, test := range tests {
			t.Run(kind+": "+test.name, func(t *testing.T) {
				t.Parallel()
				test.test(t, open(t))
			})
		}
	}
}

func swap(t *testing.T, store oauth.TokenStore, used oauth.Secret, next oauth.Credential, want bool) {
	t.Helper()
	if got, err := store.CompareAndSwap(t.Context(), used, next); err != nil || got != want {
		t.Errorf("got %t, %v, want %t", got, err, want)
	}
}

func TestFileStore_Permissions(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such permissions")
	}
	path := filepath.Join(t.TempDir(), "credential.json")
	store := oauth.NewFileStore(path)
	swap(t, store, oauth.Secret{}, pair("a"), true)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	// What another user put in the way of the new file is not written into.
	bystander := filepath.Join(t.TempDir(), "bystander")
	if err := errors.Join(os.WriteFile(bystander, nil, 0o644), os.Symlink(bystander, path+".new")); err != nil {
		t.Fatal(err)
	}
	swap(t, store, pair("a").RefreshToken, pair("b"), true)
	for _, name := range []string{path, path + ".lock"} {
		info, err := os.Lstat(name)
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: mode %s, %v", name, info.Mode(), err)
		}
	}
	if data, err := os.ReadFile(bystander); err != nil || len(data) != 0 {
		t.Errorf("the bystander has %d bytes, %v", len(data), err)
	}
}

func TestFileStore_InvalidFile(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "{}", "null", `{"format":2,"access_token":"s3cr3t"}`, `{"format":1,"access_token":"s3cr3t`} {
		path := filepath.Join(t.TempDir(), "credential.json")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		store := oauth.NewFileStore(path)
		_, err := store.Load(t.Context())
		if err == nil || errors.Is(err, oauth.ErrNoCredential) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: got %v", content, err)
		}
		if err := oauth.Save(t.Context(), store, pair("a")); err != nil {
			t.Errorf("%q: Save: %v", content, err)
		}
		if got, err := store.Load(t.Context()); err != nil || got.RefreshToken != pair("a").RefreshToken {
			t.Errorf("%q: after Save: %v", content, err)
		}
	}
}

func TestFileStore_MissingDirectory(t *testing.T) {
	t.Parallel()
	store := oauth.NewFileStore(filepath.Join(t.TempDir(), "nowhere", "credential.json"))
	if err := oauth.Save(t.Context(), store, pair("a")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func FuzzDecodeCredential(f *testing.F) {
	whole, err := pair("a").Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"format":1,"access_token":"a"}`))
	f.Add([]byte(`{"format":1,"access_token":"a","expiry":"soon"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		credential, err := oauth.DecodeCredential(data)
		if err != nil {
			return
		}
		again, err := credential.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := oauth.DecodeCredential(again)
		if err != nil || back.AccessToken != credential.AccessToken || back.RefreshToken != credential.RefreshToken ||
			!back.Expiry.Equal(credential.Expiry) || !slices.Equal(back.Scopes, credential.Scopes) {
			t.Errorf("%v: %+v became %+v", err, credential, back)
		}
	})
}

func TestFileStore_SymbolicLink_IsNotReplaced(t *testing.T) {
	t.Parallel()
	target, link := filepath.Join(t.TempDir(), "target.json"), filepath.Join(t.TempDir(), "link.json")
	if err := os.Symlink(target, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if err := oauth.Save(t.Context(), oauth.NewFileStore(link), pair("a")); err != nil {
		t.Fatal(err)
	}
	if got, err := oauth.NewFileStore(target).Load(t.Context()); err != nil || got.RefreshToken != pair("a").RefreshToken {
		t.Errorf("target: got %v", err)
	}
	unlock, err := oauth.NewFileStore(link).LockRefresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := oauth.NewFileStore(target).LockRefresh(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("second name: got %v, want it to wait for the same lock", err)
	}
}

func TestSource_StoreCannotBeWritten_RefreshTokenIsNotSent(t *testing.T) {
	t.Parallel()
	v := newVendor(oauth.UserTypeLocation)
	path := filepath.Join(t.TempDir(), "credential.json")
	v.install(t, oauth.NewFileStore(path), -time.Hour)
	if err := os.MkdirAll(filepath.Join(path+".new", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	source := newApp(t, config(v)).Source(oauth.NewFileStore(path))
	if _, err := source.Token(t.Context()); err == nil {
		t.Error("got no error")
	}
	if requests, _, _ := v.counts(); requests != 0 {
		t.Errorf("got %d requests, want 0", requests)
	}
	if err := os.RemoveAll(path + ".new"); err != nil {
		t.Fatal(err)
	}
	mustToken(t.Context(), t, source)
}

// The file is overwritten while the refresh token is in use, and its content is restored an hour
// later: the new token pair must be stored then, because the API no longer accepts the old one.
func TestSource_StoreUnreadableDuringRefresh_NewPairIsStoredLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newVendor(oauth.UserTypeLocation)
		path := filepath.Join(t.TempDir(), "credential.json")
		v.install(t, oauth.NewFileStore(path), -time.Hour)
		backup, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		v.after = func(*http.Request) http.HandlerFunc {
			if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
				t.Error(err)
			}
			return nil
		}
		source := newApp(t, config(v)).Source(oauth.NewFileStore(path))
		if token, err := source.Token(t.Context()); !errors.Is(err, oauth.ErrInvalidCredential) {
			t.Errorf("got %q, %v, want ErrInvalidCredential", token, err)
		}
		time.Sleep(time.Hour) // the API no longer returns the pair for the used refresh token
		if err := os.WriteFile(path, backup, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := mustToken(t.Context(), t, source); got != "access-2" {
			t.Errorf("got %s, want access-2", got)
		}
		if requests, _, _ := v.counts(); requests != 1 {
			t.Errorf("got %d requests, want 1", requests)
		}
	})
}
