//go:build unix

package exportjob

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/internal/ctxtime"
)

// proof is a test with worker processes, at the rate limit of the API.
type proof struct {
	workerConfig

	locations []string
	db        *pgxpool.Pool
	api       *clienttest.Server
	inserter  *river.Client[pgx.Tx]
	processes int // number of processes that were started
}

// newProof starts the fake, with 30 locations, whose lists and searches take a while.
func newProof(t *testing.T, config workerConfig, contacts int, latency time.Duration) *proof {
	t.Helper()
	if os.Getenv("PROVE") != "full" {
		t.Skip("this takes minutes of real time: run it with PROVE=full")
	}
	p := &proof{workerConfig: config, api: clienttest.NewServer(t, clienttest.WithoutValidation(), clienttest.WithRequestLog(200_000))}
	p.API, p.DSN = p.api.URL, newDatabase(t)
	p.db = connect(t, p.DSN)
	createMirror(t, p.db)
	for _, operation := range []string{"searchContacts", "getContacts"} {
		p.api.InjectFaults(clienttest.Fault{Operation: operation, Delay: latency})
	}
	for _, location := range clienttest.SampleLocations(30) {
		p.locations = append(p.locations, location.ID)
		p.api.AddToken(tokenOf(location.ID), clienttest.Grant{LocationID: location.ID})
		if err := p.api.SeedSamplesIn(location.ID, contacts); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if p.inserter, err = river.NewClient(riverpgxv5.New(p.db), &river.Config{Logger: quiet}); err != nil {
		t.Fatal(err)
	}
	return p
}

// enqueue inserts a job for each location that has no unfinished one.
func (p *proof) enqueue(t *testing.T, run string, full bool) {
	t.Helper()
	exports, err := Exports(t.Context(), p.db)
	if err != nil {
		t.Fatal(err)
	}
	through := map[string]time.Time{}
	for _, e := range exports {
		through[e.LocationID] = e.Through
	}
	var jobs []Args
	for _, id := range p.locations {
		args := Args{LocationID: id, Run: run}
		if !full {
			args.Since = through[id]
		}
		jobs = append(jobs, args)
	}
	if _, err := Enqueue(t.Context(), p.inserter, jobs...); err != nil {
		t.Fatal(err)
	}
}

func (p *proof) awaitJobs(t *testing.T) {
	t.Helper()
	await(t, 4*time.Minute, "all jobs are completed", func() bool {
		return query[int](t, p.db, `SELECT count(*) FROM river_job WHERE state <> 'completed'`) == 0
	})
}

func (p *proof) start(t *testing.T) *process {
	t.Helper()
	p.processes++
	return p.workerConfig.start(t, fmt.Sprintf("worker-%d", p.processes))
}

// changeContacts creates, changes and deletes contacts of all locations at random until end is called,
// which returns the number of changes.
func (p *proof) changeContacts(t *testing.T) (end func() int) {
	t.Helper()
	contacts, changes := p.api.Contacts(), 0
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		for ; ctx.Err() == nil; changes++ {
			i, city := rand.IntN(len(contacts)), fmt.Sprint("City ", changes)
			contact := contacts[i]
			c, err := p.client(contact.LocationID, client.WithPacer(client.Unpaced{}), client.WithUserAgent("changes"))
			if err != nil {
				t.Error(err)
				return
			}
			switch rand.IntN(5) {
			case 0:
				var created *client.Contact
				if created, err = c.Contacts.Create(t.Context(), client.CreateContactRequest{FirstName: "New", City: city}); err == nil {
					contacts = append(contacts, *created)
				}
			case 1:
				contacts = slices.Delete(contacts, i, i+1)
				err = c.Contacts.Delete(t.Context(), contact.ID)
			default:
				_, err = c.Contacts.Update(t.Context(), contact.ID, client.UpdateContactRequest{City: client.Set(city)})
			}
			if err != nil {
				t.Error(err)
			}
			_ = ctxtime.Sleep(ctx, 20*time.Millisecond)
		}
	})
	return func() int {
		cancel()
		group.Wait()
		return changes
	}
}

