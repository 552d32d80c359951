//go:build unix

package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/internal/pgtest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// job is the work of a child process: requests for locations, or refreshes of a token.
type job struct {
	API, Database string

	Locations []string  // locations for which ten callers each send requests
	Until     time.Time // when they end

	Refreshes int           // number of refreshes after the first token
	Lease     time.Duration // duration of the lease
}

func (j job) run(ctx context.Context) error {
	db, err := sql.Open("pgx", j.Database)
	if err != nil {
		return err
	}
	if len(j.Locations) > 0 {
		return j.request(ctx, db)
	}
	return j.refresh(ctx, db)
}

const callersOfLocation = 10

// request sends requests until the end of the job.
func (j job) request(ctx context.Context, db *sql.DB) error {
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	pacers, err := NewPacers(db, PacerSettings{})
	if err != nil {
		return err
	}
	transport := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	var callers sync.WaitGroup
	defer callers.Wait()
	for _, location := range j.Locations {
		c, err := client.New(client.StaticToken("token-"+location), client.WithBaseURL(j.API), client.WithLocation(location),
			client.WithHTTPClient(transport), client.WithRetry(client.RetryPolicy{MaxAttempts: 1}), client.WithPacer(pacers.Pacer(location)))
		if err != nil {
			return err
		}
		for range callersOfLocation {
			callers.Go(func() {
				for time.Now().Before(j.Until) {
					if _, err := c.Contacts.Get(ctx, "missing"); errors.Is(err, ErrUnavailable) {
						time.Sleep(50 * time.Millisecond) // in real time
					}
				}
			})
		}
	}
	return nil
}

// refresh gets the token, and refreshes it as if the API had rejected it. It prints a dot for each
// refresh.
func (j job) refresh(ctx context.Context, db *sql.DB) error {
	source := newTestSource(j.API, db, "one", j.Lease)
	for round := range j.Refreshes + 1 {
		token, err := source.Token(ctx)
		if err != nil {
			return err
		}
		if round > 0 {
			fmt.Print(".")
		}
		source.Invalidate(token)
	}
	return nil
}

// Processes share the limits of locations. The API counts every window, and refuses no request.
// Processes that do not share the limit receive about 12 responses with status 429 for each
// location.
func TestProof_PacerOfProcesses(t *testing.T) {
	if os.Getenv("PROVE") != "full" {
		t.Skip("this takes minutes of real time: run it with PROVE=full")
	}
	const windows, interval, limit = 6, 10 * time.Second, 100
	for _, row := range []struct {
		name        string
		kill        bool    // a process is killed and replaced in every interval
		crash       bool    // PostgreSQL crashes, which empties the table, and is started again
		mostRefused int     // responses with status 429, per location
		leastRate   float64 // share of the allowed rate
	}{
		{name: "steady", leastRate: 0.97},
		{name: "processes are killed", kill: true, leastRate: 0.9},
		{name: "PostgreSQL crashes", crash: true, mostRefused: limit, leastRate: 0.8},
	} {
		t.Run(row.name, func(t *testing.T) {
			server := startServer(t)
			api := clienttest.NewServer(t, clienttest.WithRequestLog(100_000))
			j := job{API: api.URL, Database: server.URL(), Until: time.Now().Add(windows * interval)}
			for _, location := range clienttest.SampleLocations(8) {
				j.Locations = append(j.Locations, location.ID)
				api.AddToken("token-"+location.ID, clienttest.Grant{LocationID: location.ID})
			}
			var processes []*exec.Cmd
			for range 4 {
				process, _ := j.start(t)
				processes = append(processes, process)
			}
			for n := range windows - 1 {
				time.Sleep(interval) // in real time, as the API counts
				if row.kill {
					_ = processes[n%4].Process.Kill()
					_ = processes[n%4].Wait()
					processes[n%4], _ = j.start(t)
				}
				if row.crash && n == windows/2 {
					server.Crash()
					server.Resume(t)
				}
			}
			for _, process := range processes {
				if err := process.Wait(); err != nil {
					t.Error(err)
				}
			}
			for _, location := range j.Locations {
				rate, refused := rateOf(api, location, limit, interval)
				t.Logf("%s: %d refused, %.3f of the allowed rate", location, refused, rate)
				if refused > row.mostRefused || rate < row.leastRate {
					t.Errorf("%s: got %d responses with status 429 and %.3f of the allowed rate, want at most %d, and at least %.2f",
						location, refused, rate, row.mostRefused, row.leastRate)
				}
			}
			if row.crash {
				return // the server's numbers begin again
			}
			// The server counts each statement as a transaction. A slot that a killed process did not use cost
			// one, and a connection about seven: its start, what it prepares, and the joins of a new process.
			db, requests := open(t, server.URL()), len(api.Requests())
			transactions := query[int](t, db, `SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()`)
			connections := query[int](t, db, `SELECT sessions FROM pg_stat_database WHERE datname = current_database()`)
			unused := query[int](t, db, `SELECT sum(last_id - epoch) FROM highlevel_limits`) - requests
			statements := float64(transactions-unused-7*connections) / float64(requests)
			t.Logf("%d statements, %d requests, %d unused slots, %d connections: %.2f statements for a request",
				transactions, requests, unused, connections, statements)
			if statements > 2.1 {
				t.Errorf("got %.2f statements for a request, want at most 2.1", statements)
			}
		})
	}
}

