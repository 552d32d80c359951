package oauth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// childProcess is the environment variable of a child process.
const childProcess = "OAUTH_TEST_CHILD"

// TestMain runs the tests, or the main function of a child process that a test has started.
func TestMain(m *testing.M) {
	if os.Getenv(childProcess) == "" {
		goleak.VerifyTestMain(m) // exits
	}
	if err := child(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child is the main function of a child process. It loads the token from the file and refreshes it
// repeatedly, as if the API had rejected each token. It prints a dot for each refresh.
func child(server, file, rounds string) error {
	n, err := strconv.Atoi(rounds)
	if err != nil {
		return err
	}
	c := config(nil)
	c.BaseURL, c.HTTPClient = server, nil
	app, err := oauth.New(c)
	if err != nil {
		return err
	}
	source := app.Source(oauth.NewFileStore(file))
	token, err := source.Token(context.Background())
	for round := 0; round < n && err == nil; round++ {
		source.Invalidate(token)
		if token, err = source.Token(context.Background()); err == nil {
			fmt.Print(".")
		}
	}
	return err
}

func childCommand(ctx context.Context, server, file string, rounds int) *exec.Cmd {
	command := exec.CommandContext(ctx, os.Args[0], server, file, strconv.Itoa(rounds))
	command.Env = append(os.Environ(), childProcess+"=1", "GORACE=atexit_sleep_ms=0")
	return command
}

// serveAPI serves the fake to other processes. It returns the address, and a file with the
// credential of an installation.
func serveAPI(t *testing.T, grace time.Duration) (api *fakeAPI, address, file string) {
	t.Helper()
	api = newFakeAPI(t, clienttest.WithApp(clienttest.App{ClientID: clientID, ClientSecret: clientSecret, RefreshTokenGracePeriod: grace}))
	server := httptest.NewServer(api.Handler())
	t.Cleanup(server.Close)
	file = filepath.Join(t.TempDir(), "credential.json")
	save(t, oauth.NewFileStore(file), api.newCredential(t, oauth.UserTypeLocation, -time.Hour))
	return api, server.URL, file
}

// A process is killed at a random time. After each kill, the file holds a complete credential whose
// refresh token the API accepts. PROVE=full kills 240 processes instead of 16.
func TestFileStore_SurvivesKills(t *testing.T) {
	t.Parallel()
	kills := 4
	if os.Getenv("PROVE") == "full" {
		kills = 60
	}
	for worker := range uint64(4) {
		t.Run(strconv.FormatUint(worker, 10), func(t *testing.T) {
			t.Parallel()
			api, address, file := serveAPI(t, 0)
			app := newApp(t, config(api))
			random := rand.New(rand.NewPCG(1, worker))
			for range kills {
				if err := killOnce(t.Context(), address, file, random.Int64N(10)); err != nil {
					t.Fatal(err)
				}
				source := app.Source(oauth.NewFileStore(file))
				source.Invalidate(mustToken(t.Context(), t, source))
				mustToken(t.Context(), t, source)
			}
			if entries, _ := os.ReadDir(filepath.Dir(file)); len(entries) > 4 {
				t.Errorf("got %d files after the kills, want at most 4: %v", len(entries), entries)
			}
		})
	}
}

// killOnce starts a process that refreshes endlessly, and kills it after some refreshes.
func killOnce(ctx context.Context, server, file string, refreshes int64) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	command := childCommand(ctx, server, file, 1<<30)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.StdoutPipe()
	if err := errors.Join(err, command.Start()); err != nil {
		return err
	}
	_, err = io.CopyN(io.Discard, output, 1+refreshes)
	_ = command.Process.Kill()
	_ = command.Wait()
	if err != nil {
		return fmt.Errorf("the process failed: %s", stderr.String())
	}
	return nil
}

// Processes that share a file never use a refresh token twice, not even within the grace period.
func TestFileStore_ProcessesUseEachRefreshTokenOnce(t *testing.T) {
	t.Parallel()
	const processes, rounds = 4, 40
	api, address, file := serveAPI(t, time.Nanosecond) // the fake refuses a used refresh token
	concurrently(processes, func() {
		output, err := childCommand(t.Context(), address, file, rounds).CombinedOutput()
		if err != nil || len(output) != rounds {
			t.Errorf("process: got %v and output %s", err, output)
		}
	})
	for _, request := range api.Requests() {
		if request.Status != 200 {
			t.Errorf("got a request with the status %d", request.Status)
		}
	}
	if got := refreshes(api); got < rounds || got > processes*rounds {
		t.Errorf("got %d refreshes by %d processes, want %d to %d", got, processes, rounds, processes*rounds)
	}
}

// refreshes returns the number of requests with a refresh token.
func refreshes(api *fakeAPI) (n int) {
	for _, request := range api.Requests() {
		if bytes.Contains(request.Body, []byte("grant_type=refresh_token")) {
			n++
		}
	}
	return n
}

// A process that cannot write to files has a store that is like one on a full disk. It reports the
// error before it sends the refresh token, and does not change the file.
func TestFileStore_DiskFull(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no limit for the size of files")
	}
	api, address, file := serveAPI(t, 0)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	command := childCommand(t.Context(), address, file, 1)
	command.Path, command.Args = "/bin/sh", append([]string{"sh", "-c", `ulimit -f 0 && exec "$0" "$@"`}, command.Args...)
	if output, err := command.CombinedOutput(); err == nil || !bytes.Contains(output, []byte("lock the store")) || !bytes.Contains(output, []byte("too large")) {
		t.Errorf("child process: got %v\n%s", err, output)
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(after, before) || refreshes(api) != 0 {
		t.Errorf("got another file than before, %v, or %d refreshes", err, refreshes(api))
	}
	mustToken(t.Context(), t, newApp(t, config(api)).Source(oauth.NewFileStore(file))) // the disk has space again
}