// Three worker processes keep a mirror of all locations in step, while contacts are created, changed
// and deleted, processes are killed, and one is frozen in a COPY of its Sink until others have claimed
// its jobs. In the end, the mirror equals the API, each run has stored what it counted, no attempt has
// failed, and few requests were repeated.
func TestProof_MirrorEqualsAPI(t *testing.T) {
	for _, pageSize := range []int{100, maxPageSize} {
		t.Run(fmt.Sprint("pages of ", pageSize), func(t *testing.T) {
			// With two jobs in a process, some are left for the last process that is killed.
			p := newProof(t, workerConfig{Slice: 5 * time.Second, Page: 7 * time.Second, PageSize: pageSize, Jobs: 2, Slow: true}, 950, 100*time.Millisecond)
			p.enqueue(t, "the first full run", true)
			frozen, first, second := p.start(t), p.start(t), p.start(t)
			end := p.changeContacts(t)
			p.freeze(t, frozen)
			for range 3 {
				first, second = p.replace(t, first), p.replace(t, second)
			}
			await(t, 2*time.Minute, "other processes claim the jobs of the frozen process", func() bool {
				return query[int](t, p.db, `SELECT count(*) FROM frozen JOIN highlevel_exports e USING (location_id, run) WHERE e.epoch = frozen.epoch`) == 0
			})
			frozen.signal(t, syscall.SIGCONT)
			await(t, 10*time.Second, "the frozen process ends its attempts", func() bool { return frozen.replaced.Load() > 0 })
			for run := range 4 {
				_ = ctxtime.Sleep(t.Context(), 4*time.Second) // the processes work in real time
				p.enqueue(t, fmt.Sprint("changes ", 2*run), false)
				first = p.replace(t, first)
				_ = ctxtime.Sleep(t.Context(), 4*time.Second)
				p.enqueue(t, fmt.Sprint("changes ", 2*run+1), false)
				second = p.replace(t, second)
			}
			changes := end()
			p.awaitJobs(t)
			p.enqueue(t, "the last changes", false)
			p.awaitJobs(t)
			p.enqueue(t, "the last full run", true)
			p.awaitJobs(t)
			checkMirror(t, p.db, p.api)
			if rows, counted := query[int](t, p.db, `SELECT count(*) FROM exported WHERE run IS NOT NULL`), query[int](t, p.db, `SELECT sum(contacts) FROM highlevel_exports`); rows != counted {
				t.Errorf("got %d contacts in the Sink, want the %d of the exports", rows, counted)
			}
			p.checkRequests(t, changes)
		})
	}
}

// freeze stops a process while its Sink is in a COPY, and stores its jobs in the table frozen.
func (p *proof) freeze(t *testing.T, w *process) {
	t.Helper()
	await(t, 30*time.Second, "the process is frozen in a COPY", func() bool {
		w.signal(t, syscall.SIGSTOP)
		if query[bool](t, p.db, `SELECT EXISTS (SELECT 1 FROM pg_stat_activity
			WHERE application_name = $1 AND state = 'active' AND query LIKE 'copy%' AND wait_event = 'ClientRead')`, w.id) {
			return true
		}
		w.signal(t, syscall.SIGCONT)
		return false
	})
	execute(t, p.db, `CREATE TABLE frozen AS SELECT location_id, run, epoch FROM highlevel_exports e
		JOIN river_job j ON j.args->>'location_id' = location_id AND j.args->>'run' = run
		WHERE j.state = 'running' AND j.attempted_by[cardinality(j.attempted_by)] = '`+w.id+`'`)
	if query[int](t, p.db, `SELECT count(*) FROM frozen`) == 0 {
		t.Fatal("the frozen process has no jobs")
	}
}

// replace kills a process while it works, and starts another one.
func (p *proof) replace(t *testing.T, w *process) *process {
	t.Helper()
	await(t, 30*time.Second, "the process works", func() bool { return w.started.Load() > 0 })
	time.Sleep(time.Duration(rand.Int64N(int64(100 * time.Millisecond))))
	w.kill()
	return p.start(t)
}

