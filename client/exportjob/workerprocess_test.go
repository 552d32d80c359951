//go:build unix

package exportjob

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/highlevel-contacts/contacts-go/client"
)

var quiet = slog.New(slog.DiscardHandler)

const proofRun = "2026-11-24"

// childConfig is the environment variable with the workerConfig of a worker process.
const childConfig = "EXPORTJOB_TEST_WORKER"

// workerConfig is the configuration of a worker process.
type workerConfig struct {
	DSN, API, ID   string
	Slice, Page    time.Duration // slice and page timeout
	PageSize, Jobs int           // number of contacts per page, and of jobs that the process works at once
	Mirror         bool          // whether the process keeps the table mirror in step
	Slow           bool          // whether the Sink takes long enough for the process to be frozen in it
}

func tokenOf(locationID string) string { return "pit-token-of-" + locationID }

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
	var mu sync.Mutex
	clients := map[string]*client.Client{}
	settings := Settings{Sink: store(proofRun)}
	if c.Mirror {
		settings = mirror(Settings{Overlap: time.Minute})
	}
	if c.Slow {
		settings.Sink = slowly(settings.Sink)
	}
	settings.Slice, settings.PageTimeout = c.Slice, c.Page
	settings.Logger = slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w := newWorker(func(locationID string) (held *client.Client, err error) {
		mu.Lock()
		defer mu.Unlock()
		if clients[locationID] == nil {
			clients[locationID], err = client.New(client.StaticToken(tokenOf(locationID)), client.WithBaseURL(c.API),
				client.WithLocation(locationID), client.WithUserAgent(c.ID))
		}
		return clients[locationID], err
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
