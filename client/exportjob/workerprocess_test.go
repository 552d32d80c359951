//go:build unix

package exportjob

import (
	"context"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/highlevel-contacts/contacts-go/client"
)

var quiet = slog.New(slog.DiscardHandler)

const (
	childDSN    = "EXPORTJOB_TEST_DSN"
	childAPI    = "EXPORTJOB_TEST_API"
	childSlice  = "EXPORTJOB_TEST_SLICE"  // duration
	childPage   = "EXPORTJOB_TEST_PAGE"   // page timeout
	childID     = "EXPORTJOB_TEST_ID"     // of the River client
	childJobs   = "EXPORTJOB_TEST_JOBS"   // how many jobs the process works at once
	childMirror = "EXPORTJOB_TEST_MIRROR" // set if the process keeps the table mirror in step
	proofRun    = "2026-11-24"
)

func tokenOf(locationID string) string { return "pit-token-of-" + locationID }

// runWorkerProcess is the program of a worker process.
func runWorkerProcess() error {
	ctx := context.Background()
	db, err := pgxpool.New(ctx, os.Getenv(childDSN)+"&application_name="+os.Getenv(childID))
	if err != nil {
		return err
	}
	w, err := childWorker(os.Getenv(childAPI), os.Getenv(childSlice), os.Getenv(childPage))
	if err != nil {
		return err
	}
	jobs, err := strconv.Atoi(os.Getenv(childJobs))
	if err != nil {
		return err
	}
	config := &river.Config{
		FetchPollInterval: 50 * time.Millisecond, FetchCooldown: 10 * time.Millisecond, JobTimeout: time.Second, Logger: quiet,
		ID: os.Getenv(childID), Queues: map[string]river.QueueConfig{Queue: {MaxWorkers: jobs}},
	}
	if err := configureProof(config, w); err != nil {
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

// configureProof rescues jobs one second after their timeout.
func configureProof(config *river.Config, w river.Worker[Args]) error {
	config.RescueStuckJobsAfter = w.Timeout(nil) + time.Second
	return Configure(config, w)
}

func childWorker(api, slice, page string) (river.Worker[Args], error) {
	sliceDuration, err := time.ParseDuration(slice)
	if err != nil {
		return nil, err
	}
	pageDuration, err := time.ParseDuration(page)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	held := map[string]*client.Client{}
	clients := func(locationID string) (c *client.Client, err error) {
		mu.Lock()
		defer mu.Unlock()
		if held[locationID] == nil {
			held[locationID], err = client.New(client.StaticToken(tokenOf(locationID)), client.WithBaseURL(api), client.WithLocation(locationID), client.WithUserAgent(os.Getenv(childID)))
		}
		return held[locationID], err
	}
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelDebug}))
	settings := Settings{Sink: store(proofRun)}
	if os.Getenv(childMirror) != "" {
		settings = mirror(Settings{Overlap: time.Minute})
	}
	settings.Slice, settings.PageTimeout, settings.Logger = sliceDuration, pageDuration, logger
	return newWorker(clients, slowly(settings.Sink), settings), nil
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
