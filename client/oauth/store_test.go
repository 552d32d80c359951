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

func newCredential(name string) oauth.Credential {
	return oauth.Credential{
		AccessToken: oauth.NewSecret("access of " + name), RefreshToken: oauth.NewSecret("refresh of " + name),
		IssuedAt: time.Now().Round(0), Expiry: time.Now().Add(time.Hour).Round(0), UserType: oauth.UserTypeCompany, CompanyID: companyID,
		LocationID: locationID, UserID: "u", PlanID: "p", Scopes: []string{"a", "b"}, ApprovedLocations: []string{"c"}, BulkInstallation: true,
	}
}

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
		{"Load of an empty store", func(t *testing.T, store oauth.TokenStore) {
			if _, err := store.Load(t.Context()); !errors.Is(err, oauth.ErrNoCredential) {
				t.Errorf("got %v, want ErrNoCredential", err)
			}
		}},
		{"swap in an empty store needs a zero token", func(t *testing.T, store oauth.TokenStore) {
			swap(t, store, oauth.NewSecret("something"), newCredential("a"), false)
			swap(t, store, oauth.Secret{}, newCredential("a"), true)
			swap(t, store, oauth.Secret{}, newCredential("b"), false)
		}},
		{"Load returns all fields", func(t *testing.T, store oauth.TokenStore) {
			want := newCredential("a")
			swap(t, store, oauth.Secret{}, want, true)
			got, err := store.Load(t.Context())
			if diff := cmp.Diff(want, got, cmp.Comparer(func(x, y oauth.Secret) bool { return x == y })); diff != "" || err != nil {
				t.Errorf("got error %v and difference (-want +got):\n%s", err, diff)
			}
		}},
		{"swap needs the stored refresh token", func(t *testing.T, store oauth.TokenStore) {
			swap(t, store, oauth.Secret{}, newCredential("a"), true)
			swap(t, store, newCredential("b").RefreshToken, newCredential("c"), false)
			swap(t, store, newCredential("a").RefreshToken, newCredential("b"), true)
			swap(t, store, newCredential("a").RefreshToken, newCredential("c"), false)
			got, err := store.Load(t.Context())
			if err != nil || got.RefreshToken != newCredential("b").RefreshToken {
				t.Errorf("got %s, %v, want %s", got.RefreshToken.Reveal(), err, newCredential("b").RefreshToken.Reveal())
			}
		}},
		{"one of many concurrent swaps succeeds", func(t *testing.T, store oauth.TokenStore) {
			swap(t, store, oauth.Secret{}, newCredential("a"), true)
			var swaps atomic.Int64
			var wait sync.WaitGroup
			for range 20 {
				wait.Go(func() {
					swapped, err := store.CompareAndSwap(t.Context(), newCredential("a").RefreshToken, newCredential("b"))
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
				t.Errorf("got %d swaps, want 1", swaps.Load())
			}
		}},
		{"Save replaces any credential", func(t *testing.T, store oauth.TokenStore) {
			for _, name := range []string{"a", "b"} {
				if err := oauth.Save(t.Context(), store, newCredential(name)); err != nil {
					t.Fatal(err)
				}
				if got, err := store.Load(t.Context()); err != nil || got.RefreshToken != newCredential(name).RefreshToken {
					t.Errorf("got %s, %v, want %s", got.RefreshToken.Reveal(), err, newCredential(name).RefreshToken.Reveal())
				}
			}
		}},
		{"one caller holds the lock", func(t *testing.T, store oauth.TokenStore) {
			locker, ok := store.(oauth.RefreshLocker)
			if !ok {
				t.Fatal("got a store without a lock")
			}
			unlock, err := locker.LockRefresh(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			if _, err := locker.LockRefresh(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("second caller: got %v, want DeadlineExceeded", err)
			}
			swap(t, store, oauth.Secret{}, newCredential("a"), true) // the holder can store
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
		t.Skip("Windows does not have these permissions")
	}
	path := filepath.Join(t.TempDir(), "credential.json")
	store := oauth.NewFileStore(path)
	swap(t, store, oauth.Secret{}, newCredential("a"), true)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	// Another user has created a symbolic link with the name of the temporary file.
	other := filepath.Join(t.TempDir(), "other")
	if err := errors.Join(os.WriteFile(other, nil, 0o644), os.Symlink(other, path+".new")); err != nil {
		t.Fatal(err)
	}
	swap(t, store, newCredential("a").RefreshToken, newCredential("b"), true)
	for _, name := range []string{path, path + ".lock"} {
		info, err := os.Lstat(name)
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: got mode %s, %v, want 0600", name, info.Mode(), err)
		}
	}
	if data, err := os.ReadFile(other); err != nil || len(data) != 0 {
		t.Errorf("target of the link: got %d bytes, %v, want 0", len(data), err)
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
		if !errors.Is(err, oauth.ErrInvalidCredential) || errors.Is(err, oauth.ErrNoCredential) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: got %v, want ErrInvalidCredential without the token", content, err)
		}
		if err := oauth.Save(t.Context(), store, newCredential("a")); err != nil {
			t.Errorf("%q: Save: %v", content, err)
		}
		if got, err := store.Load(t.Context()); err != nil || got.RefreshToken != newCredential("a").RefreshToken {
			t.Errorf("%q: after Save: %v", content, err)
		}
	}
}

func TestFileStore_MissingDirectory(t *testing.T) {
	t.Parallel()
	store := oauth.NewFileStore(filepath.Join(t.TempDir(), "missing", "credential.json"))
	if err := oauth.Save(t.Context(), store, newCredential("a")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want ErrNotExist", err)
	}
}

func FuzzDecodeCredential(f *testing.F) {
	encoded, err := newCredential("a").Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(encoded)
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
			t.Errorf("got %+v, %v, want %+v", back, err, credential)
		}
	})
}

