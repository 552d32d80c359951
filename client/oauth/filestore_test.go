package oauth_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

func TestFileStore_Permissions(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not have these permissions")
	}
	path := filepath.Join(t.TempDir(), "credential.json")
	store := oauth.NewFileStore(path)
	swap(t, store, client.Secret{}, newCredential("a"))
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	// Another user has created a symbolic link with the name of the temporary file.
	other := filepath.Join(t.TempDir(), "other")
	if err := errors.Join(os.WriteFile(other, nil, 0o644), os.Symlink(other, path+".new")); err != nil {
		t.Fatal(err)
	}
	swap(t, store, newCredential("a").RefreshToken, newCredential("b"))
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

// The check of the disk fails for another reason.
func TestSource_Token_StoreCannotBeWritten_RefreshTokenIsNotSent(t *testing.T) {
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
	wantRequests(t, api, 0)
	if err := os.RemoveAll(path + ".new"); err != nil {
		t.Fatal(err)
	}
	mustToken(t.Context(), t, source)
}
