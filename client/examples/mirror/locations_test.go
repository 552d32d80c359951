//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// listing serves a fake, and in front of it the list of the locations in which the app is installed.
type listing struct {
	mu  sync.Mutex
	ids []string
}

func (l *listing) set(ids ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ids = ids
}

// serve returns a change of the configuration that makes a mirror call the list and the fake.
func (l *listing) serve(t *testing.T, fake *clienttest.Server) func(*config) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/", fake.Handler())
	mux.HandleFunc("GET /oauth/installedLocations", func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		defer l.mu.Unlock()
		type location struct {
			ID          string `json:"_id"`
			IsInstalled bool   `json:"isInstalled"`
		}
		page := []location{}
		if query := r.URL.Query(); query.Get("skip") == "0" && query.Get("companyId") == fake.CompanyID && query.Get("appId") == "app" {
			for _, id := range l.ids {
				page = append(page, location{id, true})
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"locations": page})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return func(c *config) {
		front := newTestConfig(t, server.URL, c.dsn)
		c.baseURL, c.app = front.baseURL, front.app
	}
}

var agency = clienttest.Grant{UserType: clienttest.UserTypeCompany} // whose token response lists no locations

const stateOf = `SELECT coalesce(max(state), '') FROM mirror_locations WHERE location_id = $1`

// All locations of an agency are mirrored, whether its token lists them or only the API does.
func TestLocations_Agency(t *testing.T) {
	t.Parallel()
	fake := newFake(t, 5, 20)
	ids := make([]string, 0, 5)
	for _, location := range fake.Locations() {
		ids = append(ids, location.ID)
	}
	t.Run("listed by the token", func(t *testing.T) {
		t.Parallel()
		m := newTestMirror(t, fake)
		m.start()
		m.installApp(clienttest.Grant{UserType: clienttest.UserTypeCompany, ApprovedLocations: ids})
		m.waitForRuns(100)
	})
	t.Run("listed by the API", func(t *testing.T) {
		t.Parallel()
		var l listing
		l.set(ids...)
		m := newTestMirror(t, fake, l.serve(t, fake))
		m.start()
		m.installApp(agency)
		m.waitForRuns(100)
	})
}

// A location that the agency approves later is mirrored, with the webhook or with the next run.
// A location that it removes is no longer read, although the webhook was lost, and keeps its contacts.
func TestLocations_ApprovedLater(t *testing.T) {
	t.Parallel()
	fake := newFake(t, 3, 20)
	one, two, three := fake.Locations()[0].ID, fake.Locations()[1].ID, fake.Locations()[2].ID
	var l listing
	l.set(one)
	m := newTestMirror(t, fake, l.serve(t, fake))
	m.start()
	m.installApp(agency)
	m.waitForRuns(20)
	m.send(map[string]any{"type": "INSTALL", "locationId": two, "companyId": fake.CompanyID})
	m.waitForRuns(40)
	m.send(map[string]any{"type": "INSTALL", "companyId": fake.CompanyID}) // of the agency
	m.send(map[string]any{"type": "INSTALL", "locationId": "of an unknown agency", "companyId": "unknown"})
	if got := query[int](m, `SELECT count(*) FROM mirror_locations`); got != 2 {
		t.Errorf("got %d locations, want 2", got)
	}

	l.set(one, two, three)
	m.startRuns()
	m.waitForRuns(60)
	l.set(one, three)
	m.startRuns()
	wait(m, "disconnected", stateOf, two)
	if got := query[int](m, countIn, two); got != 20 {
		t.Errorf("got %d contacts of the location that was removed, want 20", got)
	}
	l.set(one, two, three)
	m.startRuns()
	wait(m, "installed", stateOf, two)
}

// startRuns does what the periodic job does.
func (m *testMirror) startRuns() {
	m.t.Helper()
	if err := m.insert(m.t.Context(), startArgs{}); err != nil {
		m.t.Fatal(err)
	}
}