func TestFileStore_SymbolicLink_IsNotReplaced(t *testing.T) {
	t.Parallel()
	target, link := filepath.Join(t.TempDir(), "target.json"), filepath.Join(t.TempDir(), "link.json")
	if err := os.Symlink(target, link); err != nil {
		t.Skip("symbolic links are not supported:", err)
	}
	if err := oauth.Save(t.Context(), oauth.NewFileStore(link), newCredential("a")); err != nil {
		t.Fatal(err)
	}
	if got, err := oauth.NewFileStore(target).Load(t.Context()); err != nil || got.RefreshToken != newCredential("a").RefreshToken {
		t.Errorf("target: got %s, %v, want the saved credential", got.RefreshToken.Reveal(), err)
	}
	unlock, err := oauth.NewFileStore(link).LockRefresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := oauth.NewFileStore(target).LockRefresh(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("second name: got %v, want DeadlineExceeded", err)
	}
}

func TestSource_StoreCannotBeWritten_RefreshTokenIsNotSent(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	path := filepath.Join(t.TempDir(), "credential.json")
	api.install(t, oauth.NewFileStore(path), -time.Hour)
	if err := os.MkdirAll(filepath.Join(path+".new", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	source := newApp(t, config(api)).Source(oauth.NewFileStore(path))
	if _, err := source.Token(t.Context()); err == nil {
		t.Error("got no error")
	}
	if requests, _, _ := api.counts(); requests != 0 {
		t.Errorf("got %d requests, want 0", requests)
	}
	if err := os.RemoveAll(path + ".new"); err != nil {
		t.Fatal(err)
	}
	mustToken(t.Context(), t, source)
}

// The file is overwritten during the refresh, and an hour later its content is restored. The new
// token pair must be stored then, because the API no longer accepts the restored refresh token.
func TestSource_StoreUnreadableDuringRefresh_NewPairIsStoredLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		path := filepath.Join(t.TempDir(), "credential.json")
		api.install(t, oauth.NewFileStore(path), -time.Hour)
		backup, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		api.after = func(*http.Request) http.HandlerFunc {
			if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
				t.Error(err)
			}
			return nil
		}
		source := newApp(t, config(api)).Source(oauth.NewFileStore(path))
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
		if requests, _, _ := api.counts(); requests != 1 {
			t.Errorf("got %d requests, want 1", requests)
		}
	})
}
