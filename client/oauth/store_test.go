package oauth_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

func newCredential(name string) oauth.Credential {
	return oauth.Credential{
		AccessToken: client.NewSecret("access of " + name), RefreshToken: client.NewSecret("refresh of " + name),
		IssuedAt: time.Now().Round(0), Expiry: time.Now().Add(time.Hour).Round(0), UserType: oauth.UserTypeCompany, CompanyID: companyID,
		LocationID: locationID, UserID: "u", PlanID: "p", Scopes: []string{"a", "b"}, ApprovedLocations: []string{"c"}, BulkInstallation: true,
	}
}

// swap calls CompareAndSwap and checks that it reports want.
func swap(t testing.TB, store oauth.TokenStore, used client.Secret, next oauth.Credential, want bool) {
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
	swap(t, store, client.Secret{}, newCredential("a"), true)
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
		if got, err := store.Load(t.Context()); err != nil || got.RefreshToken.Reveal() != "refresh of a" {
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

func TestFileStore_SymbolicLink_IsNotReplaced(t *testing.T) {
	t.Parallel()
	target, link := filepath.Join(t.TempDir(), "target.json"), filepath.Join(t.TempDir(), "link.json")
	if err := os.Symlink(target, link); err != nil {
		t.Skip("symbolic links are not supported:", err)
	}
	if err := oauth.Save(t.Context(), oauth.NewFileStore(link), newCredential("a")); err != nil {
		t.Fatal(err)
	}
	if got, err := oauth.NewFileStore(target).Load(t.Context()); err != nil || got.RefreshToken.Reveal() != "refresh of a" {
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

func TestSave_DuringRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeLocation)
		api.before = func(*http.Request) http.HandlerFunc { time.Sleep(time.Second); return nil }
		source, store := newInstalledSource(t, api, -time.Hour)
		var wait sync.WaitGroup
		wait.Go(func() {
			if got := mustToken(t.Context(), t, source); got != "access-2" { // the token of the new installation
				t.Errorf("got %s, want access-2", got)
			}
		})
		synctest.Wait()
		api.install(t, store, time.Hour)
		wait.Wait()
	})
}

func TestSave_NoAccessToken(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "credential.json")
	for name, store := range map[string]oauth.TokenStore{"memory": oauth.NewMemoryStore(), "file": oauth.NewFileStore(path)} {
		credential := oauth.Credential{RefreshToken: client.NewSecret("refresh")}
		if err := oauth.Save(t.Context(), store, credential); err == nil || !strings.Contains(err.Error(), "AccessToken") {
			t.Errorf("%s: got %v, want an error about AccessToken", name, err)
		}
		if _, err := store.Load(t.Context()); !errors.Is(err, oauth.ErrNoCredential) {
			t.Errorf("%s: Load: got %v, want ErrNoCredential", name, err)
		}
	}
}
