//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/webhook"
)

// serveList serves a fake, and in front of it the locations in which the app is installed.
func serveList(t *testing.T, fake *clienttest.Server, installed *atomic.Pointer[[]string]) (url string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/", fake.Handler())
	mux.HandleFunc("GET /oauth/installedLocations", func(w http.ResponseWriter, r *http.Request) {
		page := []map[string]any{}
		if query := r.URL.Query(); query.Get("skip") == "0" && query.Get("companyId") == fake.CompanyID && query.Get("appId") == "app" {
			for _, id := range *installed.Load() {
				page = append(page, map[string]any{"_id": id, "isInstalled": true})
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"locations": page})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// locationIDs returns the IDs of all locations of a fake.
func locationIDs(fake *clienttest.Server) (ids []string) {
	for _, location := range fake.Locations() {
		ids = append(ids, location.ID)
	}
	return ids
}

// All locations of an agency are mirrored that its token lists.
func TestLocations_Agency(t *testing.T) {
	t.Parallel()
	m := startMirror(t, newFake(t, 5, 20))
	m.installApp(clienttest.Grant{UserType: clienttest.UserTypeCompany, ApprovedLocations: locationIDs(m.fake)})
	m.waitForRuns(100)
}

// The locations of an agency that only the API lists are mirrored, and those that it approves later
// with the next run. A location that it removes is no longer read, although the webhook was lost, and
// keeps its contacts.
func TestLocations_ApprovedLater(t *testing.T) {
	t.Parallel()
	fake := newFake(t, 3, 20)
	ids := locationIDs(fake)
	var installed atomic.Pointer[[]string]
	c := newConfig(t, fake)
	c.oauthConfig.BaseURL = serveList(t, fake, &installed)
	m := newTestMirror(t, fake, c)
	list := func(n int) {
		listed := ids[:n]
		installed.Store(&listed)
	}
	list(2)
	m.start()
	m.installApp(clienttest.Grant{UserType: clienttest.UserTypeCompany})
	m.waitForRuns(40)
	for _, step := range []struct {
		listed, contacts int
		state            string // of the last location
	}{{3, 60, "installed"}, {2, 60, "disconnected"}, {3, 60, "installed"}} {
		list(step.listed)
		m.startRuns()
		wait(m, step.state, stateOf, ids[2])
		m.waitForRuns(step.contacts)
	}
}

// The webhook UNINSTALL deletes the credential and the contacts, but not those of a newer
// installation.
func TestLocations_Uninstall(t *testing.T) {
	t.Parallel()
	fake := newFake(t, 2, 0)
	ids := locationIDs(fake)
	one := ids[0]
	locations := []clienttest.Grant{{LocationID: one}, {LocationID: ids[1]}}
	agency := []clienttest.Grant{{UserType: clienttest.UserTypeCompany, ApprovedLocations: ids}}
	now, late := time.Now().Add(time.Minute), time.Now().Add(-time.Hour)
	for _, row := range []struct {
		name       string
		grants     []clienttest.Grant
		event      webhook.Event
		contacts   int    // after the event
		credential string // the installation whose credential is checked
		remains    bool   // the credential
	}{
		{"a location", locations, webhook.Event{LocationID: one, Time: now}, 1, one, false},
		{"a location of an agency", agency, webhook.Event{LocationID: one, Time: now}, 1, fake.CompanyID, true},
		{"an agency", agency, webhook.Event{CompanyID: fake.CompanyID, Time: now}, 0, fake.CompanyID, false},
		{"late", locations, webhook.Event{LocationID: one, Time: late}, 2, one, true},
		{"late, of an agency", agency, webhook.Event{CompanyID: fake.CompanyID, Time: late}, 2, fake.CompanyID, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			m := newTestMirror(t, fake, newConfig(t, fake))
			for _, grant := range row.grants {
				m.installApp(grant)
			}
			for _, id := range ids {
				if err := pgx.BeginFunc(t.Context(), m.pool, func(tx pgx.Tx) error {
					return storeContacts(t.Context(), tx, id, []client.Contact{{ID: "c"}})
				}); err != nil {
					t.Fatal(err)
				}
			}
			row.event.Type = webhook.Uninstall
			if err := errors.Join(m.deliver(t.Context(), row.event), m.deleteRows(t.Context())); err != nil {
				t.Fatal(err)
			}
			if got := query[int](m, countContacts); got != row.contacts {
				t.Errorf("got %d contacts, want %d", got, row.contacts)
			}
			if _, err := m.store(row.credential).Load(t.Context()); (err == nil) != row.remains || err != nil && !errors.Is(err, oauth.ErrNoCredential) {
				t.Errorf("the credential: got %v, want that it remains: %v", err, row.remains)
			}
			_, err := m.client(one)
			if isInstalled := row.contacts == 2; (err == nil) != isInstalled || err != nil && !errors.Is(err, oauth.ErrReinstallRequired) {
				t.Errorf("the client: got %v, want one: %v", err, isInstalled)
			}
			exports, err := m.dueRuns(t.Context(), nil)
			if err != nil || len(exports) != row.contacts {
				t.Errorf("got the runs %+v, %v, want %d", exports, err, row.contacts)
			}
		})
	}
}

// A location whose token is no longer accepted keeps its contacts, and continues when the app is
// installed again.
func TestLocations_InstallAgain(t *testing.T) {
	t.Parallel()
	m := startMirror(t, newFake(t, 1, 20))
	location := m.fake.LocationID
	m.installApp(clienttest.Grant{})
	m.waitForRuns(20)
	credential, err := m.store(location).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m.fake.RevokeToken(credential.AccessToken.Reveal())
	m.fake.RevokeToken(credential.RefreshToken.Reveal())
	m.startRuns()
	wait(m, "disconnected", stateOf, location)
	s, err := loadStatus(t.Context(), m.pool)
	if err != nil || s.Failed != 1 || s.Contacts != 20 || s.Rows[0].State != "install again" {
		t.Errorf("got %+v, error %v, want a location that failed with 20 contacts", s, err)
	}
	m.fake.Seed(client.Contact{FirstName: "Later"})
	m.installApp(clienttest.Grant{})
	m.waitForRuns(21)
	wait(m, "installed", stateOf, location)
}
