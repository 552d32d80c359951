package main

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/highlevel-contacts/contacts-go/client/exportjob"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/postgres"
)

// config is what a service needs.
type config struct {
	dsn     string
	schema  string // of all tables; empty for the search path of the database
	baseURL string // of the API; empty for the real one
	workers int    // locations at once
	app     *oauth.App
	keys    postgres.Keys
	logger  *slog.Logger
}

// service is a process that exports contacts.
type service struct {
	config

	pool      *pgxpool.Pool
	db        *sql.DB // the same connections, for package postgres
	directory *directory
}

// connect opens a pool for a number of workers. All tables are in schema; if it is empty, they are
// in the search path of the database.
func connect(ctx context.Context, dsn, schema string, workers int) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("DATABASE_URL is invalid") // the error could quote the password
	}
	if schema != "" {
		config.ConnConfig.RuntimeParams["search_path"] = schema
	}
	// River listens on a connection of its own, and maintains its tables by a few more.
	config.MaxConns = max(config.MaxConns, int32(workers)+5) //nolint:gosec // River allows 10,000 workers
	return pgxpool.NewWithConfig(ctx, config)
}

// newService connects to the database and creates the tables.
func newService(ctx context.Context, c config) (*service, error) {
	pool, err := connect(ctx, c.dsn, c.schema, c.workers)
	if err != nil {
		return nil, err
	}
	s := &service{config: c, pool: pool, db: stdlib.OpenDBFromPool(pool)}
	s.directory = newDirectory(c.app, c.baseURL, s.db, c.keys, c.logger)
	if err := s.migrate(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *service) migrate(ctx context.Context) error {
	if err := postgres.Migrate(ctx, s.db); err != nil {
		return err
	}
	if err := exportjob.Migrate(ctx, s.pool); err != nil {
		return err
	}
	return createContacts(ctx, s.pool)
}

func (s *service) close() {
	_ = s.db.Close()
	s.pool.Close()
}

// run works until ctx is canceled.
func (s *service) run(ctx context.Context, at daily, listen string) error {
	rc, err := s.newRiver(at)
	if err != nil {
		return err
	}
	if listen != "" {
		stop, err := s.serve(ctx, listen)
		if err != nil {
			return err
		}
		defer stop()
	}
	if err := rc.Start(ctx); err != nil {
		return err
	}
	s.logger.InfoContext(ctx, "nightly export is ready", "run", at.runName(time.Now()), "next", at.Next(time.Now()), "listen", listen)
	<-rc.Stopped()
	return nil
}

// newRiver returns the River client. One of the processes is River's leader, which starts the
// export of the night. When a leader starts, it starts the latest export, in case no process was
// running at its time; if that has finished, this has no effect.
func (s *service) newRiver(at daily) (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &startWorker{directory: s.directory, pool: s.pool, logger: s.logger})
	start := func() (river.JobArgs, *river.InsertOpts) { return startArgs{Run: at.runName(time.Now())}, nil }
	settings := &river.Config{
		Logger:          s.logger,
		Workers:         workers,
		SoftStopTimeout: 5 * time.Second, // a page that is canceled is requested again
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: 1},
			exportjob.Queue:    {MaxWorkers: s.workers},
		},
		PeriodicJobs: []*river.PeriodicJob{
			river.NewPeriodicJob(at, start, &river.PeriodicJobOpts{ID: "nightly", RunOnStart: true}),
		},
	}
	worker, err := exportjob.NewWorker(exportjob.Settings{Clients: s.directory.client, Sink: storeContacts, Logger: s.logger})
	if err != nil {
		return nil, err
	}
	if err := exportjob.Configure(settings, worker); err != nil {
		return nil, err
	}
	return river.NewClient(riverpgxv5.New(s.pool), settings)
}
