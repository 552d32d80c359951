//go:build unix

package exportjob

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/highlevel-contacts/contacts-go/client"
)

var quiet = slog.New(slog.DiscardHandler)

// childConfig is the environment variable with the workerConfig of a worker process.
const childConfig = "EXPORTJOB_TEST_WORKER"

// workerConfig is the configuration of a process that keeps the table mirror in step.
type workerConfig struct {
	DSN, API, ID   string
	Slice, Page    time.Duration // slice and page timeout
	PageSize, Jobs int           // number of contacts per page, and of jobs that the process works at once
	Slow           bool          // whether the Sink takes long enough for the process to be frozen in it
}

func tokenOf(locationID string) string { return "pit-token-of-" + locationID }

// client returns a client of a location.
func (c workerConfig) client(locationID string, opts ...client.Option) (*client.Client, error) {
	return client.New(client.StaticToken(tokenOf(locationID)), append(opts, client.WithBaseURL(c.API), client.WithLocation(locationID))...)
}

// runWorkerProcess is the program of a worker process.
func runWorkerProcess() error {
	var c workerConfig
	if err := json.Unmarshal([]byte(os.Getenv(childConfig)), &c); err != nil {
		return err
	}
	ctx := context.Background()
	db, err := pgxpool.New(ctx, c.DSN+"&application_name="+c.ID)
	if err != nil {
		return err
	}
	w := c.worker()
	config := &river.Config{
		FetchPollInterval: 50 * time.Millisecond, FetchCooldown: 10 * time.Millisecond, JobTimeout: time.Second, Logger: quiet,
		ID: c.ID, Queues: map[string]river.QueueConfig{Queue: {MaxWorkers: c.Jobs}},
		RescueStuckJobsAfter: w.Timeout(nil) + time.Second,
	}
	if err := Configure(config, w); err != nil {
		return err
	}
	rc, err := river.NewClient(riverpgxv5.New(db), config)
	if err != nil {
		return err
	}
	if err := rc.Start(ctx); err != nil {
		return err
	}
	select {} // until it is killed
}

func (c workerConfig) worker() river.Worker[Args] {
	var clients sync.Map
	settings := mirror(Settings{
		Overlap: time.Minute, Slice: c.Slice, PageTimeout: c.Page,
		Logger: slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if c.Slow {
		settings.Sink = slowly(settings.Sink)
	}
	w := newWorker(func(locationID string) (*client.Client, error) {
		created, err := c.client(locationID)
		held, _ := clients.LoadOrStore(locationID, created)
		return held.(*client.Client), err //nolint:forcetypeassert // all values are clients
	}, settings.Sink, settings)
	w.(*worker).pageSize = c.PageSize //nolint:forcetypeassert // newWorker returns a *worker
	return w
}

// slowly returns sink with a COPY of a few milliseconds before it, in which the process is frozen.
func slowly(sink Sink) Sink {
	return func(ctx context.Context, tx pgx.Tx, locationID string, contacts []client.Contact) error {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"exported"}, []string{"id"}, pgx.CopyFromFunc(func() ([]any, error) {
			time.Sleep(20 * time.Millisecond) // in real time, as the test signals the process
			return nil, nil
		})); err != nil {
			return err
		}
		return sink(ctx, tx, locationID, contacts)
	}
}

// process is a worker process.
type process struct {
	command  *exec.Cmd
	id       string // of its River client
	ended    chan struct{}
	replaced atomic.Int64 // attempts that another one has replaced
	started  atomic.Int64
}

// start starts a worker process, which ends with the test.
func (c workerConfig) start(t *testing.T, id string) *process {
	t.Helper()
	c.ID = id
	config, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	w := &process{command: exec.CommandContext(t.Context(), os.Args[0]), id: id, ended: make(chan struct{})}
	w.command.Env = append(os.Environ(), childConfig+"="+string(config), "GORACE=atexit_sleep_ms=0")
	output, err := w.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	w.command.Stderr = w.command.Stdout
	if err := w.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.kill)
	go func() {
		defer close(w.ended)
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
		_ = w.command.Wait()
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

// memory returns the largest memory of the process, where the system reports it.
func (w *process) memory() string {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.command.Process.Pid))
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line)
}
