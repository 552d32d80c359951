//go:build unix

package postgres

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/internal/pgtest"
)

// pacerConfig is the environment variable with the pacerJob of a child process.
const pacerConfig = "POSTGRES_TEST_PACER"

// pacerJob is the work of a child process: for each location, several callers repeatedly get a
// contact.
type pacerJob struct {
	API, Database string
	Contacts      map[string]string // location ID to contact ID
	Callers       int
	Requests      int
	Interval      time.Duration
	Until         time.Time
}

// pacerCall is the record of a call, which the child process prints.
type pacerCall struct {
	Location string
	Called   time.Time
	Started  time.Time // zero if the request was not sent
}

// statementCounter counts the statements that are sent to the server.
type statementCounter struct{ n atomic.Int64 }

func (c *statementCounter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}

func (c *statementCounter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// runPacerChild is the program of a child process, which works on a pacerJob.
func runPacerChild() error {
	var job pacerJob
	if err := json.Unmarshal([]byte(os.Getenv(pacerConfig)), &job); err != nil {
		return err
	}
	config, err := pgx.ParseConfig(job.Database)
	if err != nil {
		return err
	}
	statements := &statementCounter{}
	config.Tracer = statements
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	pacers, err := NewPacers(db, PacerSettings{Requests: job.Requests, Interval: job.Interval})
	if err != nil {
		return err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	calls := make(chan pacerCall, 1000)
	var callers sync.WaitGroup
	for location, contact := range job.Contacts {
		c, err := client.New(client.StaticToken("token-"+location), client.WithBaseURL(job.API), client.WithLocation(location),
			client.WithHTTPClient(&http.Client{Transport: transport}), client.WithRetry(client.RetryPolicy{MaxAttempts: 1}),
			client.WithPacer(pacers.Pacer(location)))
		if err != nil {
			return err
		}
		for i := range job.Callers {
			callers.Go(func() {
				// The place of a call in the queue is that of its statement. Calls in the same
				// moment delay each other.
				time.Sleep(time.Duration(i) * job.Interval / time.Duration(job.Callers))
				for time.Now().Before(job.Until) {
					calls <- callOnce(c, location, contact)
				}
			})
		}
	}
	go func() {
		callers.Wait()
		close(calls)
	}()
	encoder := json.NewEncoder(os.Stdout)
	for call := range calls {
		if err := encoder.Encode(call); err != nil {
			return err
		}
	}
	return encoder.Encode(statements.n.Load())
}

// callOnce gets the contact. If the database is unavailable, it waits before the next call.
func callOnce(c *client.Client, location, contact string) pacerCall {
	call := pacerCall{Location: location, Called: time.Now()}
	_, err := c.Contacts.Get(context.Background(), contact, client.WithOnSend(func() { call.Started = time.Now() }))
	if errors.Is(err, ErrUnavailable) {
		time.Sleep(50 * time.Millisecond) // in real time
	}
	return call
}

// pacerProcess is a running child process and what it has printed.
type pacerProcess struct {
	command    *exec.Cmd
	calls      []pacerCall
	statements int
	done       chan struct{}
}

func startPacerProcess(t *testing.T, job pacerJob) *pacerProcess {
	t.Helper()
	config, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	p := &pacerProcess{command: exec.CommandContext(t.Context(), os.Args[0]), done: make(chan struct{})}
	p.command.Env = append(os.Environ(), pacerConfig+"="+string(config), "GORACE=atexit_sleep_ms=0")
	p.command.Stderr = os.Stderr
	output, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			var call pacerCall
			if json.Unmarshal(lines.Bytes(), &call) == nil {
				p.calls = append(p.calls, call)
			} else {
				_ = json.Unmarshal(lines.Bytes(), &p.statements) // the last line
			}
		}
	}()
	return p
}

// wait waits for the end of the process, or kills it.
func (p *pacerProcess) wait(kill bool) error {
	if kill {
		_ = p.command.Process.Kill()
	}
	<-p.done
	err := p.command.Wait()
	if kill {
		return nil
	}
	return err
}

