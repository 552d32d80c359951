package oauth_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

func TestLocationSource_Token(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeCompany)
		store := oauth.NewMemoryStore()
		api.install(t, store, -time.Hour)
		agency := newApp(t, config(api)).Source(store)
		a, again, b := agency.Location("a"), agency.Location("a"), agency.Location("b")
		if a != again || a == b {
			t.Errorf("got sources %p, %p and %p, want one source for each location", a, again, b)
		}
		var wait sync.WaitGroup
		for range 100 {
			for _, id := range []string{"a", "b"} {
				wait.Go(func() { mustToken(t.Context(), t, agency.Location(id)) })
			}
		}
		wait.Wait()
		if requests, _, locationTokens := api.counts(); requests != 1 || locationTokens != 2 {
			t.Errorf("got %d refreshes of the agency and %d location tokens, want 1 and 2", requests, locationTokens)
		}
		credential, err := agency.Location("a").Credential(t.Context())
		if err != nil || credential.LocationID != "a" || credential.CompanyID != api.companyID ||
			credential.UserType != oauth.UserTypeLocation || credential.RefreshToken.Reveal() != "" {
			t.Errorf("got %+v, %v, want a credential of location a", credential, err)
		}
	})
}

func TestLocationSource_Invalidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		change        func(api *fakeAPI, location, agency string, source *oauth.LocationSource)
		wantRefreshes int // of the agency
		wantRequests  int // for location tokens
	}{
		{"not requested while it is fresh", func(*fakeAPI, string, string, *oauth.LocationSource) {}, 0, 1},
		{"requested when the API rejects it", func(_ *fakeAPI, location, _ string, source *oauth.LocationSource) { source.Invalidate(location) }, 0, 2},
		{"not requested when the API rejects another token", func(_ *fakeAPI, _, _ string, source *oauth.LocationSource) { source.Invalidate("other") }, 0, 1},
		{"requested before it expires, like the agency's token", func(api *fakeAPI, _, _ string, _ *oauth.LocationSource) { time.Sleep(api.lifetime - time.Minute) }, 1, 2},
		{"requested with a new token of the agency if the old one is rejected", func(api *fakeAPI, location, agency string, source *oauth.LocationSource) {
			api.reject(agency)
			source.Invalidate(location)
		}, 1, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := newFakeAPI(oauth.UserTypeCompany)
				store := oauth.NewMemoryStore()
				api.install(t, store, api.lifetime)
				agency := newApp(t, config(api)).Source(store)
				source := agency.Location("a")
				test.change(api, mustToken(t.Context(), t, source), mustToken(t.Context(), t, agency), source)
				mustToken(t.Context(), t, source)
				if refreshes, _, locationTokens := api.counts(); refreshes != test.wantRefreshes || locationTokens != test.wantRequests {
					t.Errorf("got %d refreshes of the agency and %d requests for location tokens, want %d and %d", refreshes, locationTokens, test.wantRefreshes, test.wantRequests)
				}
			})
		})
	}
}

func TestLocationSource_Token_RequestIsRejected(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		status        int
		body          string
		wantRefreshes int // of the agency
		wantRequests  int // for location tokens
		wantForbidden bool
	}{
		{"not installed in the location", 400, `{"statusCode":400,"message":"App is not installed in this location"}`, 0, 1, false},
		{"no scope", 401, `{"statusCode":401,"message":"The token is not authorized for this scope."}`, 0, 1, true},
		{"wrong class", 401, `{"statusCode":401,"message":"This authClass type is not allowed to access this scope."}`, 0, 1, true},
		{"401 also with a new token of the agency", 401, `{"statusCode":401,"message":"Invalid token: access token is invalid"}`, 1, 2, false},
		{"forbidden", 403, ``, 0, 1, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := newFakeAPI(oauth.UserTypeCompany)
				requests := 0
				api.before = func(r *http.Request) http.HandlerFunc {
					if !strings.HasSuffix(r.URL.Path, "locationToken") {
						return nil
					}
					requests++
					return respond(test.status, test.body)
				}
				store := oauth.NewMemoryStore()
				api.install(t, store, time.Hour)
				source := newApp(t, config(api)).Source(store).Location("a")
				for range 50 {
					_, err := source.Token(t.Context())
					var apiErr *client.Error
					if !errors.As(err, &apiErr) || apiErr.StatusCode != test.status || errors.Is(err, oauth.ErrReinstallRequired) ||
						errors.Is(err, client.ErrForbidden) != test.wantForbidden {
						t.Fatalf("got %v, want status %d", err, test.status)
					}
					time.Sleep(time.Second)
				}
				if refreshes, _, _ := api.counts(); refreshes != test.wantRefreshes || requests != test.wantRequests {
					t.Errorf("got %d refreshes of the agency and %d requests in 50 s, want %d and %d", refreshes, requests, test.wantRefreshes, test.wantRequests)
				}
				api.before = nil
				time.Sleep(time.Minute)
				mustToken(t.Context(), t, source)
			})
		})
	}
}

func TestLocationSource_Token_EarlyRefreshFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeCompany)
		agency, _ := newInstalledSource(t, api, time.Hour)
		location := agency.Location("a")
		token := mustToken(t.Context(), t, location)
		time.Sleep(api.lifetime - time.Minute)
		api.before = func(*http.Request) http.HandlerFunc { return respond(503, "") }
		wantToken(t.Context(), t, location, token)
		time.Sleep(time.Minute)
		if token, err := location.Token(t.Context()); err == nil {
			t.Errorf("after the expiry: got %q, want an error", token)
		}
	})
}

