//go:build unix

package main

import (
	"crypto/ed25519"
	"encoding/json"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/postgres"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// A webhook copies the current state of its contact, and does so once, however often it arrives.
func TestMirror_Webhook(t *testing.T) {
	t.Parallel()
	fake := newFake(t, 1, 3)
	m := newTestMirror(t, fake)
	m.start()
	m.installApp(clienttest.Grant{})
	m.waitForRuns(3)

	contact := fake.Contacts()[0]
	if _, err := fake.Client().Contacts.Update(t.Context(), contact.ID, client.UpdateContactRequest{City: client.Set("Oslo")}); err != nil {
		t.Fatal(err)
	}
	update := map[string]any{"type": "ContactUpdate", "locationId": fake.LocationID, "id": contact.ID, "city": "an older city"}
	if status := m.send(update); status != http.StatusOK {
		t.Fatalf("got status %d, want 200", status)
	}
	wait(m, "Oslo", cityOf, contact.ID)

	if err := fake.Client().Contacts.Delete(t.Context(), contact.ID); err != nil {
		t.Fatal(err)
	}
	m.send(map[string]any{"type": "ContactDelete", "locationId": fake.LocationID, "id": contact.ID})
	wait(m, 0, countID, contact.ID)
	m.waitForRuns(2)
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
		FirstName: "Nul\x00", Email: "nul@example.com", CustomFields: []client.CustomField{{ID: "f", Value: json.RawMessage("1e400000")}},
	})[0]
	m := newTestMirror(t, fake)
	m.start()
	m.installApp(clienttest.Grant{})
	m.waitForRuns(11)
	got := query[string](m, `SELECT concat_ws(' ', contact->>'firstName', contact->>'email', jsonb_typeof(contact#>'{customFields,0,value}'),
		contact#>>'{customFields,0,value}') FROM mirror_contacts WHERE id = $1`, broken.ID)
	if want := "Nul\uFFFD nul@example.com string 1e400000"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	original := query[string](m, `SELECT original FROM mirror_contacts WHERE id = $1`, broken.ID)
	if decoded, _, err := client.DecodeContact([]byte(original)); err != nil || decoded.FirstName != "Nul\x00" || string(decoded.CustomFields[0].Value) != "1e400000" {
		t.Errorf("got the original %s, error %v", original, err)
	}
	if got := query[int](m, `SELECT count(original) FROM mirror_contacts`); got != 1 {
		t.Errorf("got %d contacts with their original, want 1", got)
	}
}
