//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/webhook"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// changeCity changes a contact in the fake.
func (m *testMirror) changeCity(id, city string) {
	m.t.Helper()
	if _, err := m.fake.Client().Contacts.Update(m.t.Context(), id, client.UpdateContactRequest{City: client.Set(city)}); err != nil {
		m.t.Fatal(err)
	}
}

// delete deletes a contact in the fake.
func (m *testMirror) delete(id string) {
	m.t.Helper()
	if err := m.fake.Client().Contacts.Delete(m.t.Context(), id); err != nil {
		m.t.Fatal(err)
	}
}

// The webhooks of the fake are repeated and accompanied by forged ones.
func TestMirror_WithWebhooks(t *testing.T) { //nolint:tparallel // the subtests are steps
	t.Parallel()
	m := startMirror(t, newFake(t, 1, 3))
	handler, err := m.handler()
	if err != nil {
		t.Fatal(err)
	}
	m.fake.HandleWebhooks(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/webhooks"
		handler.ServeHTTP(w, r)
	}))
	m.fake.InjectWebhookFaults(clienttest.WebhookFault{Repeated: true, Forged: true})
	m.installApp(clienttest.Grant{})
	m.waitForRuns(3)
	const countExports = `SELECT count(*) FROM river_job WHERE kind = 'highlevel_export'`
	exports, contact := query[int](m, countExports), m.fake.Contacts()[0]

	t.Run("a change arrives within a second", func(t *testing.T) {
		for attempt := range 10 { // a busy machine can miss the second
			city, start := []string{"Oslo", "Rome"}[attempt%2], time.Now()
			m.changeCity(contact.ID, city)
			wait(m, city, cityOf, contact.ID)
			if time.Since(start) < time.Second {
				return
			}
		}
		t.Error("no change arrived within a second")
	})
	t.Run("a deleted contact disappears", func(*testing.T) {
		m.delete(contact.ID)
		wait(m, 0, countID, contact.ID)
	})
	m.fake.WaitForWebhooks()
	m.waitForRuns(2)
	if got := query[int](m, countExports); got != exports {
		t.Errorf("got %d exports after the changes, want none", got-exports)
	}
	accepted := map[string]bool{}
	for _, d := range m.fake.Deliveries() {
		if d.Status == http.StatusOK && strings.HasPrefix(d.Type, "Contact") {
			accepted[d.ID] = true
		}
	}
	if got := query[int](m, `SELECT count(*) FROM river_job WHERE kind = 'mirror_refresh'`); got != len(accepted) {
		t.Errorf("got %d jobs, want one for each of the %d events", got, len(accepted))
	}
	m.fake.Uninstall(m.fake.LocationID)
	wait(m, "uninstalled", stateOf, m.fake.LocationID)
	if _, err := m.store(m.fake.LocationID).Load(t.Context()); !errors.Is(err, oauth.ErrNoCredential) {
		t.Errorf("after UNINSTALL: got %v, want ErrNoCredential", err)
	}
}

func TestMirror_WithoutWebhooks(t *testing.T) { //nolint:tparallel // the subtests are steps
	t.Parallel()
	m := startMirror(t, newFake(t, 1, 1200))
	m.installApp(clienttest.Grant{})
	m.waitForRuns(1200)
	contact := m.fake.Contacts()[700]
	t.Run("a change arrives within one poll, which reads only what has changed", func(t *testing.T) {
		m.changeCity(contact.ID, "Oslo")
		m.fake.ClearRequests()
		m.startRuns()
		wait(m, "Oslo", cityOf, contact.ID)
		m.waitForRuns(1200)
		if got := len(m.fake.Requests()); got > 4 { // the overlap of the search contains contacts that the seed dates to this minute
			t.Errorf("got %d requests for one change, want at most 4", got)
		}
	})
	t.Run("a deleted contact disappears after a full run", func(t *testing.T) {
		m.delete(contact.ID)
		m.startRuns()
		m.waitForRuns(1200)
		if err := m.startFull(t.Context()); err != nil {
			t.Fatal(err)
		}
		wait(m, 0, countID, contact.ID)
		m.waitForRuns(1199)
	})
}

// An event of an unknown location or contact changes nothing.
func TestMirror_UnknownWebhooks(t *testing.T) {
	t.Parallel()
	m := startMirror(t, newFake(t, 1, 1))
	for _, event := range []webhook.Event{
		{Type: webhook.ContactUpdate, LocationID: "unknown", Contact: &client.Contact{ID: "unknown"}},
		{Type: webhook.Install, LocationID: "unknown", CompanyID: "unknown"},
		{Type: "Unknown"},
	} {
		if err := m.deliver(t.Context(), event); err != nil {
			t.Errorf("%s: %v", event.Type, err)
		}
	}
	wait(m, 1, `SELECT count(*) FROM river_job WHERE kind = 'mirror_refresh' AND state = 'cancelled'`)
	if got := query[int](m, `SELECT (SELECT count(*) FROM mirror_rows) + (SELECT count(*) FROM mirror_locations)`); got != 0 {
		t.Errorf("got %d rows, want 0", got)
	}
}

