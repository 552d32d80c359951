package oauth_test

import (
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

func TestLocationSource_Token(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newVendor(oauth.UserTypeCompany)
		store := oauth.NewMemoryStore()
		v.install(t, store, -time.Hour)
		agency := newApp(t, config(v)).Source(store)
		a, again, b := agency.Location("a"), agency.Location("a"), agency.Location("b")
		if a != again || a == b {
			t.Error("one source for a location is wanted")
		}
		var wait sync.WaitGroup
		for range 100 {
			for _, id := range []string{"a", "b"} {
				wait.Go(func() { mustToken(t.Context(), t, agency.Location(id)) })
			}
		}
		wait.Wait()
		if requests, _, mints := v.counts(); requests != 1 || mints != 2 {
			t.Errorf("%d renewals of the agency and %d location tokens, want 1 and 2", requests, mints)
		}
		credential, err := agency.Location("a").Credential(t.Context())
		if err != nil || credential.LocationID != "a" || credential.CompanyID != companyID ||
			credential.UserType != oauth.UserTypeLocation || !credential.RefreshToken.IsZero() {
			t.Errorf("got %+v, %v", credential, err)
		}
	})
}

func TestLocationSource_Invalidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                 string
		happens              func(v *vendor, location, agency string, source *oauth.LocationSource)
		wantRenewals, wanted int
	}{
		{"never while it is fresh", func(*vendor, string, string, *oauth.LocationSource) {}, 0, 1},
		{"when the API refuses it", func(_ *vendor, location, _ string, source *oauth.LocationSource) { source.Invalidate(location) }, 0, 2},
		{"not when the API refuses another", func(_ *vendor, _, _ string, source *oauth.LocationSource) { source.Invalidate("other") }, 0, 1},
		{"ahead of its end, as is the agency's", func(v *vendor, _, _ string, _ *oauth.LocationSource) { time.Sleep(v.life - time.Minute) }, 1, 2},
		{"with a new token of the agency, if the old is bad", func(v *vendor, location, agency string, source *oauth.LocationSource) {
			v.kill(agency)
			source.Invalidate(location)
		}, 1, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v := newVendor(oauth.UserTypeCompany)
				store := oauth.NewMemoryStore()
				v.install(t, store, v.life)
				agency := newApp(t, config(v)).Source(store)
				source := agency.Location("a")
				test.happens(v, mustToken(t.Context(), t, source), mustToken(t.Context(), t, agency), source)
				mustToken(t.Context(), t, source)
				if renewals, _, mints := v.counts(); renewals != test.wantRenewals || mints != test.wanted {
					t.Errorf("%d renewals of the agency and %d requests for location tokens, want %d and %d", renewals, mints, test.wantRenewals, test.wanted)
				}
			})
		})
	}
}

func TestLocationSource_Rejected(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		status        int
		body          string
		wantRenewals  int
		wantRequests  int // for location tokens
		wantReinstall bool
	}{
		{"not installed there", 400, `{"statusCode":400,"message":"App is not installed in this location"}`, 0, 1, false},
		{"no scope", 401, `{"statusCode":401,"message":"The token is not authorized for this scope."}`, 0, 1, false},
		{"wrong class", 401, `{"statusCode":401,"message":"This authClass type is not allowed to access this scope."}`, 0, 1, false},
		{"a 401 that a new token of the agency does not mend", 401, `{"statusCode":401,"message":"Invalid JWT"}`, 1, 2, false},
		{"forbidden", 403, ``, 0, 1, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v := newVendor(oauth.UserTypeCompany)
				asked := 0
				v.before = func(r *http.Request) http.HandlerFunc {
					if !strings.HasSuffix(r.URL.Path, "locationToken") {
						return nil
					}
					asked++
					return respond(test.status, test.body)
				}
				store := oauth.NewMemoryStore()
				v.install(t, store, time.Hour)
				source := newApp(t, config(v)).Source(store).Location("a")
				for range 50 {
					_, err := source.Token(t.Context())
					var answer *oauth.Error
					if !errors.As(err, &answer) || answer.StatusCode != test.status || errors.Is(err, oauth.ErrReinstallRequired) ||
						errors.Is(err, client.ErrForbidden) != (test.status == 403) {
						t.Fatalf("got %v", err)
					}
					time.Sleep(time.Second)
				}
				if renewals, _, _ := v.counts(); renewals != test.wantRenewals || asked != test.wantRequests {
					t.Errorf("%d renewals of the agency and %d requests in 50 s, want %d and %d", renewals, asked, test.wantRenewals, test.wantRequests)
				}
				v.before = nil
				time.Sleep(time.Minute)
				mustToken(t.Context(), t, source)
			})
		})
	}
}

