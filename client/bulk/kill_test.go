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

// TestMain runs an import instead of the tests if a test has started the binary as a child process.
func TestMain(m *testing.M) {
	if os.Getenv("BULK_IMPORT_URL") == "" {
		goleak.VerifyTestMain(m) // exits
	}
	if err := importRows(); err != nil {
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
func importRows() error {
	rows, err := strconv.Atoi(os.Getenv("BULK_IMPORT_ROWS"))
	if err != nil {
		return err
	}
	c, err := client.New(client.StaticToken(os.Getenv("BULK_IMPORT_TOKEN")), client.WithBaseURL(os.Getenv("BULK_IMPORT_URL")),
		client.WithLocation(os.Getenv("BULK_IMPORT_LOCATION")))
	if err != nil {
		return err
	}
	j, err := bulk.OpenJournal(os.Getenv("BULK_IMPORT_JOURNAL"))
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
		command := exec.CommandContext(t.Context(), os.Args[0])
		command.Env = append(os.Environ(), "BULK_IMPORT_URL="+hl.URL, "BULK_IMPORT_TOKEN="+hl.Token, "BULK_IMPORT_LOCATION="+hl.LocationID,
			"BULK_IMPORT_JOURNAL="+journal, "BULK_IMPORT_ROWS="+strconv.Itoa(rows))
		output.Reset()
		command.Stdout, command.Stderr = &output, &output
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		var kill *time.Timer
		if killed < kills {
			kill = time.AfterFunc(time.Duration(random.Int64N(int64(span)))+100*time.Millisecond, func() { _ = command.Process.Kill() })
		}
		err := command.Wait()
		switch {
		case err == nil:
			done = true
			if kill != nil {
				kill.Stop()
			}
		case kill != nil && !kill.Stop():
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
