package bulk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/bulk"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// importChild is the environment variable of a process that runs an import.
const importChild = "BULK_IMPORT"

// TestMain runs an import instead of the tests if a test has started the binary as a child process.
func TestMain(m *testing.M) {
	if os.Getenv(importChild) == "" {
		goleak.VerifyTestMain(m) // exits
	}
	if err := importRows(os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// mixedUpserts yields n upserts. Every second one always creates a contact, so it is not
// idempotent.
func mixedUpserts(n int) iter.Seq2[int, client.UpsertContactRequest] {
	return numbered(n, func(i int) client.UpsertContactRequest {
		request := upsert(email(i), "")
		request.CreateNewIfDuplicateAllowed = client.Set(i%2 == 0)
		return request
	})
}

// importRows is the program that the test kills. It prints the rows that failed.
func importRows(url, token, location, journal, numberOfRows string) error {
	rows, err := strconv.Atoi(numberOfRows)
	if err != nil {
		return err
	}
	c, err := client.New(client.StaticToken(token), client.WithBaseURL(url), client.WithLocation(location))
	if err != nil {
		return err
	}
	j, err := bulk.OpenJournal(journal)
	if err != nil {
		return err
	}
	for i, outcome := range bulk.All(context.Background(), mixedUpserts(rows), bulk.Upsert(c), bulk.WithJournal(j, strconv.Itoa)) {
		if outcome.Err != nil {
			fmt.Println(i, outcome.Err)
		}
	}
	return j.Close()
}

// TestProof_KilledImport kills an import repeatedly. The import skips no row and creates no contact
// twice. With PROVE=full, it is killed 50 times under the production limit.
func TestProof_KilledImport(t *testing.T) {
	t.Parallel()
	rows, kills, limit := 600, 5, clienttest.RateLimit{Max: 100, Interval: 500 * time.Millisecond}
	if os.Getenv("PROVE") == "full" {
		rows, kills, limit = 3000, 50, clienttest.ProductionLimit
	}
	var mu sync.Mutex
	requests := map[string]int{}
	hl := clienttest.NewServer(t, clienttest.WithRateLimit(limit), clienttest.WithLocationSettings(clienttest.Location{AllowDuplicates: true}),
		clienttest.WithRequestHook(func(r clienttest.Request) {
			var body struct{ Email string }
			if json.Unmarshal(r.Body, &body) == nil && r.Status < 300 {
				mu.Lock()
				defer mu.Unlock()
				requests[body.Email]++
			}
		}))
	// Half of the calls are applied long before their response is complete. Each call takes half an
	// interval, so that many kills interrupt calls.
	hl.InjectFaults(clienttest.Fault{Rate: 0.5, BodyDelay: limit.Interval / 2}, clienttest.Fault{Delay: limit.Interval / 2})
	journal := filepath.Join(t.TempDir(), "journal")
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	span := time.Duration(rows/limit.Max) * limit.Interval / time.Duration(kills)
	var output bytes.Buffer
	killed := 0
	for done := false; !done; {
		command := exec.CommandContext(t.Context(), os.Args[0], hl.URL, hl.Token, hl.LocationID, journal, strconv.Itoa(rows))
		command.Env = append(os.Environ(), importChild+"=1")
		output.Reset()
		command.Stdout, command.Stderr = &output, &output
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		lifetime := time.Duration(random.Int64N(int64(span))) + 100*time.Millisecond
		if killed == kills {
			lifetime = time.Hour // until the import is done
		}
		kill := time.AfterFunc(lifetime, func() { _ = command.Process.Kill() })
		err := command.Wait()
		ended := kill.Stop()
		switch {
		case err == nil:
			done = true
		case !ended:
			killed++
		default:
			t.Fatalf("%v: %s", err, &output)
		}
	}
	ambiguous := map[int]bool{}
	for line := range strings.Lines(output.String()) {
		number, text, _ := strings.Cut(line, " ")
		if i, err := strconv.Atoi(number); err == nil && strings.Contains(text, client.ErrMaybeApplied.Error()) {
			ambiguous[i] = true
		} else {
			t.Errorf("the last run printed %q", line)
		}
	}
	stored := map[string]int{}
	for _, contact := range hl.Contacts() {
		stored[contact.Email]++
	}
	retried := 0
	for i := range rows {
		if n := stored[email(i)]; n > 1 || n == 0 && !ambiguous[i] {
			t.Errorf("row %d: got %d contacts, ambiguous %v", i, n, ambiguous[i])
		}
		retried += max(0, requests[email(i)]-1)
	}
	if retried > 100*killed || killed != kills {
		t.Errorf("%d calls were retried after %d kills, want %d kills", retried, killed, kills)
	}
	t.Logf("%d rows, %d kills: %d calls retried, %d rows ambiguous", rows, killed, retried, len(ambiguous))
}
