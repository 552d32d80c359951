//go:build unix

package main

import (
	"context"
	"flag"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/internal/ctxtime"
	"github.com/highlevel-contacts/contacts-go/client/internal/pgtest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", "8") // the tests wait for PostgreSQL and River most of the time
	os.Exit(pgtest.Main(m))
}

// patience is the longest wait of a test.
const patience = 3 * time.Minute

// newFake returns a fake with n locations of one agency, which have contacts each.
func newFake(t *testing.T, n, contacts int, opts ...clienttest.Option) *clienttest.Server {
	t.Helper()
	opts = append(opts, clienttest.WithRateLimit(clienttest.RateLimit{}),
		clienttest.WithApp(clienttest.App{ClientID: "app-1", ClientSecret: "secret"}))
	for _, location := range clienttest.SampleLocations(n - 1) {
		opts = append(opts, clienttest.WithLocationSettings(location))
	}
	fake := clienttest.NewServer(t, opts...)
	for _, location := range fake.Locations() {
		if err := fake.SeedSamplesIn(location.ID, contacts); err != nil {
			t.Fatal(err)
		}
	}
	return fake
}

// testMirror is a mirror of a fake.
type testMirror struct {
	*mirror

	t    *testing.T
	fake *clienttest.Server
}

// newConfig returns the configuration of a mirror of a fake, with a database that has its tables.
func newConfig(t *testing.T, fake *clienttest.Server) config {
	t.Helper()
	c := config{
		workers: 2, every: time.Hour, poll: 50 * time.Millisecond, logger: slog.New(slog.DiscardHandler),
		oauthConfig: oauth.Config{
			ClientID: "app-1", ClientSecret: client.NewSecret("secret"), BaseURL: fake.URL, RedirectURL: "https://mirror.example/callback",
		},
		tokenKey: client.NewSecret(strings.Repeat("k", 32)), webhookKey: fake.WebhookKey(),
	}
	c.dsn = pgtest.Copy(t, func(dsn string) error {
		c := c
		c.dsn = dsn
		m, err := openMirror(context.Background(), c)
		if err == nil {
			m.close()
		}
		return err
	})
	return c
}

// newTestMirror opens a mirror. It runs after start.
func newTestMirror(t *testing.T, fake *clienttest.Server, c config) *testMirror {
	t.Helper()
	m, err := openMirror(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.close)
	return &testMirror{mirror: m, t: t, fake: fake}
}

// startMirror runs a mirror of a fake until the end of the test.
func startMirror(t *testing.T, fake *clienttest.Server) *testMirror {
	t.Helper()
	m := newTestMirror(t, fake, newConfig(t, fake))
	m.start()
	return m
}

// start runs the mirror until the end of the test. It waits for the first run, which the start of the
// mirror causes.
func (m *testMirror) start() {
	m.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // on this machine
	if err != nil {
		m.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.run(ctx, listener) }()
	m.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			m.t.Errorf("run: %v", err)
		}
	})
	wait(m, true, `SELECT count(*) > 0 FROM river_job WHERE kind = 'mirror_start' AND finalized_at IS NOT NULL`)
}

// installApp installs the app as a person does on the consent page.
func (m *testMirror) installApp(grant clienttest.Grant) {
	m.t.Helper()
	credential, err := m.app.Exchange(m.t.Context(), m.fake.AuthorizationCode(grant), "")
	if err == nil {
		err = m.install(m.t.Context(), credential)
	}
	if err != nil {
		m.t.Fatal(err)
	}
}

// startRuns does what the periodic job does.
func (m *testMirror) startRuns() {
	m.t.Helper()
	if err := m.insert(m.t.Context(), startArgs{}); err != nil {
		m.t.Fatal(err)
	}
}

// query returns a value from the database.
func query[V any](m *testMirror, statement string, args ...any) (value V) {
	m.t.Helper()
	if err := m.pool.QueryRow(context.Background(), statement, args...).Scan(&value); err != nil {
		m.t.Fatalf("%s: %v", statement, err)
	}
	return value
}

// wait waits until the statement returns want.
func wait[V comparable](m *testMirror, want V, statement string, args ...any) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	for {
		got := query[V](m, statement, args...)
		if got == want {
			return
		}
		if ctxtime.Sleep(ctx, 10*time.Millisecond) != nil { // PostgreSQL and River work in real time
			m.t.Fatalf("%s: got %v, want %v", statement, got, want)
		}
	}
}

const (
	countContacts = `SELECT count(*) FROM mirror_contacts`
	countIn       = `SELECT count(*) FROM mirror_contacts WHERE location_id = $1`
	countID       = `SELECT count(*) FROM mirror_contacts WHERE id = $1`
	countFullRuns = `SELECT count(*)::int FROM highlevel_exports WHERE run LIKE 'full%' AND finished_at IS NOT NULL`
	cityOf        = `SELECT coalesce(max(contact->>'city'), '') FROM mirror_contacts WHERE id = $1`
	stateOf       = `SELECT coalesce(max(state), '') FROM mirror_locations WHERE location_id = $1`
)

// waitForRuns waits until no run is in progress, and the mirror has n contacts.
func (m *testMirror) waitForRuns(n int) {
	m.t.Helper()
	wait(m, 0, `SELECT count(*) FROM river_job WHERE finalized_at IS NULL`)
	wait(m, n, countContacts)
}
