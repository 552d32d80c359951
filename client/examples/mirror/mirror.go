package main

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"log/slog"
	"net"
	"net/http"
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

// config is what a mirror needs.
type config struct {
	dsn        string
	schema     string            // schema of all tables; empty for the search path of the database
	baseURL    string            // base URL of the API; empty for the real one
	webhookKey ed25519.PublicKey // key of the webhooks; nil for that of HighLevel
	app        *oauth.App
	appID      string // ID of the app in the marketplace
	keys       postgres.Keys
	workers    int           // number of locations, and of contacts of webhooks, that the process reads at once
	every      time.Duration // time between two runs
	logger     *slog.Logger
}

// mirror is a process that keeps the table in step.
type mirror struct {
	config

	pool      *pgxpool.Pool
	db        *sql.DB // the same connections, for package postgres
	locations *locations
	river     *river.Client[pgx.Tx]
}

// openMirror connects to the database, creates the tables, and checks the keys. It starts nothing.
func openMirror(ctx context.Context, c config) (*mirror, error) {
	pool, err := connect(ctx, c.dsn, c.schema, c.workers)
	if err != nil {
		return nil, err
	}
	m := &mirror{config: c, pool: pool, db: stdlib.OpenDBFromPool(pool)}
	if err = m.migrate(ctx); err == nil {
		err = m.prepare(ctx)
	}
	if err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

// connect opens a pool. All tables are in schema; if it is empty, they are in the search path of the
// database.
func connect(ctx context.Context, dsn, schema string, workers int) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("DATABASE_URL is invalid") // the error could quote the password
	}
	if schema != "" {
		config.ConnConfig.RuntimeParams["search_path"] = schema
	}
	// River listens on a connection of its own, and maintains its tables by a few more.
	config.MaxConns = max(config.MaxConns, int32(2*workers)+5) //nolint:gosec // River allows 10,000 workers
	return pgxpool.NewWithConfig(ctx, config)
}

func (m *mirror) migrate(ctx context.Context) error {
	if err := postgres.Migrate(ctx, m.db); err != nil {
		return err
	}
	if err := exportjob.Migrate(ctx, m.pool); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, m.pool, func(tx pgx.Tx) error {
		const lock int64 = 0x6d6972726f72 // "mirror": several processes can start at once
		_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lock)
		if err == nil {
			_, err = tx.Exec(ctx, createLocations+createContacts)
		}
		return err
	})
}

// prepare creates the parts that use the tables.
func (m *mirror) prepare(ctx context.Context) (err error) {
	if m.locations, err = newLocations(m); err != nil {
		return err
	}
	if err := m.locations.checkKeys(ctx); err != nil {
		return err
	}
	m.river, err = m.newRiver()
	return err
}

func (m *mirror) close() {
	_ = m.db.Close()
	m.pool.Close()
}

// newRiver returns the client of the queue, with the three kinds of jobs: the start of a run, the
// export of a location, and the refresh of a contact. One of the processes is River's leader, which
// inserts the periodic job.
func (m *mirror) newRiver() (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &startWorker{mirror: m})
	river.AddWorker(workers, &refreshWorker{mirror: m})
	settings := &river.Config{
		Logger:          m.logger,
		Workers:         workers,
		SoftStopTimeout: 5 * time.Second, // a page that is canceled is requested again
		// River notifies the processes of a new job, except shortly after another one.
		FetchPollInterval: 500 * time.Millisecond,
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: 2},
			exportjob.Queue:    {MaxWorkers: m.workers},
			refreshQueue:       {MaxWorkers: m.workers},
		},
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(m.every),
			func() (river.JobArgs, *river.InsertOpts) { return startArgs{}, nil }, &river.PeriodicJobOpts{ID: "mirror", RunOnStart: true})},
	}
	worker, err := exportjob.NewWorker(exportjob.Settings{
		Clients: m.locations.export, Sink: storeContacts, Stored: storedContacts, Missing: deleteContacts,
		Uninstalled: disconnect, Logger: m.logger,
	})
	if err != nil {
		return nil, err
	}
	if err := exportjob.Configure(settings, worker); err != nil {
		return nil, err
	}
	return river.NewClient(riverpgxv5.New(m.pool), settings)
}

// run works until ctx is canceled.
func (m *mirror) run(ctx context.Context, listener net.Listener) error {
	handler, err := m.handler()
	if err != nil {
		return err
	}
	if err := m.river.Start(ctx); err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	m.logger.InfoContext(ctx, "mirror is ready", "listen", listener.Addr().String(), "every", m.every)
	select {
	case err := <-served:
		return errors.Join(err, m.river.StopAndCancel(context.WithoutCancel(ctx)))
	case <-m.river.Stopped():
		_ = server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
}

// handler serves the status page, the installation of the app, and its webhooks.
func (m *mirror) handler() (http.Handler, error) {
	webhooks, err := m.webhooks()
	if err != nil {
		return nil, err
	}
	install := oauth.InstallHandler(m.app, m.install, &oauth.InstallSettings{
		Installed: func(w http.ResponseWriter, r *http.Request, _ oauth.Credential) {
			http.Redirect(w, r, "/", http.StatusSeeOther)
		},
	})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", m.showPage)
	mux.Handle("GET /install", install)
	mux.Handle("GET /callback", install) // the path of HIGHLEVEL_REDIRECT_URL
	mux.Handle("POST /webhooks", webhooks)
	return mux, nil
}

// install stores the credential of a new installation, and starts the export of its locations.
func (m *mirror) install(ctx context.Context, credential oauth.Credential) error {
	if err := m.locations.save(ctx, credential); err != nil {
		return err
	}
	return m.insert(ctx, startArgs{LocationID: credential.LocationID})
}

func (m *mirror) insert(ctx context.Context, args river.JobArgs) error {
	_, err := m.river.Insert(ctx, args, nil)
	return err
}