// Processes share the limits of locations. The API counts every window, and refuses no request.
// Processes that do not share the limit receive about 12 responses with status 429 for each
// location.
func TestProof_PacerOfProcesses(t *testing.T) {
	if os.Getenv("PROVE") != "full" {
		t.Skip("this takes minutes of real time: run it with PROVE=full")
	}
	const windows, leastRate, mostStatements = 6, 0.97, 2.1
	limit := clienttest.RateLimit{Max: 100, Interval: 10 * time.Second}
	step := limit.Interval
	tests := []struct {
		name        string
		kill        bool // a process is killed and replaced at every step
		crash       bool // PostgreSQL crashes, which empties the table, and is started again
		mostRefused int  // responses with status 429, per location
		steady      bool // the rate, the order and the number of statements are checked
	}{
		{name: "steady", steady: true},
		{name: "processes are killed", kill: true},
		{name: "PostgreSQL crashes", crash: true, mostRefused: limit.Max},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := newPacerRun(t, limit, windows)
			var processes, killed []*pacerProcess
			for range 4 {
				processes = append(processes, startPacerProcess(t, run.job))
			}
			steps := int(time.Duration(windows)*limit.Interval/step) - 1
			for n := range steps {
				time.Sleep(step) // in real time, as the API counts
				if test.kill {
					if err := processes[n%4].wait(true); err != nil {
						t.Error(err)
					}
					killed = append(killed, processes[n%4])
					processes[n%4] = startPacerProcess(t, run.job)
				}
				if test.crash && n == steps/2 {
					run.server.Crash()
					run.server.Resume(t)
				}
			}
			statements, requests := 0, 0
			for _, process := range processes {
				if err := process.wait(false); err != nil {
					t.Error(err)
				}
				statements += process.statements
				requests += len(process.calls)
			}
			for _, process := range append(processes, killed...) {
				run.calls = append(run.calls, process.calls...)
			}
			for location := range run.job.Contacts {
				run.checkLocation(t, location, test.mostRefused)
				if test.steady {
					run.checkRate(t, location, leastRate)
					run.checkOrder(t, location)
				}
			}
			if got := float64(statements) / float64(requests); test.steady {
				t.Logf("%.2f statements per request", got)
				if got > mostStatements {
					t.Errorf("got %.2f statements per request, want at most %.1f", got, mostStatements)
				}
			}
		})
	}
}

type pacerRun struct {
	server *pgtest.Server
	api    *clienttest.Server
	limit  clienttest.RateLimit
	job    pacerJob
	calls  []pacerCall
}

func newPacerRun(t *testing.T, limit clienttest.RateLimit, windows int) *pacerRun {
	t.Helper()
	server := startServer(t)
	api := clienttest.NewServer(t, clienttest.WithRateLimit(limit), clienttest.WithRequestLog(100_000))
	contacts := map[string]string{}
	for _, location := range clienttest.SampleLocations(8) {
		api.AddToken("token-"+location.ID, clienttest.Grant{LocationID: location.ID})
		if err := api.SeedSamplesIn(location.ID, 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, contact := range api.Contacts() {
		contacts[contact.LocationID] = contact.ID
	}
	return &pacerRun{server: server, api: api, limit: limit, job: pacerJob{
		API: api.URL, Database: server.URL(), Contacts: contacts, Callers: 10, Requests: limit.Max, Interval: limit.Interval,
		Until: time.Now().Add(time.Duration(windows) * limit.Interval),
	}}
}

// checkLocation checks what the API received for a location.
func (r *pacerRun) checkLocation(t *testing.T, location string, mostRefused int) {
	t.Helper()
	counted, refused := r.requests(location)
	if refused > mostRefused {
		t.Errorf("%s: got %d responses with status 429, want at most %d", location, refused, mostRefused)
	}
	if len(counted) <= r.limit.Max {
		t.Errorf("%s: got %d requests, want more than a window", location, len(counted))
	}
	t.Logf("%s: %d requests, %d refused, %.3f of the allowed rate", location, len(counted), refused, r.rate(counted))
}

// requests returns when the API received the requests that it counted, in order, and the number of
// those that it refused.
func (r *pacerRun) requests(location string) (counted []time.Time, refused int) {
	for _, request := range r.api.Requests() {
		switch {
		case request.LocationID != location:
		case request.Status == http.StatusTooManyRequests:
			refused++
		default:
			counted = append(counted, request.Time)
		}
	}
	slices.SortFunc(counted, time.Time.Compare)
	return counted, refused
}

// rate returns the share of the allowed rate that the requests of whole windows reached.
func (r *pacerRun) rate(counted []time.Time) float64 {
	windows := (len(counted) - 1) / r.limit.Max
	if windows < 1 {
		return 0
	}
	return float64(time.Duration(windows)*r.limit.Interval) / float64(counted[windows*r.limit.Max].Sub(counted[0]))
}

func (r *pacerRun) checkRate(t *testing.T, location string, least float64) {
	t.Helper()
	counted, _ := r.requests(location)
	if got := r.rate(counted); got < least {
		t.Errorf("%s: got %.3f of the allowed rate, want at least %.2f", location, got, least)
	}
}

// checkOrder fails the test if a call started more than 1.1 intervals before an earlier call.
func (r *pacerRun) checkOrder(t *testing.T, location string) {
	t.Helper()
	var calls []pacerCall
	for _, call := range r.calls {
		if call.Location == location && !call.Started.IsZero() {
			calls = append(calls, call)
		}
	}
	slices.SortFunc(calls, func(a, b pacerCall) int { return a.Called.Compare(b.Called) })
	var latest time.Time
	for _, call := range calls {
		if overtook := latest.Sub(call.Started); overtook > r.limit.Interval*11/10 {
			t.Errorf("%s: got a call that started %v before an earlier call, want at most 1.1 intervals", location, overtook)
		}
		if call.Started.After(latest) {
			latest = call.Started
		}
	}
}
