//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/internal/pgtest"
)

// Invalid settings are reported before anything starts.
func TestRun_Settings(t *testing.T) {
	key := strings.Repeat("00", 32)
	for _, row := range []struct {
		name, dsn, key, webhookKey string
		every                      time.Duration
		want                       string
	}{
		{"no database", "", key, "", time.Minute, "set DATABASE_URL to the URL of a PostgreSQL database"},
		{"a short time", "postgres://localhost", key, "", time.Millisecond, "-workers must be at least 1, and -every at least 1s"},
		{"an invalid key", "postgres://localhost", "xyz", "", time.Minute, "TOKEN_KEY is not hexadecimal; create a key with: openssl rand -hex 32"},
		{"a short key", "postgres://localhost", "00", "", time.Minute, `TOKEN_KEY: postgres: NewKeys: key "1": the secret has 1 bytes, want 32`},
		{"an invalid webhook key", "postgres://localhost", key, "AAAA", time.Minute, "HIGHLEVEL_WEBHOOK_KEY is not an Ed25519 public key in base64"},
		{"no app", "postgres://localhost", key, "", time.Minute, "oauth: New: ClientID and ClientSecret must be set"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for name, value := range map[string]string{
				"DATABASE_URL": row.dsn, "TOKEN_KEY": row.key, "HIGHLEVEL_WEBHOOK_KEY": row.webhookKey, "HIGHLEVEL_CLIENT_ID": "",
			} {
				t.Setenv(name, value)
			}
			if err := run(t.Context(), settings{workers: 1, every: row.every}, io.Discard); err == nil || err.Error() != row.want {
				t.Errorf("got the error %v, want %s", err, row.want)
			}
		})
	}
	if _, err := connect(t.Context(), "postgres://user:pa ss@host", "", 1); err == nil || strings.Contains(err.Error(), "pa ss") {
		t.Errorf("got the error %v, want one without the password", err)
	}
}

// setEnvironment describes the configuration of m in the environment.
func (m *testMirror) setEnvironment(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"DATABASE_URL": m.dsn, "TOKEN_KEY": strings.Repeat("6b", 32), "HIGHLEVEL_URL": m.fake.URL,
		"HIGHLEVEL_CLIENT_ID": "app-1", "HIGHLEVEL_CLIENT_SECRET": "secret", "HIGHLEVEL_REDIRECT_URL": "https://mirror.example/callback",
	} {
		t.Setenv(name, value)
	}
}

// HIGHLEVEL_URL is that of the consent page too.
func TestEnvironment(t *testing.T) {
	m := testMirror{fake: newFake(t, 1, 0), mirror: &mirror{}}
	m.setEnvironment(t)
	c, err := environment()
	if err != nil || !strings.HasPrefix(c.app.AuthCodeURL("state"), m.fake.URL+"/oauth/chooselocation?") || c.appID != "app" || c.webhookKey != nil {
		t.Errorf("got %+v, error %v, want an app whose consent page is at %s", c, err, m.fake.URL)
	}
}

// -now starts a full run, which a process that runs executes, and -status prints the result.
func TestRun_NowAndStatus(t *testing.T) {
	m := newTestMirror(t, newFake(t, 1, 20))
	m.start()
	m.installApp(clienttest.Grant{})
	m.waitForRuns(20)
	m.setEnvironment(t)
	if err := run(t.Context(), settings{workers: 1, every: time.Minute, now: true}, io.Discard); err != nil {
		t.Fatal(err)
	}
	wait(m, 2, `SELECT count(*)::int FROM highlevel_exports WHERE run LIKE 'full%' AND finished_at IS NOT NULL`)
	var out bytes.Buffer
	err := run(t.Context(), settings{workers: 1, every: time.Minute, status: true}, &out)
	if want := regexp.MustCompile(`\n` + m.fake.LocationID + ` +in step +100 % +20 .*\n1 locations, 20 contacts, .*, 0 failed\n$`); err != nil || !want.MatchString(out.String()) {
		t.Errorf("got %s, error %v", &out, err)
	}
}

// The demo shows each way in which a change arrives, and can be repeated.
func TestDemo(t *testing.T) {
	dsn := pgtest.Database(t)
	t.Setenv("DATABASE_URL", dsn)
	step := regexp.MustCompile(`^a (change|deletion)[a-z, ]+ +\d+\.\d\d s$`)
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
		defer cancel()
		reader, out := io.Pipe()
		go func() {
			_ = out.CloseWithError(run(ctx, settings{listen: "127.0.0.1:0", workers: 1, every: time.Minute, demo: true}, out))
		}()
		steps := 0
		lines := bufio.NewScanner(reader)
		for lines.Scan() {
			switch {
			case step.MatchString(lines.Text()):
				steps++
			case strings.HasPrefix(lines.Text(), "The table is "):
				cancel()
			}
		}
		if err := lines.Err(); err != nil || steps != 4 {
			t.Fatalf("got %d steps, error %v, want 4 steps", steps, err)
		}
	}
}
