//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/internal/pgtest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// setEnvironment describes a configuration in the environment.
func setEnvironment(t *testing.T, c config) {
	t.Helper()
	key, err := x509.MarshalPKIXPublicKey(c.webhookKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"DATABASE_URL": c.dsn, "TOKEN_KEY": hex.EncodeToString([]byte(c.tokenKey.Reveal())), "HIGHLEVEL_URL": c.oauthConfig.BaseURL,
		"HIGHLEVEL_CLIENT_ID": c.oauthConfig.ClientID, "HIGHLEVEL_CLIENT_SECRET": c.oauthConfig.ClientSecret.Reveal(),
		"HIGHLEVEL_REDIRECT_URL": c.oauthConfig.RedirectURL, "HIGHLEVEL_WEBHOOK_KEY": base64.StdEncoding.EncodeToString(key),
	} {
		t.Setenv(name, value)
	}
}

// Invalid settings are reported before anything starts.
func TestRun_Settings(t *testing.T) {
	c := config{
		dsn: "postgres://localhost:1/?connect_timeout=1", tokenKey: client.NewSecret("short"), webhookKey: make([]byte, ed25519.PublicKeySize),
		oauthConfig: oauth.Config{ClientID: "id", ClientSecret: client.NewSecret("secret"), RedirectURL: "https://mirror.example/callback"},
	}
	for _, row := range []struct{ name, variable, value, want string }{
		{"no database", "DATABASE_URL", "", "set DATABASE_URL to the URL of a PostgreSQL database"},
		{"an invalid database", "DATABASE_URL", "postgres://user:pa ss@host", "DATABASE_URL is invalid"},
		{"an invalid key", "TOKEN_KEY", "xyz", "TOKEN_KEY is not hexadecimal; create a key with: openssl rand -hex 32"},
		{"a short key", "TOKEN_KEY", "00", `TOKEN_KEY: postgres: NewKeys: key "1": the secret has 1 bytes, want 32`},
		{"an invalid webhook key", "HIGHLEVEL_WEBHOOK_KEY", "AAAA", "HIGHLEVEL_WEBHOOK_KEY is not an Ed25519 public key in base64"},
		{"no app", "HIGHLEVEL_CLIENT_ID", "", "oauth: New: ClientID and ClientSecret must be set"},
	} {
		t.Run(row.name, func(t *testing.T) {
			setEnvironment(t, c)
			t.Setenv(row.variable, row.value)
			s := settings{config: config{workers: 1, every: time.Minute}}
			if err := run(t.Context(), s, io.Discard); err == nil || err.Error() != row.want {
				t.Errorf("got the error %v, want %s", err, row.want)
			}
		})
	}
}

// -now starts a full run, which a process that runs executes, and -status prints the result. The
// consent page is that of HIGHLEVEL_URL.
func TestRun_NowAndStatus(t *testing.T) {
	m := startMirror(t, newFake(t, 1, 20))
	if page := m.app.AuthCodeURL("state"); !strings.HasPrefix(page, m.fake.URL+"/oauth/chooselocation?") {
		t.Errorf("got the consent page %s, want that of %s", page, m.fake.URL)
	}
	m.installApp(clienttest.Grant{})
	m.waitForRuns(20)
	setEnvironment(t, m.config)
	s := settings{config: config{workers: 1, every: time.Minute, poll: m.poll, logger: m.logger}}
	s.now = true
	if err := run(t.Context(), s, io.Discard); err != nil {
		t.Fatal(err)
	}
	wait(m, 2, countFullRuns)
	s.now, s.status = false, true
	var out bytes.Buffer
	err := run(t.Context(), s, &out)
	if want := regexp.MustCompile(`\n` + m.fake.LocationID + ` +in step +100 % +20 .*\n1 locations, 20 contacts, .*, 0 failed\n$`); err != nil || !want.MatchString(out.String()) {
		t.Errorf("got %s, error %v", &out, err)
	}
}

// The demo replaces its schema, and prints the changes that are made through the fake.
func TestDemo(t *testing.T) {
	dsn := pgtest.Database(t)
	t.Setenv("DATABASE_URL", dsn)
	db, err := pgx.Connect(t.Context(), dsn)
	if err == nil {
		_, err = db.Exec(t.Context(), `CREATE SCHEMA mirror_demo; CREATE TABLE mirror_demo.mirror_rows ()`)
	}
	if err = errors.Join(err, db.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	reader, out := io.Pipe()
	go func() {
		s := settings{config: config{workers: 2, every: time.Minute, poll: 50 * time.Millisecond}, listen: "127.0.0.1:0", demo: true}
		_ = out.CloseWithError(run(ctx, s, out))
	}()
	lines := bufio.NewScanner(reader)
	next := func(pattern string) string {
		t.Helper()
		for lines.Scan() {
			if found := regexp.MustCompile(pattern).FindStringSubmatch(lines.Text()); found != nil {
				return found[1]
			}
		}
		t.Fatalf("got the end of the output, %v, want %s", lines.Err(), pattern)
		return ""
	}
	api, location, token := next(`page of the fake  (.*)`), next(`location +(.*)`), next(`token +(.*)`)
	c, err := client.New(client.StaticToken(token), client.WithBaseURL(api), client.WithLocation(location))
	if err != nil {
		t.Fatal(err)
	}
	page, err := c.Contacts.List(t.Context(), client.ListRequest{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	next("(Change and delete)")
	id := page.Contacts[0].ID
	if _, err := c.Contacts.Update(t.Context(), id, client.UpdateContactRequest{City: client.Set("Oslo")}); err != nil {
		t.Fatal(err)
	}
	next("(" + id + " was changed)")
	if err := c.Contacts.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	next("(" + id + " was deleted)")
	cancel()
	if lines.Scan(); lines.Err() != nil {
		t.Error(lines.Err())
	}
}
