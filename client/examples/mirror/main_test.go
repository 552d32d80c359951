//go:build unix

package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/internal/ctxtime"
	"github.com/highlevel-contacts/contacts-go/client/internal/pgtest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/postgres"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// patience is the longest wait of a test.
const patience = time.Minute

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

	t      *testing.T
	fake   *clienttest.Server
	url    string // of the status page
	key    ed25519.PrivateKey
	events atomic.Int64
}

func newKeys(t *testing.T, secret string) postgres.Keys {
	t.Helper()
	keys, err := postgres.NewKeys(postgres.Key{ID: "1", Secret: client.NewSecret(strings.Repeat(secret, 32))})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// newTestConfig returns the configuration of a mirror of a fake at a URL, with the database dsn.
func newTestConfig(t *testing.T, apiURL, dsn string) config {
	t.Helper()
	app, appID, err := newApp(oauth.Config{
		ClientID: "app-1", ClientSecret: client.NewSecret("secret"), BaseURL: apiURL, RedirectURL: "https://mirror.example/callback",
	})
	if err != nil {
		t.Fatal(err)
	}
	return config{
		dsn: dsn, baseURL: apiURL, app: app, appID: appID, keys: newKeys(t, "k"), workers: 2, every: time.Hour,
		logger: slog.New(slog.DiscardHandler),
	}
}

// newTestMirror opens a mirror of a fake in a database of its own. It runs after start.
func newTestMirror(t *testing.T, fake *clienttest.Server, change ...func(*config)) *testMirror {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := newTestConfig(t, fake.URL, pgtest.Database(t))
	c.webhookKey = public
	for _, f := range change {
		f(&c)
	}
	m, err := openMirror(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.close)
	return &testMirror{mirror: m, t: t, fake: fake, key: private}
}

// start runs the mirror until the end of the test. It waits for the first run, which the start of the
// mirror causes.
func (m *testMirror) start() {
	m.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // on this machine
	if err != nil {
		m.t.Fatal(err)
	}
	m.url = "http://" + listener.Addr().String()
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

// send delivers a webhook with the given properties, and returns the status of the response.
func (m *testMirror) send(properties map[string]any) int {
	m.t.Helper()
	if properties["timestamp"] == nil {
		properties["timestamp"] = time.Now()
	}
	properties["webhookId"] = fmt.Sprint("event-", m.events.Add(1))
	body, err := json.Marshal(properties)
	if err != nil {
		m.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(m.t.Context(), http.MethodPost, "/webhooks", strings.NewReader(string(body)))
	r.Header.Set("X-GHL-Signature", base64.StdEncoding.EncodeToString(ed25519.Sign(m.key, body)))
	handler, err := m.handler()
	if err != nil {
		m.t.Fatal(err)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Code
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
	cityOf        = `SELECT coalesce(max(contact->>'city'), '') FROM mirror_contacts WHERE id = $1`
	countID       = `SELECT count(*) FROM mirror_contacts WHERE id = $1`
)

// waitForRuns waits until the mirror has n contacts and no run is in progress.
func (m *testMirror) waitForRuns(n int) {
	m.t.Helper()
	wait(m, n, countContacts)
	wait(m, 0, `SELECT count(*) FROM river_job WHERE finalized_at IS NULL`)
}

// get returns the body of a page of the mirror.
func (m *testMirror) get(path string) string {
	m.t.Helper()
	request, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, m.url+path, http.NoBody)
	if err != nil {
		m.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		m.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		m.t.Fatalf("%s: got %s, error %v", path, response.Status, err)
	}
	return string(body)
}