// The mirror starts without an installation, and exports a location as soon as the app is installed
// in it through the page, in whose place /install shows the consent page of HIGHLEVEL_URL.
func TestMirror_InstallAfterStart(t *testing.T) {
	t.Parallel()
	fake := newFake(t, 1, 1007, clienttest.WithConsent(clienttest.Grant{}))
	var handler http.Handler
	page := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(page.Close)
	c := newConfig(t, fake)
	c.oauthConfig.RedirectURL = page.URL + "/callback"
	m := newTestMirror(t, fake, c)
	m.start()
	var err error
	if handler, err = m.handler(); err != nil {
		t.Fatal(err)
	}
	get := func(path string) string {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w.Body.String()
	}
	if body := get("/"); !strings.Contains(body, `<a href="/install">`) || strings.Contains(body, "<table>") {
		t.Errorf("got the page %s, want one without a table and with a link to /install", body)
	}
	browser := page.Client()
	if browser.Jar, err = cookiejar.New(nil); err != nil {
		t.Fatal(err)
	}
	response, err := browser.Get(page.URL + "/install") //nolint:noctx // a browser in a test
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK || response.Request.URL.String() != page.URL+"/" {
		t.Errorf("got %s at %s, want the status page", response.Status, response.Request.URL)
	}
	m.waitForRuns(1007)
	if body := get("/"); !strings.Contains(body, fake.LocationID) || !strings.Contains(body, "in step") || !strings.Contains(body, "<dd>1,007</dd>") {
		t.Errorf("got the page %s, want one location in step with 1,007 contacts", body)
	}
}

// The key of the tokens is checked before the mirror starts.
func TestOpenMirror_WrongTokenKey(t *testing.T) {
	t.Parallel()
	fake := newFake(t, 1, 0)
	c := newConfig(t, fake)
	newTestMirror(t, fake, c).installApp(clienttest.Grant{})
	c.tokenKey = client.NewSecret(strings.Repeat("o", 32))
	want := "TOKEN_KEY does not decrypt the token of installation " + fake.LocationID
	if _, err := openMirror(t.Context(), c); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got the error %v, want %s", err, want)
	}
}

// A contact that jsonb cannot hold does not stop its location.
func TestMirror_ContactThatJSONBCannotHold(t *testing.T) {
	t.Parallel()
	m := startMirror(t, newFake(t, 1, 10, clienttest.WithoutValidation()))
	broken := m.fake.Seed(client.Contact{
		FirstName: "nul\x00", Email: "nul@example.com", CustomFields: []gen.CustomField{{ID: "f", Value: json.RawMessage("1e400000")}},
	})[0]
	m.installApp(clienttest.Grant{})
	m.waitForRuns(11)
	got := query[string](m, `SELECT concat_ws(' ', contact->>'firstName', contact->>'email', jsonb_typeof(contact#>'{customFields,0,value}'),
		contact#>>'{customFields,0,value}') FROM mirror_contacts WHERE id = $1`, broken.ID)
	if want := "nul\uFFFD nul@example.com string 1e400000"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The periodic job starts runs, of which two processes share the work, and a full run is due again
// after a week.
func TestMirror_Every(t *testing.T) {
	t.Parallel()
	fake := newFake(t, 1, 10)
	c := newConfig(t, fake)
	c.every = time.Second
	m := newTestMirror(t, fake, c)
	m.start()
	newTestMirror(t, fake, c).start()
	m.installApp(clienttest.Grant{})
	wait(m, 10, countContacts)
	fake.Seed(client.Contact{FirstName: "Later"})
	wait(m, 11, countContacts)
	wait(m, true, `SELECT full_due > now() + interval '6 days' FROM mirror_locations`)
	wait(m, true, `SELECT count(*) > 1 FROM highlevel_exports WHERE run LIKE 'changes%' AND finished_at IS NOT NULL`)
	full := query[int](m, countFullRuns)
	if _, err := m.pool.Exec(t.Context(), `UPDATE mirror_locations SET full_due = full_due - interval '7 days'`); err != nil {
		t.Fatal(err)
	}
	wait(m, true, `SELECT count(*) > $1 FROM highlevel_exports WHERE run LIKE 'full%' AND finished_at IS NOT NULL`, full)
}
