//go:build unix

package exportjob

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/internal/ctxtime"
)

// jobsOfProcess is the number of jobs that a process works at once. It is small enough for jobs to
// be left for the last process that is killed.
const jobsOfProcess = 2

// proof has the parameters of a test with worker processes.
type proof struct {
	locations, contacts, kills int
	limit                      clienttest.RateLimit
	delay                      time.Duration // of each response
	slice, page                time.Duration
	count                      int  // number of processes that were started
	natural                    bool // the worker processes elect the leader, which rescues jobs every 30 seconds
}

// process is a worker process.
type process struct {
	command  *exec.Cmd
	id       string // of its River client
	ended    chan struct{}
	replaced atomic.Int64 // attempts that another one has replaced
	started  atomic.Int64
}

func (p *proof) start(t *testing.T, api, dsn string) *process {
	t.Helper()
	p.count++
	w := &process{
		command: exec.CommandContext(t.Context(), os.Args[0]), id: fmt.Sprintf("worker-%d", p.count), ended: make(chan struct{}),
	}
	w.command.Env = append(os.Environ(), childDSN+"="+dsn, childAPI+"="+api, childSlice+"="+p.slice.String(),
		childPage+"="+p.page.String(), childID+"="+w.id, childJobs+"="+strconv.Itoa(jobsOfProcess), "GORACE=atexit_sleep_ms=0")
	if p.natural {
		w.command.Env = append(w.command.Env, childLeader+"=1")
	}
	output, input := io.Pipe()
	w.command.Stdout, w.command.Stderr = input, input
	if err := w.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for lines := bufio.NewScanner(output); lines.Scan(); {
			switch line := lines.Text(); {
			case strings.Contains(line, "export attempt was replaced"):
				w.replaced.Add(1)
			case strings.Contains(line, "export attempt started"):
				w.started.Add(1)
			case strings.Contains(line, "level=ERROR"), !strings.HasPrefix(line, "time="):
				t.Errorf("a worker process printed %q", line)
			}
		}
	}()
	go func() {
		defer close(w.ended)
		_ = w.command.Wait()
		_ = input.Close()
	}()
	return w
}

func (w *process) kill() {
	_ = w.command.Process.Kill()
	<-w.ended
}

// Three worker processes export all locations while processes are killed within one rescue period
// and one is frozen until other processes have claimed its jobs. Each contact is stored once, no
// request is rejected, and each job repeats one request at most. PROVE=full kills 10 processes, and
// leaves the rescue to River's own schedule.
func TestProof_WorkersAreKilledAndFrozen(t *testing.T) {
	p := proof{
		locations: 18, contacts: 500, kills: 5, limit: clienttest.RateLimit{Max: 3, Interval: 2 * time.Second},
		delay: 200 * time.Millisecond, slice: 1500 * time.Millisecond, page: 3 * time.Second,
	}
	if os.Getenv("PROVE") == "full" {
		p = proof{
			locations: 30, contacts: 500, kills: 10, limit: clienttest.RateLimit{Max: 5, Interval: 5 * time.Second},
			delay: 300 * time.Millisecond, slice: 5 * time.Second, page: 7 * time.Second, natural: true,
		}
	}
	dsn := newDatabase(t)
	db := connect(t, dsn)
	api := clienttest.NewServer(t, clienttest.WithRateLimit(p.limit), clienttest.WithoutValidation())
	api.InjectFaults(clienttest.Fault{Operation: "getContacts", Delay: p.delay})
	var locations []string
	for i := range p.locations {
		id := fmt.Sprintf("location%012d", i)
		locations = append(locations, id)
		api.AddToken(clienttest.Token{Value: tokenOf(id), LocationID: id})
		if err := api.SeedSamplesIn(id, p.contacts); err != nil {
			t.Fatal(err)
		}
	}
	inserter, err := river.NewClient(riverpgxv5.New(db), &river.Config{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	if enqueued, err := Enqueue(t.Context(), inserter, proofRun, locations...); err != nil || len(enqueued.Inserted) != p.locations {
		t.Fatalf("got %v, error %v", enqueued, err)
	}
	var workers []*process
	t.Cleanup(func() {
		for _, w := range workers {
			w.kill()
		}
	})
	for range 3 {
		workers = append(workers, p.start(t, api.URL, dsn))
	}
	frozen := p.freeze(t, db, workers)
	began := time.Now()
	p.killSome(t, api.URL, dsn, workers[1:])
	killed := time.Since(began)
	if rescue := p.slice + p.page + time.Second; killed > rescue {
		t.Fatalf("the kills took %v, want less than the rescue period %v", killed, rescue)
	}
	if !p.natural {
		leader := p.lead(t, db, api.URL)
		defer leader()
	}
	p.thaw(t, db, frozen)
	await(t, 4*time.Minute, "all exports finish", func() bool {
		return query[int](t, db, `SELECT count(*) FROM contacts_go_exports WHERE finished_at IS NOT NULL`) == p.locations
	})
	await(t, 10*time.Second, "the frozen process ends its attempts", func() bool { return frozen.replaced.Load() > 0 })
	p.check(t, db, api, killed, time.Since(began))
}

func await(t *testing.T, timeout time.Duration, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(timeout); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v, until %s", timeout, what)
		}
	}
}