// The webhook UNINSTALL deletes the credential and the contacts, but not those of a newer
// installation.
func TestLocations_Uninstall(t *testing.T) {
	t.Parallel()
	fake := newFake(t, 2, 20)
	one, two := fake.Locations()[0].ID, fake.Locations()[1].ID
	for _, row := range []struct {
		name             string
		grants           []clienttest.Grant
		event            map[string]any
		contacts         int // after the event
		deletesAgency    bool
		deletesLocations bool
	}{
		{
			"a location",
			[]clienttest.Grant{{LocationID: one}, {LocationID: two}},
			map[string]any{"locationId": one},
			20, false, true,
		},
		{
			"a location of an agency",
			[]clienttest.Grant{{UserType: clienttest.UserTypeCompany, ApprovedLocations: []string{one, two}}},
			map[string]any{"locationId": one},
			20, false, true,
		},
		{
			"an agency",
			[]clienttest.Grant{{UserType: clienttest.UserTypeCompany, ApprovedLocations: []string{one, two}}},
			map[string]any{"companyId": fake.CompanyID},
			0, true, true,
		},
		{
			"late",
			[]clienttest.Grant{{LocationID: one}, {LocationID: two}},
			map[string]any{"locationId": one, "timestamp": time.Now().Add(-time.Hour)},
			40, false, false,
		},
		{
			"late, of an agency",
			[]clienttest.Grant{{UserType: clienttest.UserTypeCompany, ApprovedLocations: []string{one, two}}},
			map[string]any{"companyId": fake.CompanyID, "timestamp": time.Now().Add(-time.Hour)},
			40, false, false,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			m := newTestMirror(t, fake)
			m.start()
			for _, grant := range row.grants {
				m.installApp(grant)
			}
			m.waitForRuns(40)
			row.event["type"] = "UNINSTALL"
			if status := m.send(row.event); status != http.StatusOK {
				t.Fatalf("got status %d, want 200", status)
			}
			m.waitForRuns(row.contacts)
			hasCredential := func(installation string) bool {
				_, err := m.locations.store(installation).Load(t.Context())
				if err != nil && !errors.Is(err, oauth.ErrNoCredential) {
					t.Fatal(err)
				}
				return err == nil
			}
			if isAgency := row.grants[0].UserType == clienttest.UserTypeCompany; hasCredential(one) != (!isAgency && !row.deletesLocations) ||
				hasCredential(fake.CompanyID) != (isAgency && !row.deletesAgency) {
				t.Error("got a credential that was to be deleted, or none that was to remain")
			}
			// The next run does not restore the location.
			m.startRuns()
			m.waitForRuns(row.contacts)
		})
	}
}

// A location whose token is no longer accepted keeps its contacts, and continues when the app is
// installed again.
func TestLocations_InstallAgain(t *testing.T) {
	t.Parallel()
	fake := newFake(t, 1, 20)
	m := newTestMirror(t, fake)
	m.start()
	m.installApp(clienttest.Grant{})
	m.waitForRuns(20)
	credential, err := m.locations.store(fake.LocationID).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fake.RevokeToken(credential.AccessToken.Reveal())
	fake.RevokeToken(credential.RefreshToken.Reveal())
	m.startRuns()
	wait(m, "disconnected", stateOf, fake.LocationID)
	s, err := loadStatus(t.Context(), m.pool)
	if err != nil || s.Failed != 1 || s.Contacts != 20 || s.Rows[0].State != "install again" {
		t.Errorf("got %+v, error %v, want a location that failed with 20 contacts", s, err)
	}
	fake.Seed(client.Contact{FirstName: "Later"})
	m.installApp(clienttest.Grant{})
	m.waitForRuns(21)
	wait(m, "installed", stateOf, fake.LocationID)
	if _, err := m.locations.client(context.Background(), "unknown"); !errors.Is(err, oauth.ErrReinstallRequired) {
		t.Errorf("unknown location: got %v, want ErrReinstallRequired", err)
	}
}
