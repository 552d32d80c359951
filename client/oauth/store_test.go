package oauth_test

import (
	"errors"
	"net/http"
	"path/filepath"
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
		IssuedAt: time.Now().Round(0), Expiry: time.Now().Add(time.Hour).Round(0), UserType: oauth.UserTypeCompany, CompanyID: "tDtDnQdgm2LXpyiqYvZ6",
		LocationID: locationID, UserID: "u", PlanID: "p", Scopes: []string{"a", "b"}, ApprovedLocations: []string{"c"}, BulkInstallation: true,
		ApproveAllLocations: true, InstallToFutureLocations: true,
	}
}

// swap calls CompareAndSwap and checks that it swapped.
func swap(t testing.TB, store oauth.TokenStore, used client.Secret, next oauth.Credential) {
	t.Helper()
	if got, err := store.CompareAndSwap(t.Context(), used, next); err != nil || !got {
		t.Errorf("got %t, %v, want true", got, err)
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
