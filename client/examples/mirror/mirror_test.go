//go:build unix

package main

import (
	"crypto/ed25519"
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
	"github.com/highlevel-contacts/contacts-go/client/postgres"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// A change, a deletion and the removal of the app arrive through the webhooks of the fake, which are late, repeated and
// forged.
func TestMirror_Webhook(t *testing.T) {
	t.Parallel()
	fake := newFake(t, 1, 3)
	m := newTestMirror(t, fake, func(c *config) { c.webhookKey = fake.WebhookKey() })
	handler, err := m.handler()
	if err != nil {
		t.Fatal(err)
	}
	webhooks := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/webhooks"
		handler.ServeHTTP(w, r)
	})
	fake.HandleWebhooks(webhooks)
	fake.InjectWebhookFaults(clienttest.WebhookFault{Repeated: true, Forged: true})
	m.start()
	m.installApp(clienttest.Grant{})
	fake.WaitForWebhooks() // of the installation
	m.waitForRuns(3)
	const countExports = `SELECT count(*) FROM river_job WHERE kind = 'highlevel_export'`
	exports := query[int](m, countExports)

	contact := fake.Contacts()[0]
	if _, err := fake.Client().Contacts.Update(t.Context(), contact.ID, client.UpdateContactRequest{City: client.Set("Oslo")}); err != nil {
		t.Fatal(err)
	}
	wait(m, "Oslo", cityOf, contact.ID)
	if err := fake.Client().Contacts.Delete(t.Context(), contact.ID); err != nil {
		t.Fatal(err)
	}
	wait(m, 0, countID, contact.ID)
	fake.WaitForWebhooks()
	m.waitForRuns(2)
	if got := query[int](m, `SELECT count(*) FROM river_job WHERE kind = 'mirror_refresh'`); got != 2 {
		t.Errorf("got %d jobs, want one for each of the 2 changes", got)
	}
	if got := query[int](m, countExports); got != exports {
		t.Errorf("got %d exports after the changes, want none", got-exports)
	}
	fake.Uninstall(fake.LocationID)
	wait(m, 0, `SELECT count(*) FROM mirror_rows`)
	if _, err := m.locations.store(fake.LocationID).Load(t.Context()); !errors.Is(err, oauth.ErrNoCredential) {
		t.Errorf("after UNINSTALL: got %v, want ErrNoCredential", err)
	}
}

// A forged webhook is refused, and one of an unknown location changes nothing.
func TestMirror_Webhook_Refused(t *testing.T) {
	t.Parallel()
	fake := newFake(t, 1, 1)
	m := newTestMirror(t, fake)
	event := map[string]any{"type": "ContactUpdate", "locationId": "unknown", "id": "unknown"}
	if status := m.send(event); status != http.StatusOK {
		t.Errorf("got status %d, want 200", status)
	}
	m.start()
	wait(m, 1, `SELECT count(*) FROM river_job WHERE kind = 'mirror_refresh' AND state = 'cancelled'`)
	_, m.key, _ = ed25519.GenerateKey(nil)
	if status := m.send(event); status != http.StatusUnauthorized {
		t.Errorf("forged: got status %d, want 401", status)
	}
	if got := query[int](m, `SELECT count(*) FROM mirror_rows`); got != 0 {
		t.Errorf("got %d rows, want 0", got)
	}
}

