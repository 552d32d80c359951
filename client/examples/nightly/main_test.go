//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/exportjob"
	"github.com/highlevel-contacts/contacts-go/client/internal/pgtest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/postgres"
)

func TestDemo(t *testing.T) {
	server := pgtest.Start(t)
	t.Setenv("DATABASE_URL", server.URL())
	for range 2 { // the second demo replaces the first one
		var out bytes.Buffer
		if err := run(t.Context(), settings{at: "02:00", demo: true}, &out); err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
		blocks := strings.Split(strings.TrimSpace(out.String()), "\n\n")
		lines := strings.Split(blocks[len(blocks)-1], "\n")
		if len(lines) != 8 || lines[7] != "6 locations: 5 finished, 0 failed" {
			t.Fatalf("got the last table\n%s", strings.Join(lines, "\n"))
		}
		finished := regexp.MustCompile(`^demoLocation0000000\d  \d{4}-\d\d-\d\d  finished +500 +500 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +-$`)
		for _, line := range lines[1:6] {
			if !finished.MatchString(line) {
				t.Errorf("got %q, want 500 of 500 contacts, finished", line)
			}
		}
		if !strings.Contains(lines[6], "uninstalled") {
			t.Errorf("got %q, want the export of a location that has uninstalled the app", lines[6])
		}
	}
	pool, err := connect(t.Context(), server.URL(), demoSchema, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if got := count(t, pool, `SELECT count(*) FROM nightly_contacts WHERE contact->>'id' = id AND contact->>'email' LIKE '%@example.com'`); got != 5*demoContacts {
		t.Errorf("got %d contacts, want %d", got, 5*demoContacts)
	}
}

func count(t *testing.T, pool *pgxpool.Pool, query string) (n int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A user installs the app through the page, two processes export the location, and the page and
// -status show the progress.
func TestService(t *testing.T) {
	server := pgtest.Start(t)
	fake := clienttest.NewServer(t, clienttest.WithApp(clienttest.App{ClientID: "id", ClientSecret: "secret"}),
		clienttest.WithConsent(clienttest.Grant{}))
	if err := fake.SeedSamples(250); err != nil {
		t.Fatal(err)
	}
	first := newTestService(t, server, fake)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { first.handler().ServeHTTP(w, r) }))
	defer page.Close()
	first.app = newTestApp(t, fake, page.URL+"/callback")
	first.directory.app = first.app
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if body := get(t, &http.Client{Jar: jar}, page.URL+"/install"); !strings.Contains(body, "installed") {
		t.Fatalf("got the page %q", body)
	}

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	second := newTestService(t, server, fake)
	for _, s := range []*service{first, second} {
		go func() { ended <- s.run(ctx, daily{2 * time.Hour}, "") }()
	}
	deadline := time.Now().Add(30 * time.Second)
	for count(t, first.pool, `SELECT count(*) FROM highlevel_exports WHERE finished_at IS NOT NULL`) == 0 {
		if time.Now().After(deadline) {
			t.Fatal("the export did not finish")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if got := count(t, first.pool, `SELECT count(*) FROM nightly_contacts`); got != 250 {
		t.Errorf("got %d contacts, want 250", got)
	}
	if got := count(t, first.pool, `SELECT count(*) FROM river_job WHERE kind = 'nightly_start'`); got != 1 {
		t.Errorf("got %d starts, want 1", got)
	}
	want := "<td>" + fake.LocationID + "</td><td>" + daily{2 * time.Hour}.runName(time.Now()) + "</td><td>finished</td><td>250</td><td>250</td>"
	if body := get(t, http.DefaultClient, page.URL); !strings.Contains(body, want) {
		t.Errorf("got the page %s, want %s in it", body, want)
	}
	cancel()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	t.Setenv("DATABASE_URL", server.URL())
	var out bytes.Buffer
	if err := run(t.Context(), settings{at: "02:00", status: true}, &out); err != nil || !strings.HasSuffix(out.String(), "1 locations: 1 finished, 0 failed\n") {
		t.Errorf("got %s, error %v", &out, err)
	}
}

// The installations are loaded once, not for each location: thousands of locations would load them
// thousands of times.
func TestDirectory_Client_LoadsInstallationsOnce(t *testing.T) {
	s := newTestService(t, pgtest.Start(t), clienttest.NewServer(t))
	for _, id := range []string{"one", "two"} {
		credential := oauth.Credential{
			AccessToken: client.NewSecret("access"), RefreshToken: client.NewSecret("refresh"), UserType: oauth.UserTypeLocation, LocationID: id,
		}
		if err := oauth.Save(t.Context(), postgres.NewTokenStore(s.db, id, s.keys), credential); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.directory.client("one"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.pool.Exec(t.Context(), `DELETE FROM highlevel_tokens`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.directory.client("two"); err != nil {
		t.Errorf("got %v, want the client of a location whose installation was loaded before", err)
	}
	if _, err := s.directory.client("three"); !errors.Is(err, oauth.ErrNoCredential) {
		t.Errorf("unknown location: got %v, want ErrNoCredential", err)
	}
}

func newTestApp(t *testing.T, fake *clienttest.Server, redirect string) *oauth.App {
	t.Helper()
	app, err := oauth.New(oauth.Config{
		ClientID: "id", ClientSecret: client.NewSecret("secret"), BaseURL: fake.URL, MarketplaceURL: fake.URL, RedirectURL: redirect,
		Scopes: []string{"contacts.readonly"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return app
}

func newTestService(t *testing.T, server *pgtest.Server, fake *clienttest.Server) *service {
	t.Helper()
	keys, err := postgres.NewKeys(postgres.Key{ID: "1", Secret: client.NewSecret(strings.Repeat("k", 32))})
	if err != nil {
		t.Fatal(err)
	}
	s, err := newService(t.Context(), config{
		dsn: server.URL(), baseURL: fake.URL, workers: 2, app: newTestApp(t, fake, demoRedirect), keys: keys, logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

func get(t *testing.T, c *http.Client, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestDaily(t *testing.T) {
	at := daily{2 * time.Hour}
	day := func(day, hour, second int) time.Time { return time.Date(2026, 11, day, hour, 0, second, 0, time.UTC) }
	for _, row := range []struct {
		name string
		now  time.Time
		next time.Time
		run  string
	}{
		{"in the evening", day(24, 23, 0), day(25, 2, 0), "2026-11-24"},
		{"after midnight", day(25, 1, 0), day(25, 2, 0), "2026-11-24"},
		{"just before", day(25, 2, 0).Add(-time.Millisecond), day(25, 2, 0), "2026-11-25"},
		{"at the time", day(25, 2, 0), day(26, 2, 0), "2026-11-25"},
		{"just after", day(25, 2, 1), day(26, 2, 0), "2026-11-25"},
		{"in another zone", day(25, 1, 0).In(time.FixedZone("", -5*3600)), day(25, 2, 0), "2026-11-24"},
	} {
		if next, run := at.Next(row.now), at.runName(row.now); !next.Equal(row.next) || run != row.run {
			t.Errorf("%s: got next %v, run %s, want %v, %s", row.name, next, run, row.next, row.run)
		}
	}
	for _, text := range []string{"", "2", "25:00", "02:00:00", "2am"} {
		if _, err := parseDaily(text); err == nil {
			t.Errorf("parseDaily(%q) returned no error", text)
		}
	}
	if got, err := parseDaily("23:30"); err != nil || got.sinceMidnight != 23*time.Hour+30*time.Minute {
		t.Errorf("got %v, error %v, want 23h30m", got.sinceMidnight, err)
	}
}

func TestPrintExports(t *testing.T) {
	at := time.Date(2026, 11, 24, 2, 3, 4, 0, time.UTC)
	var out bytes.Buffer
	err := printExports(&out, []exportjob.Export{
		{LocationID: "a", Run: "2026-11-24", Contacts: 5, Total: 5, Updated: at, Finished: at, State: "completed", Error: "an earlier one"},
		{LocationID: "b", Run: "2026-11-23", Contacts: 100, Total: 500, Updated: at, Next: at.Add(time.Hour), State: "scheduled"},
		{LocationID: "c", Run: "2026-11-24", State: "available"},
		{LocationID: "d", Run: "2026-11-24", State: "discarded", Error: "no space"},
		{LocationID: "e", Run: "2026-11-24", Contacts: 200, Total: 300, Updated: at, State: "running"},
	})
	want := `LOCATION  RUN         STATE      CONTACTS  TOTAL  TIME (UTC)                LATEST ERROR
a         2026-11-24  finished   5         5      2026-11-24 02:03:04       -
b         2026-11-23  scheduled  100       500    next 2026-11-24 03:03:04  -
c         2026-11-24  available  0         0      -                         -
d         2026-11-24  discarded  0         0      -                         no space
e         2026-11-24  running    200       300    2026-11-24 02:03:04       -
5 locations: 1 finished, 1 failed
`
	if diff := cmp.Diff(want, out.String()); diff != "" || err == nil || err.Error() != "1 of 5 exports have failed" {
		t.Errorf("%s\ngot the error %v, want 1 of 5 exports have failed", diff, err)
	}
}

func TestRun_Settings(t *testing.T) {
	for _, row := range []struct {
		name, dsn, key, at, want string
	}{
		{"no database", "", "", "02:00", "set DATABASE_URL to the URL of a PostgreSQL database"},
		{"an invalid time", "postgres://localhost", "", "2am", `-at: "2am" is not a time such as 02:00`},
		{"an invalid key", "postgres://localhost", "xyz", "02:00", "TOKEN_KEY is not hexadecimal; create a key with: openssl rand -hex 32"},
		{"a short key", "postgres://localhost", "00", "02:00", `TOKEN_KEY: postgres: NewKeys: key "1": the secret has 1 bytes, want 32`},
		{"no app", "postgres://localhost", strings.Repeat("00", 32), "02:00", "oauth: New: ClientID and ClientSecret must be set"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Setenv("DATABASE_URL", row.dsn)
			t.Setenv("TOKEN_KEY", row.key)
			t.Setenv("HIGHLEVEL_CLIENT_ID", "")
			if err := run(t.Context(), settings{at: row.at}, io.Discard); err == nil || err.Error() != row.want {
				t.Errorf("got the error %v, want %s", err, row.want)
			}
		})
	}
	if _, err := connect(t.Context(), "postgres://user:pa ss@host", "", 1); err == nil || strings.Contains(err.Error(), "pa ss") {
		t.Errorf("got the error %v, want one without the password", err)
	}
}