func TestLocationSource_Token_UnusableAgencyCredential(t *testing.T) {
	t.Parallel()
	t.Run("credential of a location", func(t *testing.T) {
		t.Parallel()
		api, store := newFakeAPI(oauth.UserTypeLocation), oauth.NewMemoryStore()
		api.install(t, store, time.Hour)
		if _, err := newApp(t, config(api)).Source(store).Location("a").Token(t.Context()); err == nil || !strings.Contains(err.Error(), "agency") {
			t.Errorf("got %v, want an error about the agency", err)
		}
	})
	t.Run("no credential", func(t *testing.T) {
		t.Parallel()
		api := newFakeAPI(oauth.UserTypeCompany)
		_, err := newApp(t, config(api)).Source(oauth.NewMemoryStore()).Location("a").Token(t.Context())
		if !errors.Is(err, oauth.ErrReinstallRequired) {
			t.Errorf("got %v, want ErrReinstallRequired", err)
		}
	})
	t.Run("invalid refresh token", func(t *testing.T) {
		t.Parallel()
		api, store := newFakeAPI(oauth.UserTypeCompany), oauth.NewMemoryStore()
		api.install(t, store, -time.Hour)
		api.revoke()
		source := newApp(t, config(api)).Source(store).Location("a")
		for range 10 {
			if _, err := source.Token(t.Context()); !errors.Is(err, oauth.ErrReinstallRequired) {
				t.Errorf("got %v, want ErrReinstallRequired", err)
			}
		}
		if requests, _, locationTokens := api.counts(); requests != 1 || locationTokens != 0 {
			t.Errorf("got %d requests and %d for location tokens, want 1 and 0", requests, locationTokens)
		}
	})
	t.Run("empty location ID", func(t *testing.T) {
		t.Parallel()
		api, store := newFakeAPI(oauth.UserTypeCompany), oauth.NewMemoryStore()
		api.install(t, store, time.Hour)
		if _, err := newApp(t, config(api)).Source(store).Location("").Token(t.Context()); err == nil {
			t.Error("got no error for an empty location ID")
		}
	})
}

// A source without an issued token is forgotten after a minute.
func TestSource_Location_WithoutToken_IsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(oauth.UserTypeCompany)
		agency, _ := newInstalledSource(t, api, time.Hour)
		issued, unknown := agency.Location("issued"), agency.Location("unknown")
		mustToken(t.Context(), t, issued)
		time.Sleep(59 * time.Second)
		agency.Location("another")
		if agency.Location("issued") != issued || agency.Location("unknown") != unknown {
			t.Error("got another source within a minute, want the same")
		}
		time.Sleep(time.Second)
		agency.Location("yet another")
		if agency.Location("issued") != issued {
			t.Error("got another source for a location with a token, want the same")
		}
		if agency.Location("unknown") == unknown {
			t.Error("got the same source for a location without a token after a minute, want another")
		}
	})
}

// The API refuses a location that the agency approves later, or that a new installation of the
// agency contains.
func TestLocationSource_Token_LocationIsApprovedLater(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		approve func(t *testing.T, api *fakeAPI, store oauth.TokenStore)
		wait    time.Duration // until the source asks again
	}{
		{"on the server", func(*testing.T, *fakeAPI, oauth.TokenStore) {}, time.Minute},
		{
			"in a new installation that this process saves",
			func(t *testing.T, api *fakeAPI, store oauth.TokenStore) { t.Helper(); api.install(t, store, time.Hour) }, 0,
		},
		{
			"in a new installation that another process saves",
			func(t *testing.T, api *fakeAPI, store oauth.TokenStore) {
				t.Helper()
				api.installElsewhere(t, store, time.Hour)
			}, time.Minute,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := newFakeAPI(oauth.UserTypeCompany)
				agency, store := newInstalledSource(t, api, time.Hour)
				location := agency.Location("a")
				requests := 0
				api.before = func(*http.Request) http.HandlerFunc {
					requests++
					return respond(403, `{"statusCode":403,"message":"The token does not have access to this location."}`)
				}
				for range 5 {
					if _, err := location.Token(t.Context()); !errors.Is(err, client.ErrForbidden) {
						t.Errorf("before the approval: got %v, want ErrForbidden", err)
					}
				}
				if requests != 1 {
					t.Errorf("got %d requests, want 1", requests)
				}
				api.before = nil
				test.approve(t, api, store)
				time.Sleep(test.wait)
				mustToken(t.Context(), t, location)
			})
		})
	}
}

// Another process has stored the credential of a new installation. The source loads it before it
// reports that the API refuses the old one.
func TestLocationSource_Token_Refused_StoredCredentialIsLoaded(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403} {
		synctest.Test(t, func(t *testing.T) {
			api := newFakeAPI(oauth.UserTypeCompany)
			agency, store := newInstalledSource(t, api, time.Hour)
			old := mustToken(t.Context(), t, agency)
			api.installElsewhere(t, store, time.Hour)
			api.before = func(r *http.Request) http.HandlerFunc {
				if r.Header.Get("Authorization") == "Bearer "+old {
					return respond(status, `{"message":"no"}`)
				}
				return nil
			}
			mustToken(t.Context(), t, agency.Location("a"))
			wantRequests(t, api, 0)
		})
	}
}