// freeze stops the first process while it works on jobs.
func (p *proof) freeze(t *testing.T, db *pgxpool.Pool, workers []*process) *process {
	t.Helper()
	await(t, 30*time.Second, "all processes work", func() bool {
		return !slices.ContainsFunc(workers, func(w *process) bool { return w.started.Load() == 0 })
	})
	await(t, 10*time.Second, "a page is stored", func() bool {
		return query[int](t, db, `SELECT count(*) FROM contacts_go_exports WHERE contacts > 0`) > 0
	})
	if err := workers[0].command.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	execute(t, db, `CREATE TABLE frozen AS SELECT location_id, run, epoch FROM contacts_go_exports e
		JOIN river_job j ON j.args->>'location_id' = location_id
		WHERE j.state = 'running' AND j.attempted_by[cardinality(j.attempted_by)] = '`+workers[0].id+`'`)
	if query[int](t, db, `SELECT count(*) FROM frozen`) == 0 {
		t.Fatal("the frozen process has no jobs")
	}
	return workers[0]
}

// thaw continues the frozen process after its jobs have been claimed by others.
func (p *proof) thaw(t *testing.T, db *pgxpool.Pool, frozen *process) {
	t.Helper()
	await(t, 2*time.Minute, "other processes claim the jobs of the frozen process", func() bool {
		return query[int](t, db, `SELECT count(*) FROM frozen JOIN contacts_go_exports e USING (location_id, run) WHERE e.epoch = frozen.epoch`) == 0
	})
	if err := frozen.command.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

// killSome kills processes, one after the other, and replaces each by a new one.
func (p *proof) killSome(t *testing.T, api, dsn string, workers []*process) {
	t.Helper()
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	for range p.kills {
		i := random.IntN(len(workers))
		await(t, 10*time.Second, "the process works", func() bool { return workers[i].started.Load() >= jobsOfProcess })
		time.Sleep(time.Duration(random.Int64N(int64(p.delay))))
		workers[i].kill()
		workers[i] = p.start(t, api, dsn)
	}
}

// lead starts and stops River's leader repeatedly until end is called, because a leader rescues
// jobs as soon as it starts.
func (p *proof) lead(t *testing.T, db *pgxpool.Pool, api string) (end func()) {
	t.Helper()
	w, err := childWorker(api, p.slice.String(), p.page.String())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		for ctx.Err() == nil {
			config := &river.Config{TestOnly: true, JobTimeout: time.Second, Logger: quiet}
			config.Queues = map[string]river.QueueConfig{Queue: {MaxWorkers: 1}, "leader": {MaxWorkers: 1}}
			if err := configureProof(config, w); err != nil {
				t.Error(err)
				return
			}
			delete(config.Queues, Queue)
			rc, err := river.NewClient(riverpgxv5.New(db), config)
			if err == nil {
				err = rc.Start(context.WithoutCancel(ctx))
			}
			if err != nil {
				t.Error(err)
				return
			}
			_ = ctxtime.Sleep(ctx, 400*time.Millisecond)
			if err := rc.StopAndCancel(context.WithoutCancel(ctx)); err != nil {
				t.Error(err)
			}
		}
	})
	return func() {
		cancel()
		group.Wait()
	}
}

func (p *proof) check(t *testing.T, db *pgxpool.Pool, api *clienttest.Server, killed, took time.Duration) {
	t.Helper()
	wantRows(t, db, proofRun, p.locations*p.contacts)
	requests, rejected := 0, 0
	for _, request := range api.Requests() {
		requests++
		if request.Status == 429 {
			rejected++
			for _, other := range api.Requests() {
				if other.LocationID == request.LocationID {
					t.Logf("%s %s %d after %s", other.Time.Format("05.000"), other.Header.Get("User-Agent"), other.Status, other.Query.Get("startAfterId"))
				}
			}
		}
	}
	least := p.locations * ((p.contacts + pageSize - 1) / pageSize)
	most := least * 12 / 10
	rescued := query[int](t, db, `SELECT coalesce(sum((metadata->>'river:rescue_count')::int), 0) FROM river_job`)
	t.Logf("%d locations with %d contacts each in %v: %d kills within %v, %d jobs rescued, %d requests, at least %d, %d rejected",
		p.locations, p.contacts, took.Round(time.Second), p.kills, killed.Round(time.Millisecond), rescued, requests, least, rejected)
	if requests > most || rejected > 0 || rescued <= p.kills {
		t.Errorf("got %d requests, %d rejected, %d jobs rescued, want at most %d requests, 0 rejected, more rescued than processes killed",
			requests, rejected, rescued, most)
	}
	if states := query[string](t, db, `SELECT string_agg(DISTINCT state::text, ' ') FROM river_job`); states != "completed" {
		t.Errorf("got jobs in the states %s, want completed", states)
	}
}