// rateOf returns the share of the allowed rate that the requests of a location reached in whole
// windows, and the number of those that the API refused.
func rateOf(api *clienttest.Server, location string, limit int, interval time.Duration) (rate float64, refused int) {
	var counted []time.Time
	for _, request := range api.Requests() {
		switch {
		case request.LocationID != location:
		case request.Status == http.StatusTooManyRequests:
			refused++
		default:
			counted = append(counted, request.Time)
		}
	}
	slices.SortFunc(counted, time.Time.Compare)
	windows := (len(counted) - 1) / limit
	if windows < 1 {
		return 0, refused
	}
	return float64(time.Duration(windows)*interval) / float64(counted[windows*limit].Sub(counted[0])), refused
}

const (
	testClientID     = "65f0c0ffee-client"
	testClientSecret = "65f0c0ffee-secret"
)

func newTestApp(api string) *oauth.App {
	app, err := oauth.New(oauth.Config{
		ClientID: testClientID, ClientSecret: client.NewSecret(testClientSecret), BaseURL: api, RedirectURL: "http://127.0.0.1/callback",
	})
	if err != nil {
		panic(err)
	}
	return app
}

func newTestSource(api string, db *sql.DB, installation string, lease time.Duration) *oauth.Source {
	return newTestApp(api).Source(&TokenStore{db: db, installation: installation, keys: newTestKeys("a"), lease: lease})
}

func newTestAPI(t testing.TB) *clienttest.Server {
	t.Helper()
	return clienttest.NewServer(t, clienttest.WithApp(clienttest.App{ClientID: testClientID, ClientSecret: testClientSecret}))
}

// install stores a credential whose access token has expired.
func install(t testing.TB, api *clienttest.Server, db *sql.DB, installation string) {
	t.Helper()
	credential, err := newTestApp(api.URL).Exchange(t.Context(), api.AuthorizationCode(clienttest.Grant{}), oauth.UserTypeLocation)
	if err != nil {
		t.Fatal(err)
	}
	credential.Expiry = time.Now().Add(-time.Hour)
	if err := oauth.Save(t.Context(), NewTokenStore(db, installation, newTestKeys("a")), credential); err != nil {
		t.Fatal(err)
	}
}

// checkRefreshes checks the number of token requests, besides those of install.
func checkRefreshes(t *testing.T, api *clienttest.Server, installations, want int) {
	t.Helper()
	got := -installations
	for _, request := range api.Requests() {
		if request.Path == "/oauth/token" {
			got++
		}
	}
	if got != want {
		t.Errorf("got %d refreshes, want %d", got, want)
	}
}

func TestProcesses_RefreshExpiredTokenOnce(t *testing.T) {
	t.Parallel()
	url, api := newTestURL(t), newTestAPI(t)
	install(t, api, open(t, url), "one")
	var group sync.WaitGroup
	for range 4 {
		process, _ := job{API: api.URL, Database: url, Lease: time.Minute}.start(t)
		group.Go(func() {
			if err := process.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	checkRefreshes(t, api, 1, 1)
}

// A lock that pins a connection fails here: each refresh needs another connection for its swap.
func TestTokenStore_MoreRefreshesThanConnections(t *testing.T) {
	t.Parallel()
	db, api := newTestDB(t), newTestAPI(t)
	db.SetMaxOpenConns(4)
	const count = 8
	for n := range count {
		install(t, api, db, strconv.Itoa(n))
	}
	var group sync.WaitGroup
	for n := range count {
		group.Go(func() {
			if _, err := newTestSource(api.URL, db, strconv.Itoa(n), leaseDuration).Token(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	checkRefreshes(t, api, count, count)
}

// Processes are killed at random times, and PostgreSQL is restarted in between. After each kill the
// API accepts the stored refresh token.
func TestProof_KillsLoseNoToken(t *testing.T) {
	if os.Getenv("PROVE") != "full" {
		t.Skip("this takes minutes of real time: run it with PROVE=full")
	}
	const kills = 200
	const lease = time.Second // short, so that the next process soon refreshes after a kill
	s, api := startServer(t), newTestAPI(t)
	install(t, api, open(t, s.URL()), "one")
	for n := range kills {
		if n == kills/2 {
			s.Stop()
			s.Resume(t)
		}
		killOne(t, job{API: api.URL, Database: s.URL(), Lease: lease, Refreshes: 1 << 30})
		db := open(t, s.URL())
		source := newTestSource(api.URL, db, "one", lease)
		for range 2 {
			token, err := source.Token(t.Context())
			if err != nil {
				t.Fatalf("after kill %d: %v", n, err)
			}
			source.Invalidate(token)
		}
		_ = db.Close()
	}
	for _, request := range api.Requests() {
		if request.Path == "/oauth/token" && request.Status != http.StatusOK && request.Status != 0 { // 0: the process was killed
			t.Errorf("got status %d for a token request, want none that is refused", request.Status)
		}
	}
}

// killOne starts a process that refreshes without end, and kills it at a random time after its
// first refresh.
func killOne(t *testing.T, j job) {
	t.Helper()
	process, output := j.start(t)
	_, err := output.Read(make([]byte, 1))
	time.Sleep(rand.N(25 * time.Millisecond)) // the time of the kill
	_ = process.Process.Kill()
	_ = process.Wait()
	if err != nil {
		t.Fatalf("the process did not refresh: %v", err)
	}
}

// A connection pooler in transaction mode runs each statement in another session, and the driver
// cannot prepare statements. Here each statement has a connection of its own.
func TestSessions_HoldNoState(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.Database(t)+"&default_query_exec_mode=exec")
	db.SetMaxIdleConns(-1)
	if err := Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	waitAll(t, 3, newTestPacer(t, db), newTestPacer(t, db))
	api := newTestAPI(t)
	install(t, api, db, "one")
	if _, err := newTestSource(api.URL, db, "one", leaseDuration).Token(t.Context()); err != nil {
		t.Error(err)
	}
	checkRefreshes(t, api, 1, 1)
}
