package oauth_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

const (
	childRounds = "OAUTH_TEST_ROUNDS" // the number of refreshes; set in a child process
	childServer = "OAUTH_TEST_SERVER"
	childFile   = "OAUTH_TEST_FILE"
)

// child is the main function of a child process. It loads the token from the file and refreshes it
// rounds times, as if the API had rejected each token. It prints a dot for each refresh.
func child(rounds string) int {
	n, err := strconv.Atoi(rounds)
	if err != nil {
		return 2
	}
	c := config(nil)
	c.BaseURL, c.HTTPClient = os.Getenv(childServer), nil
	app, err := oauth.New(c)
	if err != nil {
		return 2
	}
	source := app.Source(oauth.NewFileStore(os.Getenv(childFile)))
	for round := range n + 1 {
		token, err := source.Token(context.Background())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if round > 0 {
			fmt.Print(".")
		}
		if round < n {
			source.Invalidate(token)
		}
	}
	return 0
}

func childCommand(ctx context.Context, server, file string, rounds int) *exec.Cmd {
	command := exec.CommandContext(ctx, os.Args[0])
	command.Env = append(os.Environ(), childRounds+"="+strconv.Itoa(rounds), childServer+"="+server, childFile+"="+file, "GORACE=atexit_sleep_ms=0")
	return command
}

// A process is killed at random times. After each kill, the file holds a complete credential whose
// refresh token the API accepts. PROVE=full kills 240 processes instead of 16.
func TestFileStore_SurvivesKills(t *testing.T) {
	t.Parallel()
	kills := 16
	if os.Getenv("PROVE") == "full" {
		kills = 240
	}
	const workers = 4
	var wait sync.WaitGroup
	for worker := range workers {
		wait.Go(func() {
			api := newFakeAPI(oauth.UserTypeLocation)
			server := httptest.NewServer(api)
			defer server.Close()
			file := filepath.Join(t.TempDir(), "credential.json")
			api.install(t, oauth.NewFileStore(file), time.Hour)
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			for range kills / workers {
				if err := killOnce(t.Context(), server.URL, file, random); err != nil {
					t.Error(err)
					return
				}
				credential, err := oauth.NewFileStore(file).Load(t.Context())
				if err != nil || !api.accepts(credential.RefreshToken.Reveal()) {
					t.Errorf("after a kill: got %s, %v, want a valid refresh token", credential.RefreshToken.Reveal(), err)
					return
				}
			}
			if entries, _ := os.ReadDir(filepath.Dir(file)); len(entries) > 4 {
				t.Errorf("got %d files after the kills, want at most 4: %v", len(entries), entries)
			}
			if _, rotations, _ := api.counts(); rotations < kills/workers || len(api.faults()) > 0 {
				t.Errorf("got %d refreshes in %d processes, faults %v, want at least one for each process", rotations, kills/workers, api.faults())
			}
		})
	}
	wait.Wait()
}

// killOnce starts a process that refreshes endlessly, and kills it at a random time after its first
// refresh.
func killOnce(ctx context.Context, server, file string, random *rand.Rand) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	command := childCommand(ctx, server, file, 1<<30)
	output, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Start(); err != nil {
		return err
	}
	first, _ := bufio.NewReader(output).ReadByte()
	<-time.After(time.Duration(random.Int64N(int64(25 * time.Millisecond))))
	_ = command.Process.Kill()
	_ = command.Wait()
	if first != '.' {
		return fmt.Errorf("the process failed: %s", stderr.String())
	}
	return nil
}

// Processes that share a file never use a refresh token twice, not even within the grace period.
func TestFileStore_ProcessesUseEachRefreshTokenOnce(t *testing.T) {
	t.Parallel()
	const processes, rounds = 4, 40
	api := newFakeAPI(oauth.UserTypeLocation)
	api.grace = 0
	server := httptest.NewServer(api)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "credential.json")
	api.install(t, oauth.NewFileStore(file), -time.Hour)
	var wait sync.WaitGroup
	for range processes {
		wait.Go(func() {
			output, err := childCommand(t.Context(), server.URL, file, rounds).CombinedOutput()
			if err != nil || len(output) != rounds {
				t.Errorf("process: got %v and output %s", err, output)
			}
		})
	}
	wait.Wait()
	requests, rotations, _ := api.counts()
	if requests != rotations || len(api.faults()) > 0 {
		t.Errorf("got %d requests for %d refresh tokens, faults %v, want one request for each", requests, rotations, api.faults())
	}
	if rotations < rounds || rotations > processes*rounds {
		t.Errorf("got %d refreshes by %d processes, want %d to %d", rotations, processes, rounds, processes*rounds)
	}
}

// Processes whose token has expired refresh it once: the first process stores the new token, and
// the others load it.
func TestFileStore_ProcessesRefreshOnce(t *testing.T) {
	t.Parallel()
	api := newFakeAPI(oauth.UserTypeLocation)
	// The other processes start during the request.
	api.before = func(*http.Request) http.HandlerFunc { <-time.After(200 * time.Millisecond); return nil }
	server := httptest.NewServer(api)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "credential.json")
	api.install(t, oauth.NewFileStore(file), -time.Hour)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if output, err := childCommand(t.Context(), server.URL, file, 0).CombinedOutput(); err != nil {
				t.Errorf("process: got %v and output %s", err, output)
			}
		})
	}
	wait.Wait()
	if requests, _, _ := api.counts(); requests != 1 {
		t.Errorf("got %d requests, want 1", requests)
	}
}
