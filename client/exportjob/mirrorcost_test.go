//go:build unix

package exportjob

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// One worker process copies 30 locations with 10,000 contacts each, at the rate limit of the API and
// a latency of 200 ms: with a full run, and after one percent of the contacts has changed with an
// incremental run. The numbers of requests are exact. The list, in pages of 100, is the baseline.
// The results are in client/BENCHMARKS.md.
func TestProof_MirrorCost(t *testing.T) {
	if os.Getenv("PROVE") != "full" {
		t.Skip("this takes minutes of real time: run it with PROVE=full")
	}
	const contacts, changed = 10_000, 100
	p := proof{
		workerConfig: workerConfig{Slice: time.Minute, Page: 30 * time.Second, PageSize: maxPageSize, Jobs: defaultWorkers, Mirror: true},
		locations:    30, contacts: contacts, delay: 200 * time.Millisecond, limit: clienttest.RateLimit{Max: 100, Interval: 10 * time.Second},
	}
	p.setUp(t)
	p.api.InjectFaults(clienttest.Fault{Operation: "getContacts", Delay: p.delay})
	createMirror(t, p.db)
	p.measure(t, "full run, list of 100", contacts/100, func() { p.list(t) })
	execute(t, p.db, `TRUNCATE mirror, exported`)
	p.measure(t, "full run, search of 500", contacts/maxPageSize+2, func() {
		w := p.startAll(t, 1)[0]
		p.awaitJobs(t)
		p.logProcess(t, w)
	})
	p.api.Advance(time.Hour) // the overlap of the next run begins after the contacts of the first one
	p.change(t, changed)
	p.api.Advance(time.Minute) // the changes no longer count for the rate limit
	p.enqueueChanges(t, "changes")
	p.measure(t, "incremental run", 1, func() { p.awaitJobs(t) })
	checkMirror(t, p.db, p.api)
	for _, table := range []string{"highlevel_exports", "highlevel_exports_seen", "river_job", "mirror"} {
		t.Logf("table %s: %d rows, %d kB", table, query[int](t, p.db, `SELECT count(*) FROM `+table),
			query[int](t, p.db, `SELECT pg_total_relation_size($1::regclass) / 1024`, table))
	}
}

// measure runs work, logs what it cost, and checks the number of requests of each location.
func (p *proof) measure(t *testing.T, name string, want int, work func()) {
	t.Helper()
	p.api.ClearRequests()
	began := time.Now()
	work()
	took := time.Since(began)
	requests, rejected := 0, 0
	for _, request := range p.api.Requests() {
		requests++
		if request.Status != 200 {
			rejected++
		}
	}
	t.Logf("%s: %d requests, %d rejected, %v", name, requests, rejected, took.Round(100*time.Millisecond))
	if requests != want*p.locations || rejected > 0 {
		t.Errorf("%s: got %d requests, want %d for each location", name, requests, want)
	}
}

// list copies the locations with the list, several at a time.
func (p *proof) list(t *testing.T) {
	t.Helper()
	locations := make(chan string)
	var group sync.WaitGroup
	for range p.Jobs {
		group.Go(func() {
			for id := range locations {
				if err := p.listLocation(t.Context(), id); err != nil {
					t.Errorf("%s: %v", id, err)
				}
			}
		})
	}
	for i := range p.locations {
		locations <- locationID(i)
	}
	close(locations)
	group.Wait()
}

func (p *proof) listLocation(ctx context.Context, id string) error {
	c, err := p.client(id)
	if err != nil {
		return err
	}
	sink := mirror(Settings{}).Sink
	for page, err := range client.Pages(ctx, "", func(ctx context.Context, after client.Cursor) (*client.Page, error) {
		return c.Contacts.List(ctx, client.ListRequest{Limit: 100, After: after})
	}) {
		if err != nil {
			return err
		}
		if err := pgx.BeginFunc(ctx, p.db, func(tx pgx.Tx) error { return sink(ctx, tx, id, page.Contacts) }); err != nil {
			return err
		}
	}
	return nil
}

// change updates n contacts of each location, at random.
func (p *proof) change(t *testing.T, n int) {
	t.Helper()
	left := map[string]int{}
	contacts := p.api.Contacts()
	for _, i := range rand.Perm(len(contacts)) {
		contact := &contacts[i]
		if left[contact.LocationID]++; left[contact.LocationID] > n {
			continue
		}
		c, err := p.client(contact.LocationID, client.WithPacer(client.Unpaced{}))
		if err == nil {
			_, err = c.Contacts.Update(t.Context(), contact.ID, client.UpdateContactRequest{City: client.Set(fmt.Sprint("City ", i))})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// logProcess logs the largest memory of a process, where the system reports it.
func (p *proof) logProcess(t *testing.T, w *process) {
	t.Helper()
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.command.Process.Pid))
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmHWM:") {
			t.Logf("memory of the process: %s", strings.Fields(line)[1:])
		}
	}
}
