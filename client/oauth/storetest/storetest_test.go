package storetest_test

import (
	"path/filepath"
	"testing"

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
