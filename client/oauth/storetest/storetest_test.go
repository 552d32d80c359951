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

// forgetfulStore does not store credentials.
type forgetfulStore struct{ oauth.TokenStore }

func (forgetfulStore) Load(context.Context) (oauth.Credential, error) { return oauth.Credential{}, nil }

func (forgetfulStore) CompareAndSwap(context.Context, client.Secret, oauth.Credential) (bool, error) {
	return true, nil
}

// carelessStore stores credentials without a comparison.
type carelessStore struct{ *oauth.MemoryStore }

func (s carelessStore) CompareAndSwap(ctx context.Context, _ client.Secret, next oauth.Credential) (bool, error) {
	return true, oauth.Save(ctx, s.MemoryStore, next)
}

// unlockedStore has a lock that excludes nobody.
type unlockedStore struct{ *oauth.MemoryStore }

func (unlockedStore) LockRefresh(context.Context) (func(), error) { return func() {}, nil }

// A broken store fails the tests that check what is broken, and does not crash the test program.
func TestRun_BrokenStore(t *testing.T) {
	t.Parallel()
	const environment = "STORETEST_BROKEN_STORE"
	tests := map[string]struct {
		open func(t *testing.T) oauth.TokenStore
		want []string // tests that fail
	}{
		"forgetful": {
			func(*testing.T) oauth.TokenStore { return forgetfulStore{} },
			[]string{"LoadOfEmptyStore", "LoadReturnsStoredCredential", "ConcurrentLoadsAreConsistent", "SaveReplaces"},
		},
		"careless": {
			func(*testing.T) oauth.TokenStore { return carelessStore{oauth.NewMemoryStore()} },
			[]string{"CompareAndSwapComparesRefreshToken", "OneOfConcurrentSwapsSucceeds", "SaveDuringRefresh"},
		},
		"unlocked": {
			func(*testing.T) oauth.TokenStore { return unlockedStore{oauth.NewMemoryStore()} },
			[]string{"LockExcludesOthers"},
		},
	}
	if name := os.Getenv(environment); name != "" { // in the child process
		storetest.Run(t, tests[name].open)
		return
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRun_BrokenStore$")
			command.Env = append(os.Environ(), environment+"="+name)
			output, err := command.CombinedOutput()
			if err == nil || strings.Contains(string(output), "panic:") {
				t.Errorf("got %v, want failed tests without a panic:\n%s", err, output)
			}
			for _, want := range test.want {
				if !strings.Contains(string(output), "--- FAIL: TestRun_BrokenStore/"+want) {
					t.Errorf("got no failure of %s:\n%s", want, output)
				}
			}
		})
	}
}
