package storetest_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/oauth/storetest"
)

// inMemory returns a place for one store.
func inMemory(store oauth.TokenStore) func() oauth.TokenStore {
	return func() oauth.TokenStore { return store }
}

func TestRun_MemoryStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) func() oauth.TokenStore { return inMemory(oauth.NewMemoryStore()) })
}

func TestRun_FileStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) func() oauth.TokenStore {
		path := filepath.Join(t.TempDir(), "credential.json")
		return func() oauth.TokenStore { return oauth.NewFileStore(path) }
	})
}

// brokenStore stores credentials without a comparison, and has a lock that excludes nobody.
type brokenStore struct{ *oauth.MemoryStore }

func (s brokenStore) CompareAndSwap(ctx context.Context, _ client.Secret, next oauth.Credential) (bool, error) {
	stored, _ := s.Load(ctx)
	return s.MemoryStore.CompareAndSwap(ctx, stored.RefreshToken, next)
}

func (brokenStore) LockRefresh(context.Context) (func(), error) { return func() {}, nil }

// A broken store fails the tests that check what is broken, in a child process.
func TestRun_BrokenStore(t *testing.T) {
	t.Parallel()
	const environment = "STORETEST_BROKEN_STORE"
	if os.Getenv(environment) != "" { // in the child process
		storetest.Run(t, func(*testing.T) func() oauth.TokenStore { return inMemory(brokenStore{oauth.NewMemoryStore()}) })
		return
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRun_BrokenStore$")
	command.Env = append(os.Environ(), environment+"=1")
	output, err := command.CombinedOutput()
	for _, want := range []string{
		"CompareAndSwapComparesRefreshToken", "OneOfConcurrentSwapsSucceeds", "SaveDuringRefresh", "DeleteEmptiesStore", "DeleteDuringRefresh", "LockExcludesOthers",
	} {
		if err == nil || !strings.Contains(string(output), "--- FAIL: TestRun_BrokenStore/"+want) {
			t.Errorf("got %v and no failure of %s:\n%s", err, want, output)
		}
	}
}