// checkRequests compares the number of requests with the least: the pages of each run, one request
// before those of a full run, and one for each contact that was checked.
func (p *proof) checkRequests(t *testing.T, changes int) {
	t.Helper()
	requests, rejected, checked := 0, 0, map[string]bool{}
	for _, request := range p.api.Requests() {
		if strings.HasPrefix(request.Header.Get("User-Agent"), "changes") {
			continue
		}
		requests++
		switch {
		case request.Status == 429:
			rejected++
		case request.Operation == "getContact":
			checked[request.Path] = true
		}
	}
	least := len(checked) + query[int](t, p.db, `SELECT sum(greatest(1, ceil(contacts / $1::float8))
		+ CASE WHEN updated_since IS NULL THEN 1 ELSE 0 END)::int FROM highlevel_exports`, p.PageSize)
	rescued := query[int](t, p.db, `SELECT coalesce(sum((metadata->>'river:rescue_count')::int), 0) FROM river_job`)
	t.Logf("%d changes, %d exports, %d processes, %d jobs rescued, %d contacts checked, %d requests, at least %d",
		changes, query[int](t, p.db, `SELECT count(*) FROM highlevel_exports`), p.processes, rescued, len(checked), requests, least)
	if requests > least*12/10 || rejected > 0 || rescued == 0 {
		t.Errorf("got %d requests, %d rejected, %d jobs rescued, want at most 1.2 times %d, none rejected, some rescued", requests, rejected, rescued, least)
	}
}

// One worker process copies 30 locations with 10,000 contacts each, at a latency of 200 ms: with a full
// run, and after one percent of the contacts has changed with an incremental run. The numbers of
// requests are exact. The list, in pages of 100, is the baseline. The results are in
// client/BENCHMARKS.md.
func TestProof_MirrorCost(t *testing.T) {
	const contacts, changed = 10_000, 100
	p := newProof(t, workerConfig{Slice: time.Minute, Page: 30 * time.Second, PageSize: maxPageSize, Jobs: defaultWorkers}, contacts, 200*time.Millisecond)
	p.measure(t, "full run, list of 100", contacts/100, func() { p.list(t) })
	execute(t, p.db, `TRUNCATE mirror, exported`)
	w := p.start(t)
	p.measure(t, "full run, search of 500", contacts/maxPageSize+2, func() {
		p.enqueue(t, "full", true)
		p.awaitJobs(t)
	})
	p.api.Advance(time.Hour) // the overlap of the next run begins after the contacts of the first one
	for _, id := range p.locations {
		c, err := p.client(id, client.WithPacer(client.Unpaced{}))
		if err != nil {
			t.Fatal(err)
		}
		for _, contactID := range query[[]string](t, p.db, `SELECT (array_agg(id))[:$2] FROM mirror WHERE location_id = $1`, id, changed) {
			if _, err := c.Contacts.Update(t.Context(), contactID, client.UpdateContactRequest{City: client.Set("Oslo")}); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.api.Advance(time.Minute) // the changes no longer count for the rate limit
	p.measure(t, "incremental run", 1, func() {
		p.enqueue(t, "changes", false)
		p.awaitJobs(t)
	})
	checkMirror(t, p.db, p.api)
	t.Logf("memory of the process: %s", w.memory())
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
	requests := len(p.api.Requests())
	t.Logf("%s: %d requests, %v", name, requests, time.Since(began).Round(100*time.Millisecond))
	if requests != want*len(p.locations) {
		t.Errorf("%s: got %d requests, want %d for each location", name, requests, want)
	}
}

// list copies the locations with the list, as many at a time as the process works jobs.
func (p *proof) list(t *testing.T) {
	t.Helper()
	sink, slots := mirror(Settings{}).Sink, make(chan struct{}, p.Jobs)
	var group sync.WaitGroup
	defer group.Wait()
	for _, id := range p.locations {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			c, err := p.client(id)
			if err != nil {
				t.Error(err)
				return
			}
			for page, err := range client.Pages(t.Context(), "", func(ctx context.Context, after client.Cursor) (*client.Page, error) {
				return c.Contacts.List(ctx, client.ListRequest{Limit: 100, After: after})
			}) {
				if err == nil {
					err = pgx.BeginFunc(t.Context(), p.db, func(tx pgx.Tx) error { return sink(t.Context(), tx, id, page.Contacts) })
				}
				if err != nil {
					t.Errorf("%s: %v", id, err)
				}
			}
		})
	}
}
