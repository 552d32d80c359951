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

func TestRun_MemoryStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) oauth.TokenStore { return oauth.NewMemoryStore() })
}

func TestRunReopen_FileStore(t *testing.T) {
	t.Parallel()
	storetest.RunReopen(t, func(t *testing.T) func() oauth.TokenStore {
		path := filepath.Join(t.TempDir(), "credential.json")
		return func() oauth.TokenStore { return oauth.NewFileStore(path) }
	})
}

// brokenStore stores credentials without a comparison, and has a lock that excludes nobody.
type brokenStore struct{ *oauth.MemoryStore }

func (s brokenStore) CompareAndSwap(ctx context.Context, _ client.Secret, next oauth.Credential) (bool, error) {
	return true, oauth.Save(ctx, s.MemoryStore, next)
}

func (brokenStore) LockRefresh(context.Context) (func(), error) { return func() {}, nil }

// A broken store fails the tests that check what is broken, in a child process.
func TestRun_BrokenStore(t *testing.T) {
	t.Parallel()
	const environment = "STORETEST_BROKEN_STORE"
	if os.Getenv(environment) != "" { // in the child process
		storetest.Run(t, func(*testing.T) oauth.TokenStore { return brokenStore{oauth.NewMemoryStore()} })
		return
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRun_BrokenStore$")
	command.Env = append(os.Environ(), environment+"=1")
	output, err := command.CombinedOutput()
	for _, want := range []string{"CompareAndSwapComparesRefreshToken", "OneOfConcurrentSwapsSucceeds", "SaveDuringRefresh", "LockExcludesOthers"} {
		if err == nil || !strings.Contains(string(output), "--- FAIL: TestRun_BrokenStore/"+want) {
			t.Errorf("got %v and no failure of %s:\n%s", err, want, output)
		}
	}
}
