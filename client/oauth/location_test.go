package oauth_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

func TestSource_Location_Token(t *testing.T) {
	inBubble(t, oauth.UserTypeCompany, -time.Hour, func(t *testing.T, i *installation) {
		a, again, b := i.source.Location("a"), i.source.Location("a"), i.source.Location("b")
		if a != again || a == b {
			t.Errorf("got sources %p, %p and %p, want one source for each location", a, again, b)
		}
		concurrently(100, func() { mustToken(t.Context(), t, a); mustToken(t.Context(), t, b) })
		i.wantRequests(t, 1, 2)
	})
}

func TestSource_Location_Invalidate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change       func(i *installation, location, agency string)
		wantAgency   int // refreshes of the agency
		wantRequests int // for location tokens
	}{
		"not requested while it is fresh":                  {func(*installation, string, string) {}, 0, 1},
		"requested when the API rejects it":                {func(i *installation, location, _ string) { i.source.Location("a").Invalidate(location) }, 0, 2},
		"not requested when the API rejects another token": {func(i *installation, _, _ string) { i.source.Location("a").Invalidate("other") }, 0, 1},
		"requested before it expires, like the agency's":   {func(*installation, string, string) { time.Sleep(lifetime - time.Minute) }, 1, 2},
		"requested with a new token if the old is rejected": {func(i *installation, location, agency string) {
			i.RevokeToken(agency)
			i.source.Location("a").Invalidate(location)
		}, 1, 3},
	} {
		runInBubble(t, name, oauth.UserTypeCompany, lifetime, func(t *testing.T, i *installation) {
			location := i.source.Location("a")
			test.change(i, mustToken(t.Context(), t, location), mustToken(t.Context(), t, i.source))
			mustToken(t.Context(), t, location)
			i.wantRequests(t, test.wantAgency, test.wantRequests)
		})
	}
}

// A location whose request the API rejects is requested again after a minute.
func TestSource_Location_RequestIsRejected(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status        int
		body          string
		wantAgency    int // refreshes of the agency
		wantRequests  int // for location tokens
		wantForbidden bool
	}{
		"not installed in the location": {400, `{"statusCode":400,"message":"App is not installed in this location"}`, 0, 1, false},
		"message about a token":         {400, `{"statusCode":400,"message":"The token is invalid"}`, 0, 1, false},
		"no scope":                      {401, `{"statusCode":401,"message":"The token is not authorized for this scope."}`, 0, 1, true},
		"wrong class":                   {401, `{"statusCode":401,"message":"This authClass type is not allowed to access this scope."}`, 0, 1, true},
		"401 with each agency token":    {401, `{"statusCode":401,"message":"Invalid token: access token is invalid"}`, 1, 2, false},
		"forbidden":                     {403, ``, 0, 1, true},
	} {
		runInBubble(t, name, oauth.UserTypeCompany, time.Hour, func(t *testing.T, i *installation) {
			i.before = func(r *http.Request) http.HandlerFunc {
				if isForLocation(r) {
					return respond(test.status, test.body)
				}
				return nil
			}
			location := i.source.Location("a")
			for range 50 {
				_, err := location.Token(t.Context())
				if apiErr, ok := errors.AsType[*client.Error](err); !ok || apiErr.StatusCode != test.status || errors.Is(err, oauth.ErrReinstallRequired) ||
					errors.Is(err, client.ErrForbidden) != test.wantForbidden {
					t.Fatalf("got %v, want status %d", err, test.status)
				}
				time.Sleep(time.Second)
			}
			i.wantRequests(t, test.wantAgency, test.wantRequests)
			i.before = nil
			time.Sleep(10 * time.Second)
			mustToken(t.Context(), t, location)
		})
	}
}

func TestSource_Location_UnusableAgencyCredential(t *testing.T) {
	t.Parallel()
	location, agency := newInstallation(t, oauth.UserTypeLocation, time.Hour), newInstallation(t, oauth.UserTypeCompany, -time.Hour)
	_, err := location.source.Location("a").Token(t.Context())
	wantError(t, err, client.ErrInvalid, "agency")
	_, err = agency.source.Location("").Token(t.Context())
	wantError(t, err, client.ErrInvalid, "empty")
	_, err = agency.app.Source(oauth.NewMemoryStore()).Location("a").Token(t.Context())
	wantError(t, err, oauth.ErrNoCredential, "")
	stored, _ := agency.store.Load(t.Context())
	agency.RevokeToken(stored.RefreshToken.Reveal())
	for range 10 {
		_, err = agency.source.Location("a").Token(t.Context())
		wantError(t, err, oauth.ErrReinstallRequired, "")
	}
	agency.wantRequests(t, 1, 0)
}

// The API refuses a location, and then this process saves a new installation of the agency that
// contains it.
func TestSource_Location_LocationIsApprovedLater(t *testing.T) {
	inBubble(t, oauth.UserTypeCompany, time.Hour, func(t *testing.T, i *installation) {
		location := i.source.Location("a")
		i.before = always(respond(403, `{"statusCode":403,"message":"The token does not have access to this location."}`))
		for range 5 {
			_, err := location.Token(t.Context())
			wantError(t, err, client.ErrForbidden, "")
		}
		i.wantRequests(t, 0, 1)
		i.before = nil
		i.reinstall(t, time.Hour)
		mustToken(t.Context(), t, location)
	})
}

// Another process has stored the credential of a new installation. The source loads it before it
// reports that the API refuses the old one.
func TestSource_Location_Refused_StoredCredentialIsLoaded(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403} {
		i := newInstallation(t, oauth.UserTypeCompany, time.Hour)
		old := mustToken(t.Context(), t, i.source)
		i.reinstallElsewhere(t, time.Hour)
		i.before = func(r *http.Request) http.HandlerFunc {
			if r.Header.Get("Authorization") == "Bearer "+old {
				return respond(status, `{"message":"no"}`)
			}
			return nil
		}
		mustToken(t.Context(), t, i.source.Location("a"))
		i.wantRequests(t, 0)
	}
}