func TestLocationSource_NeedsAgency(t *testing.T) {
	t.Parallel()
	t.Run("of a location", func(t *testing.T) {
		t.Parallel()
		v, store := newVendor(oauth.UserTypeLocation), oauth.NewMemoryStore()
		v.install(t, store, time.Hour)
		if _, err := newApp(t, config(v)).Source(store).Location("a").Token(t.Context()); err == nil || !strings.Contains(err.Error(), "agency") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("of none", func(t *testing.T) {
		t.Parallel()
		v := newVendor(oauth.UserTypeCompany)
		_, err := newApp(t, config(v)).Source(oauth.NewMemoryStore()).Location("a").Token(t.Context())
		if !errors.Is(err, oauth.ErrReinstallRequired) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("that is dead", func(t *testing.T) {
		t.Parallel()
		v, store := newVendor(oauth.UserTypeCompany), oauth.NewMemoryStore()
		v.install(t, store, -time.Hour)
		v.revoke()
		source := newApp(t, config(v)).Source(store).Location("a")
		for range 10 {
			if _, err := source.Token(t.Context()); !errors.Is(err, oauth.ErrReinstallRequired) {
				t.Errorf("got %v", err)
			}
		}
		if requests, _, mints := v.counts(); requests != 1 || mints != 0 {
			t.Errorf("%d requests and %d location tokens", requests, mints)
		}
	})
	t.Run("and a location", func(t *testing.T) {
		t.Parallel()
		v, store := newVendor(oauth.UserTypeCompany), oauth.NewMemoryStore()
		v.install(t, store, time.Hour)
		if _, err := newApp(t, config(v)).Source(store).Location("").Token(t.Context()); err == nil {
			t.Error("an empty location was taken")
		}
	})
}

func TestSource_Location_KeepsOnlyKnownLocations(t *testing.T) {
	t.Parallel()
	v := newVendor(oauth.UserTypeCompany)
	store := oauth.NewMemoryStore()
	v.install(t, store, time.Hour)
	agency := newApp(t, config(v)).Source(store)
	ask := func(id string) weak.Pointer[oauth.LocationSource] {
		source := agency.Location(id)
		_, err := source.Token(t.Context())
		if (err != nil) != (id == "refused") {
			t.Errorf("%s: got %v", id, err)
		}
		return weak.Make(source)
	}
	issued := ask("issued")
	v.before = func(*http.Request) http.HandlerFunc { return respond(403, `{"message":"no"}`) }
	refused := ask("refused")
	runtime.GC()
	runtime.GC()
	if issued.Value() == nil {
		t.Error("the source of a location with a token was not kept")
	}
	if refused.Value() != nil {
		t.Error("the source of a refused location was kept")
	}
	runtime.KeepAlive(agency)
}

func TestSource_Location_DoesNotRetainSource(t *testing.T) {
	t.Parallel()
	v := newVendor(oauth.UserTypeCompany)
	store := oauth.NewMemoryStore()
	v.install(t, store, time.Hour)
	agency := newApp(t, config(v)).Source(store)
	mustToken(t.Context(), t, agency.Location("a"))
	unused := weak.Make(agency)
	for range 3 {
		runtime.GC()
	}
	if unused.Value() != nil {
		t.Error("the source of the agency is in memory, want it to be collected")
	}
}
