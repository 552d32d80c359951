package oauth_test

import (
	"errors"
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
	path, other := filepath.Join(t.TempDir(), "credential.json"), filepath.Join(t.TempDir(), "other")
	store := oauth.NewFileStore(path)
	swap(t, store, client.Secret{}, newCredential("a"))
	// Another user has created a symbolic link with the name of the temporary file.
	if err := errors.Join(os.Chmod(path, 0o644), os.WriteFile(other, nil, 0o644), os.Symlink(other, path+".new")); err != nil {
		t.Fatal(err)
	}
	swap(t, store, newCredential("a").RefreshToken, newCredential("b"))
	for _, name := range []string{path, path + ".lock"} {
		if info, err := os.Lstat(name); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: got mode %v, %v, want 0600", name, info, err)
		}
	}
	if data, err := os.ReadFile(other); err != nil || len(data) != 0 {
		t.Errorf("target of the link: got %d bytes, %v, want 0", len(data), err)
	}
}

func TestFileStore_InvalidFile(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "{}", "null", `{"format":1}`, `{"format":2,"access_token":"s3cr3t"}`, `{"format":1,"access_token":"s3cr3t`} {
		path := filepath.Join(t.TempDir(), "credential.json")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		store := oauth.NewFileStore(path)
		_, err := store.Load(t.Context())
		if !errors.Is(err, oauth.ErrInvalidCredential) || errors.Is(err, oauth.ErrNoCredential) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: got %v, want ErrInvalidCredential without the token", content, err)
		}
		save(t, store, newCredential("a"))
		if got, err := store.Load(t.Context()); err != nil || got.RefreshToken.Reveal() != "refresh of a" {
			t.Errorf("%q: after Save: %v", content, err)
		}
	}
}

func TestFileStore_SymbolicLink_IsNotReplaced(t *testing.T) {
	t.Parallel()
	target, link := filepath.Join(t.TempDir(), "target.json"), filepath.Join(t.TempDir(), "link.json")
	if err := os.Symlink(target, link); err != nil {
		t.Skip("symbolic links are not supported:", err)
	}
	save(t, oauth.NewFileStore(link), newCredential("a"))
	if got, err := oauth.NewFileStore(target).Load(t.Context()); err != nil || got.RefreshToken.Reveal() != "refresh of a" {
		t.Errorf("target: got %s, %v, want the saved credential", got.RefreshToken.Reveal(), err)
	}
}

// The check of the disk fails for another reason.
func TestSource_Token_StoreCannotBeWritten_RefreshTokenIsNotSent(t *testing.T) {
	t.Parallel()
	i, path := newInstallation(t, oauth.UserTypeLocation, -time.Hour), filepath.Join(t.TempDir(), "credential.json")
	file := oauth.NewFileStore(path)
	save(t, file, i.newCredential(t, i.userType, -time.Hour))
	if err := os.MkdirAll(filepath.Join(path+".new", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	i.source = i.app.Source(file)
	if _, err := i.source.Token(t.Context()); err == nil {
		t.Error("got no error")
	}
	i.wantRequests(t, 0)
	if err := os.RemoveAll(path + ".new"); err != nil {
		t.Fatal(err)
	}
	i.wantToken(t.Context(), t, 3)
}
