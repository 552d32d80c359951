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
	childRole   = "OAUTH_TEST_CHILD" // how often the process is to renew
	childServer = "OAUTH_TEST_SERVER"
	childFile   = "OAUTH_TEST_FILE"
)

// child is the program of a process of its own: it takes the token in the file, and renews it as often as told, as if the API had
// refused each. It prints a dot for each renewal.
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
	command.Env = append(os.Environ(), childRole+"="+strconv.Itoa(rounds), childServer+"="+server, childFile+"="+file, "GORACE=atexit_sleep_ms=0")
	return command
}

// A process is killed at random moments, and the file holds at each a whole pair that the API accepts.
func TestFileStore_SurvivesKills(t *testing.T) {
	t.Parallel()
	kills := 240
	if testing.Short() {
		kills = 40
	}
	const lanes = 4
	enough := time.Now().Add(15 * time.Second) // on a slow machine
	var wait sync.WaitGroup
	for lane := range lanes {
		wait.Go(func() {
			v := newVendor(oauth.UserTypeLocation)
			server := httptest.NewServer(v)
			defer server.Close()
			file := filepath.Join(t.TempDir(), "credential.json")
			v.install(t, oauth.NewFileStore(file), time.Hour)
			random := rand.New(rand.NewPCG(1, uint64(lane)))
			lives := 0
			for ; lives < kills/lanes && time.Now().Before(enough); lives++ {
				if err := killOnce(t.Context(), server.URL, file, random); err != nil {
					t.Error(err)
					return
				}
				credential, err := oauth.NewFileStore(file).Load(t.Context())
				if err != nil || !v.accepts(credential.RefreshToken.Reveal()) {
					t.Errorf("after a kill: %v; accepted: %t", err, v.accepts(credential.RefreshToken.Reveal()))
					return
				}
			}
			t.Logf("%d kills", lives)
			if entries, _ := os.ReadDir(filepath.Dir(file)); len(entries) > 4 {
				t.Errorf("the kills left %d files behind: %v", len(entries), entries)
			}
			if _, rotations, _ := v.counts(); rotations < lives || len(v.faults()) > 0 {
				t.Errorf("%d renewals in %d lives, %v", rotations, lives, v.faults())
			}
		})
	}
	wait.Wait()
}

// killOnce starts a process that renews without end, and kills it a random moment after its first renewal.
func killOnce(ctx context.Context, server, file string, random *rand.Rand) error {
	command := childCommand(ctx, server, file, 1<<30)
	output, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	var said bytes.Buffer
	command.Stderr = &said
	if err := command.Start(); err != nil {
		return err
	}
	first, _ := bufio.NewReader(output).ReadByte()
	time.Sleep(time.Duration(random.Int64N(int64(25 * time.Millisecond)))) // the moment of the kill
	_ = command.Process.Kill()
	_ = command.Wait()
	if first != '.' {
		return fmt.Errorf("the process said: %s", said.String())
	}
	return nil
}

// Processes on one file never use a refresh token twice, not even within its grace.
func TestFileStore_ProcessesUseEachRefreshTokenOnce(t *testing.T) {
	t.Parallel()
	const processes, rounds = 4, 40
	v := newVendor(oauth.UserTypeLocation)
	v.grace = 0
	server := httptest.NewServer(v)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "credential.json")
	v.install(t, oauth.NewFileStore(file), -time.Hour)
	var wait sync.WaitGroup
	for range processes {
		wait.Go(func() {
			output, err := childCommand(t.Context(), server.URL, file, rounds).CombinedOutput()
			if err != nil || len(output) != rounds {
				t.Errorf("%v: %s", err, output)
			}
		})
	}
	wait.Wait()
	requests, rotations, _ := v.counts()
	if requests != rotations || len(v.faults()) > 0 {
		t.Errorf("%d requests for %d refresh tokens, %v", requests, rotations, v.faults())
	}
	if rotations < rounds || rotations > processes*rounds {
		t.Errorf("%d renewals by %d processes with %d tokens each", rotations, processes, rounds)
	}
}

// Processes whose token ended at the same time renew it once: who comes second takes what the first stored.
func TestFileStore_ProcessesRefreshOnce(t *testing.T) {
	t.Parallel()
	v := newVendor(oauth.UserTypeLocation)
	v.before = func(*http.Request) http.HandlerFunc { time.Sleep(200 * time.Millisecond); return nil } // all come meanwhile
	server := httptest.NewServer(v)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "credential.json")
	v.install(t, oauth.NewFileStore(file), -time.Hour)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if output, err := childCommand(t.Context(), server.URL, file, 0).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, output)
			}
		})
	}
	wait.Wait()
	if requests, _, _ := v.counts(); requests != 1 {
		t.Errorf("%d renewals, want 1", requests)
	}
}
