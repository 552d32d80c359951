package storetest_test

import (
	"path/filepath"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/oauth/storetest"
)

// Call Run from a test of the package that implements the store.
func ExampleRun() {
	_ = func(t *testing.T) { // func TestStore(t *testing.T)
		storetest.Run(t, func(t *testing.T) func() oauth.TokenStore {
			path := filepath.Join(t.TempDir(), "credential.json")
			return func() oauth.TokenStore { return oauth.NewFileStore(path) }
		})
	}
	// Output:
}