// The mirror starts without an installation, and exports a location as soon as the app is installed
// in it through the page, in whose place /install shows the consent page of HIGHLEVEL_URL.
func TestMirror_InstallAfterStart(t *testing.T) {
	t.Parallel()
	fake := clienttest.NewServer(t, clienttest.WithRateLimit(clienttest.RateLimit{}),
		clienttest.WithApp(clienttest.App{ClientID: "app-1", ClientSecret: "secret"}), clienttest.WithConsent(clienttest.Grant{}))
	if err := fake.SeedSamples(120); err != nil {
		t.Fatal(err)
	}
	var handler http.Handler
	page := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(page.Close)
	m := newTestMirror(t, fake, func(c *config) {
		var err error
		if c.app, _, err = newApp(oauth.Config{
			ClientID: "app-1", ClientSecret: client.NewSecret("secret"), BaseURL: fake.URL, RedirectURL: page.URL + "/callback",
		}); err != nil {
			t.Fatal(err)
		}
	})
	m.start()
	wait(m, 1, `SELECT count(*) FROM river_job WHERE kind = 'mirror_start' AND state = 'completed'`)
	if body := m.get("/"); !strings.Contains(body, `<a href="/install">`) || strings.Contains(body, "<table>") {
		t.Errorf("got the page %s, want one without a table and with a link to /install", body)
	}

	var err error
	if handler, err = m.handler(); err != nil {
		t.Fatal(err)
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
	m.waitForRuns(120)
	if body := m.get("/"); !strings.Contains(body, fake.LocationID) || !strings.Contains(body, "in step") || !strings.Contains(body, "<dd>120</dd>") {
		t.Errorf("got the page %s, want one location in step with 120 contacts", body)
	}
}

// The key of the tokens is checked before the mirror starts.
func TestOpenMirror_WrongTokenKey(t *testing.T) {
	t.Parallel()
	m := newTestMirror(t, newFake(t, 1, 0))
	m.installApp(clienttest.Grant{})
	for _, row := range []struct{ name, keyID, want string }{
		{"another key", "1", "TOKEN_KEY does not decrypt the token of installation " + m.fake.LocationID},
		{"another key with another ID", "2", "TOKEN_KEY does not decrypt the token of installation " + m.fake.LocationID},
	} {
		c := m.config
		var err error
		if c.keys, err = postgres.NewKeys(postgres.Key{ID: row.keyID, Secret: client.NewSecret(strings.Repeat("o", 32))}); err != nil {
			t.Fatal(err)
		}
		if _, err := openMirror(t.Context(), c); err == nil || !strings.HasPrefix(err.Error(), row.want) {
			t.Errorf("%s: got the error %v, want %s", row.name, err, row.want)
		}
	}
}

// A contact that jsonb cannot hold is stored with its original JSON, and its location with it.
func TestMirror_ContactThatJSONBCannotHold(t *testing.T) {
	t.Parallel()
	fake := newFake(t, 1, 10, clienttest.WithoutValidation())
	broken := fake.Seed(client.Contact{
		FirstName: "nul\x00", Email: "nul@example.com", CustomFields: []gen.CustomField{{ID: "f", Value: json.RawMessage("1e400000")}},
	})[0]
	m := newTestMirror(t, fake)
	m.start()
	m.installApp(clienttest.Grant{})
	m.waitForRuns(11)
	got := query[string](m, `SELECT concat_ws(' ', contact->>'firstName', contact->>'email', jsonb_typeof(contact#>'{customFields,0,value}'),
		contact#>>'{customFields,0,value}') FROM mirror_contacts WHERE id = $1`, broken.ID)
	if want := "nul\uFFFD nul@example.com string 1e400000"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	original := query[string](m, `SELECT original FROM mirror_contacts WHERE id = $1`, broken.ID)
	if decoded, _, err := client.DecodeContact([]byte(original)); err != nil || decoded.FirstName != "nul\x00" || string(decoded.CustomFields[0].Value) != "1e400000" {
		t.Errorf("got the original %s, error %v", original, err)
	}
	if got := query[int](m, `SELECT count(original) FROM mirror_contacts`); got != 1 {
		t.Errorf("got %d contacts with their original, want 1", got)
	}
}

// Without webhooks, a change arrives with the next search, which reads only what has changed, and a
// deletion with the next full run, which -now starts.
func TestMirror_WithoutWebhooks(t *testing.T) {
	t.Parallel()
	fake := newFake(t, 1, 1200)
	m := newTestMirror(t, fake)
	m.start()
	m.installApp(clienttest.Grant{})
	m.waitForRuns(1200)
	contact := fake.Contacts()[700]
	if _, err := fake.Client().Contacts.Update(t.Context(), contact.ID, client.UpdateContactRequest{City: client.Set("Oslo")}); err != nil {
		t.Fatal(err)
	}
	fake.ClearRequests()
	m.startRuns()
	wait(m, "Oslo", cityOf, contact.ID)
	m.waitForRuns(1200)
	if got := len(fake.Requests()); got > 4 { // the overlap of the search contains contacts that the seed dates to this minute
		t.Errorf("got %d requests for one change, want at most 4", got)
	}

	if err := fake.Client().Contacts.Delete(t.Context(), contact.ID); err != nil {
		t.Fatal(err)
	}
	m.startRuns()
	m.waitForRuns(1200)
	if err := m.insert(t.Context(), startArgs{Full: time.Now()}); err != nil {
		t.Fatal(err)
	}
	wait(m, 0, countID, contact.ID)
	m.waitForRuns(1199)
}

// The periodic job starts runs, of which two processes share the work, and a full run is due again
// after a week.
func TestMirror_Every(t *testing.T) {
	t.Parallel()
	fake := newFake(t, 1, 10)
	m := newTestMirror(t, fake, func(c *config) { c.every = time.Second })
	m.start()
	newTestMirror(t, fake, func(c *config) { c.dsn, c.every = m.dsn, time.Second }).start()
	m.installApp(clienttest.Grant{})
	wait(m, 10, countContacts)
	fake.Seed(client.Contact{FirstName: "Later"})
	wait(m, 11, countContacts)
	if got := query[int](m, `SELECT count(DISTINCT run) FROM highlevel_exports WHERE run LIKE 'full%'`); got != 1 {
		t.Errorf("got %d full runs, want 1", got)
	}
	wait(m, true, `SELECT full_due > now() + interval '6 days' FROM mirror_locations`)
	if _, err := m.pool.Exec(t.Context(), `UPDATE mirror_locations SET full_due = full_due - interval '7 days'`); err != nil {
		t.Fatal(err)
	}
	wait(m, 2, `SELECT count(DISTINCT run)::int FROM highlevel_exports WHERE run LIKE 'full%' AND finished_at IS NOT NULL`)
}
