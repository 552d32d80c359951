//go:build unix

package postgres

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/internal/pgtest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

const (
	childRounds = "POSTGRES_TEST_ROUNDS" // how often the process refreshes the token
	childAPI    = "POSTGRES_TEST_API"
	childDSN    = "POSTGRES_TEST_DSN"
	childLease  = "POSTGRES_TEST_LEASE" // duration of the lease

	testRedirect = "http://127.0.0.1/callback"
)

// runRefreshChild is the program of a child process. It gets the token, and refreshes it as often
// as rounds says, as if the API had rejected it. It prints a dot for each refresh.
func runRefreshChild(rounds string) error {
	n, err := strconv.Atoi(rounds)
	if err != nil {
		return err
	}
	db, err := sql.Open("pgx", os.Getenv(childDSN))
	if err != nil {
		return err
	}
	lease, err := time.ParseDuration(os.Getenv(childLease))
	if err != nil {
		return err
	}
	source, err := newTestSource(os.Getenv(childAPI), db, "one", lease)
	if err != nil {
		return err
	}
	for round := range n + 1 {
		token, err := source.Token(context.Background())
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

// proofLease is short, so that the next process soon refreshes after a kill.
const proofLease = time.Second

func newTestApp(api string) (*oauth.App, error) {
	return oauth.New(oauth.Config{
		ClientID: testClientID, ClientSecret: client.NewSecret(testClientSecret), BaseURL: api, RedirectURL: testRedirect,
	})
}

func newTestSource(api string, db *sql.DB, installation string, lease time.Duration) (*oauth.Source, error) {
	app, err := newTestApp(api)
	if err != nil {
		return nil, err
	}
	return app.Source(&TokenStore{db: db, installation: installation, keys: newTestKeys("a"), lease: lease}), nil
}

const (
	testClientID     = "65f0c0ffee-client"
	testClientSecret = "65f0c0ffee-secret"
)

func newTestAPI(t testing.TB) *clienttest.Server {
	t.Helper()
	return clienttest.NewServer(t, clienttest.WithApp(clienttest.App{ClientID: testClientID, ClientSecret: testClientSecret}))
}

// install stores a credential whose access token has expired.
func install(t testing.TB, api *clienttest.Server, db *sql.DB, installation string) {
	t.Helper()
	app, err := newTestApp(api.URL)
	if err != nil {
		t.Fatal(err)
	}
	credential, err := app.Exchange(t.Context(), api.AuthorizationCode(clienttest.Grant{}), oauth.UserTypeLocation)
	if err != nil {
		t.Fatal(err)
	}
	credential.Expiry = time.Now().Add(-time.Hour)
	if err := oauth.Save(t.Context(), NewTokenStore(db, installation, newTestKeys("a")), credential); err != nil {
		t.Fatal(err)
	}
}

func childCommand(ctx context.Context, api *clienttest.Server, url string, rounds int, lease time.Duration) *exec.Cmd {
	command := exec.CommandContext(ctx, os.Args[0])
	command.Env = append(os.Environ(), childRounds+"="+strconv.Itoa(rounds), childAPI+"="+api.URL, childDSN+"="+url, childLease+"="+lease.String(), "GORACE=atexit_sleep_ms=0")
	return command
}

// tokenRequests returns the number of token requests, that of install included.
func tokenRequests(api *clienttest.Server) (n int) {
	for _, request := range api.Requests() {
		if request.Path == "/oauth/token" {
			n++
		}
	}
	return n
}

func TestProcesses_RefreshExpiredTokenOnce(t *testing.T) {
	t.Parallel()
	url, api := pgtest.Database(t), newTestAPI(t)
	install(t, api, openMigrated(t, url), "one")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if out, err := childCommand(t.Context(), api, url, 0, time.Minute).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	group.Wait()
	if got := tokenRequests(api) - 1; got != 1 {
		t.Errorf("got %d refreshes by 8 processes, want 1", got)
	}
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
			source, err := newTestSource(api.URL, db, strconv.Itoa(n), leaseDuration)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := source.Token(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := tokenRequests(api) - count; got != count {
		t.Errorf("got %d refreshes, want %d", got, count)
	}
}

// Processes are killed at random times, and PostgreSQL is restarted in between. After each kill the
// API accepts the stored refresh token.
func TestProof_KillsLoseNoToken(t *testing.T) {
	if os.Getenv("PROVE") != "full" {
		t.Skip("this takes minutes of real time: run it with PROVE=full")
	}
	const kills = 200
	s, api := startServer(t), newTestAPI(t)
	install(t, api, open(t, s.URL()), "one")
	random := rand.New(rand.NewPCG(1, 2))
	for n := range kills {
		if n == kills/2 {
			s.Stop()
			s.Resume(t)
		}
		if err := killOnce(t.Context(), api, s, random); err != nil {
			t.Fatalf("kill %d: %v", n, err)
		}
		db := open(t, s.URL())
		source, err := newTestSource(api.URL, db, "one", proofLease)
		if err != nil {
			t.Fatal(err)
		}
		token, err := source.Token(t.Context())
		if err != nil {
			t.Fatalf("after kill %d: %v", n, err)
		}
		source.Invalidate(token)
		if _, err := source.Token(t.Context()); err != nil {
			t.Fatalf("after kill %d: %v", n, err)
		}
		_ = db.Close()
	}
	for _, request := range api.Requests() {
		if request.Path == "/oauth/token" && request.Status != http.StatusOK && request.Status != 0 { // 0: the process was killed
			t.Errorf("got status %d for a token request, want none that is refused", request.Status)
		}
	}
	t.Logf("%d kills, %d token requests", kills, tokenRequests(api))
}

// killOnce starts a process that refreshes without end, and kills it at a random time after its
// first refresh.
func killOnce(ctx context.Context, api *clienttest.Server, s *pgtest.Server, random *rand.Rand) error {
	command := childCommand(ctx, api, s.URL(), 1<<30, proofLease)
	output, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	var messages bytes.Buffer
	command.Stderr = &messages
	if err := command.Start(); err != nil {
		return err
	}
	first, _ := bufio.NewReader(output).ReadByte()
	time.Sleep(time.Duration(random.Int64N(int64(25 * time.Millisecond)))) // the time of the kill
	_ = command.Process.Kill()
	_ = command.Wait()
	if first != '.' {
		return fmt.Errorf("the process did not refresh: %s", messages.String())
	}
	return nil
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
	source, err := newTestSource(api.URL, db, "one", leaseDuration)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source.Token(t.Context()); err != nil {
		t.Error(err)
	}
	if got := tokenRequests(api) - 1; got != 1 {
		t.Errorf("got %d refreshes, want 1", got)
	}
}
