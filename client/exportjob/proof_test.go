//go:build unix

package exportjob

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// proof has the parameters of a test with worker processes.
type proof struct {
	workerConfig

	locations, contacts, kills int
	limit                      clienttest.RateLimit
	delay                      time.Duration // time that each response takes
	count                      int           // number of processes that were started

	db       *pgxpool.Pool
	api      *clienttest.Server
	inserter *river.Client[pgx.Tx]
}

// setUp starts the fake, with contacts in all locations, and inserts a job for each location.
func (p *proof) setUp(t *testing.T) {
	t.Helper()
	p.DSN = newDatabase(t)
	p.db = connect(t, p.DSN)
	p.api = clienttest.NewServer(t, clienttest.WithRateLimit(p.limit), clienttest.WithoutValidation(), clienttest.WithRequestLog(200_000))
	p.API = p.api.URL
	p.api.InjectFaults(clienttest.Fault{Operation: "searchContacts", Delay: p.delay})
	var jobs []Args
	for i := range p.locations {
		id := locationID(i)
		jobs = append(jobs, Args{LocationID: id, Run: proofRun})
		p.api.AddToken(tokenOf(id), clienttest.Grant{LocationID: id})
		if err := p.api.SeedSamplesIn(id, p.contacts); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if p.inserter, err = river.NewClient(riverpgxv5.New(p.db), &river.Config{Logger: quiet}); err != nil {
		t.Fatal(err)
	}
	if enqueued, err := Enqueue(t.Context(), p.inserter, jobs...); err != nil || len(enqueued.Inserted) != p.locations {
		t.Fatalf("got %v, error %v", enqueued, err)
	}
}

func locationID(i int) string { return fmt.Sprintf("location%012d", i) }

// client returns a client of a location.
func (p *proof) client(id string, opts ...client.Option) (*client.Client, error) {
	return client.New(client.StaticToken(tokenOf(id)), append(opts, client.WithBaseURL(p.API), client.WithLocation(id))...)
}

// startAll starts n worker processes.
func (p *proof) startAll(t *testing.T, n int) (workers []*process) {
	t.Helper()
	t.Cleanup(func() {
		for _, w := range workers {
			w.kill()
		}
	})
	for range n {
		workers = append(workers, p.start(t))
	}
	return workers
}

// process is a worker process.
type process struct {
	command  *exec.Cmd
	id       string // of its River client
	ended    chan struct{}
	replaced atomic.Int64 // attempts that another one has replaced
	started  atomic.Int64
}

func (p *proof) start(t *testing.T) *process {
	t.Helper()
	p.count++
	p.ID = fmt.Sprintf("worker-%d", p.count)
	config, err := json.Marshal(p.workerConfig)
	if err != nil {
		t.Fatal(err)
	}
	w := &process{command: exec.CommandContext(t.Context(), os.Args[0]), id: p.ID, ended: make(chan struct{})}
	w.command.Env = append(os.Environ(), childConfig+"="+string(config), "GORACE=atexit_sleep_ms=0")
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

func (w *process) signal(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := w.command.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

func (w *process) kill() {
	_ = w.command.Process.Kill()
	<-w.ended
}

// Three worker processes export all locations while processes are killed within one rescue period
// and one is frozen in a COPY of its Sink until other processes have claimed its jobs. Each contact
// is stored once, no request is rejected, no attempt fails, and the jobs repeat few requests.
// PROVE_SEED selects the processes that are killed.
func TestProof_WorkersAreKilledAndFrozen(t *testing.T) {
	if os.Getenv("PROVE") != "full" {
		t.Skip("this takes minutes of real time: run it with PROVE=full")
	}
	p := proof{
		workerConfig: workerConfig{
			Slice: 5 * time.Second, Page: 7 * time.Second, PageSize: 100, Slow: true,
			Jobs: 2, // few, so that jobs are left for the last process that is killed
		},
		locations: 30, contacts: 450, kills: 10, limit: clienttest.RateLimit{Max: 5, Interval: 5 * time.Second},
		delay: 300 * time.Millisecond,
	}
	p.setUp(t)
	workers := p.startAll(t, 3)
	frozen := p.freeze(t, workers)
	began := time.Now()
	p.killSome(t, workers[1:])
	killed := time.Since(began)
	if rescue := p.Slice + p.Page + time.Second; killed > rescue {
		t.Fatalf("the kills took %v, want less than the rescue period %v", killed, rescue)
	}
	p.thaw(t, frozen)
	await(t, 4*time.Minute, "all exports finish", func() bool {
		return query[int](t, p.db, `SELECT count(*) FROM highlevel_exports WHERE finished_at IS NOT NULL`) == p.locations
	})
	await(t, 10*time.Second, "the frozen process ends its attempts", func() bool { return frozen.replaced.Load() > 0 })
	p.check(t, killed, time.Since(began))
}

func await(t *testing.T, timeout time.Duration, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(timeout); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v, until %s", timeout, what)
		}
	}
}

// freeze stops the first process while its Sink is in a COPY.
func (p *proof) freeze(t *testing.T, workers []*process) *process {
	t.Helper()
	await(t, 30*time.Second, "all processes work", func() bool {
		return !slices.ContainsFunc(workers, func(w *process) bool { return w.started.Load() == 0 })
	})
	frozen := workers[0]
	await(t, 30*time.Second, "the process is frozen in a COPY", func() bool {
		frozen.signal(t, syscall.SIGSTOP)
		if query[bool](t, p.db, `SELECT EXISTS (SELECT 1 FROM pg_stat_activity
			WHERE application_name = $1 AND state = 'active' AND query LIKE 'copy%' AND wait_event = 'ClientRead')`, frozen.id) {
			return true
		}
		frozen.signal(t, syscall.SIGCONT)
		return false
	})
	execute(t, p.db, `CREATE TABLE frozen AS SELECT location_id, run, epoch FROM highlevel_exports e
		JOIN river_job j ON j.args->>'location_id' = location_id AND j.args->>'run' = run
		WHERE j.state = 'running' AND j.attempted_by[cardinality(j.attempted_by)] = '`+workers[0].id+`'`)
	if query[int](t, p.db, `SELECT count(*) FROM frozen`) == 0 {
		t.Fatal("the frozen process has no jobs")
	}
	return frozen
}

// thaw continues the frozen process after its jobs have been claimed by others.
func (p *proof) thaw(t *testing.T, frozen *process) {
	t.Helper()
	await(t, 2*time.Minute, "other processes claim the jobs of the frozen process", func() bool {
		return query[int](t, p.db, `SELECT count(*) FROM frozen JOIN highlevel_exports e USING (location_id, run) WHERE e.epoch = frozen.epoch`) == 0
	})
	frozen.signal(t, syscall.SIGCONT)
}

// killSome kills processes, one after the other, and replaces each by a new one.
func (p *proof) killSome(t *testing.T, workers []*process) {
	t.Helper()
	seed, err := strconv.ParseUint(cmp.Or(os.Getenv("PROVE_SEED"), strconv.FormatUint(rand.Uint64(), 10)), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	for range p.kills {
		i := random.IntN(len(workers))
		await(t, 10*time.Second, "the process works", func() bool { return workers[i].started.Load() >= int64(p.Jobs) })
		time.Sleep(time.Duration(random.Int64N(int64(p.delay))))
		workers[i].kill()
		workers[i] = p.start(t)
	}
}

func (p *proof) check(t *testing.T, killed, took time.Duration) {
	t.Helper()
	wantRows(t, p.db, proofRun, p.locations*p.contacts)
	requests, rejected := 0, 0
	for _, request := range p.api.Requests() {
		requests++
		if request.Status == 429 {
			rejected++
			for _, other := range p.api.Requests() {
				if other.LocationID == request.LocationID {
					t.Logf("%s %s %d", other.Time.Format("05.000"), other.Header.Get("User-Agent"), other.Status)
				}
			}
		}
	}
	least := p.locations * (1 + (p.contacts+p.PageSize-1)/p.PageSize)
	most := least * 12 / 10
	rescued := query[int](t, p.db, `SELECT coalesce(sum((metadata->>'river:rescue_count')::int), 0) FROM river_job`)
	t.Logf("%d locations with %d contacts each in %v: %d kills within %v, %d jobs rescued, %d requests, at least %d, %d rejected",
		p.locations, p.contacts, took.Round(time.Second), p.kills, killed.Round(time.Millisecond), rescued, requests, least, rejected)
	if requests > most || rejected > 0 || rescued <= p.kills {
		t.Errorf("got %d requests, %d rejected, %d jobs rescued, want at most %d requests, 0 rejected, more rescued than processes killed",
			requests, rejected, rescued, most)
	}
	if states := query[string](t, p.db, `SELECT string_agg(DISTINCT state::text, ' ') FROM river_job`); states != "completed" {
		t.Errorf("got jobs in the states %s, want completed", states)
	}
}
