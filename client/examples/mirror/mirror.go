package main

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/exportjob"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/postgres"
	"github.com/highlevel-contacts/contacts-go/client/webhook"
)

// config is what a mirror needs.
type config struct {
	dsn         string
	schema      string            // schema of all tables; empty for the search path of the database
	oauthConfig oauth.Config      // the app, and the base URL of the API if it is not the real one
	tokenKey    client.Secret     // encrypts the stored tokens
	webhookKey  ed25519.PublicKey // verifies the webhooks
	workers     int               // number of locations, and of contacts of webhooks, that the process reads at once
	every       time.Duration     // time between two runs
	poll        time.Duration     // time after which River looks for jobs, unless PostgreSQL has notified it before
	logger      *slog.Logger
}

// mirror is a process that keeps the table in step.
type mirror struct {
	config

	app    *oauth.App
	keys   postgres.Keys
	pool   *pgxpool.Pool
	db     *sql.DB // the same connections, for package postgres
	pacers *postgres.Pacers
	river  *river.Client[pgx.Tx]

	mu      sync.Mutex
	sources map[string]*oauth.Source // by installation
}

// openMirror connects to the database, creates the tables, and checks the keys. It starts nothing.
func openMirror(ctx context.Context, c config) (_ *mirror, err error) {
	pool, err := connect(ctx, c.dsn, c.schema, c.workers)
	if err != nil {
		return nil, err
	}
	m := &mirror{config: c, pool: pool, db: stdlib.OpenDBFromPool(pool), sources: map[string]*oauth.Source{}}
	defer func() {
		if err != nil {
			m.close()
		}
	}()
	m.oauthConfig.MarketplaceURL = m.oauthConfig.BaseURL // another API has its own consent page
	m.oauthConfig.Scopes = []string{"contacts.readonly", "oauth.readonly", "oauth.write"}
	if m.app, err = oauth.New(m.oauthConfig); err != nil {
		return nil, err
	}
	if m.keys, err = postgres.NewKeys(postgres.Key{ID: "1", Secret: m.tokenKey}); err != nil {
		return nil, fmt.Errorf("TOKEN_KEY: %w", err)
	}
	if m.pacers, err = postgres.NewPacers(m.db, postgres.PacerSettings{Logger: m.logger}); err != nil {
		return nil, err
	}
	if m.river, err = m.newRiver(); err != nil {
		return nil, err
	}
	if err := postgres.Migrate(ctx, m.db); err != nil {
		return nil, err
	}
	if err := exportjob.Migrate(ctx, m.pool); err != nil {
		return nil, err
	}
	const lock = `SELECT pg_advisory_xact_lock(7381);` // several processes can start at once
	if _, err := m.pool.Exec(ctx, lock+createLocations+createContacts); err != nil {
		return nil, err
	}
	return m, m.checkKeys(ctx)
}

func (m *mirror) close() {
	_ = m.db.Close()
	m.pool.Close()
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

// newRiver returns the client of the queue, with the three kinds of jobs: the start of a run, the
// export of a location, and the refresh of a contact. One of the processes is River's leader, which
// inserts the periodic job.
func (m *mirror) newRiver() (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(m.startExports))
	river.AddWorker(workers, river.WorkFunc(m.refresh))
	settings := &river.Config{
		Logger:            m.logger,
		Workers:           workers,
		SoftStopTimeout:   5 * time.Second, // a page that is canceled is requested again
		FetchCooldown:     m.poll / 5,
		FetchPollInterval: m.poll,
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: 2},
			exportjob.Queue:    {MaxWorkers: m.workers},
			refreshQueue:       {MaxWorkers: m.workers},
		},
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(m.every),
			func() (river.JobArgs, *river.InsertOpts) { return startArgs{}, nil }, &river.PeriodicJobOpts{ID: "mirror", RunOnStart: true})},
	}
	worker, err := exportjob.NewWorker(exportjob.Settings{
		Clients: m.client, Sink: storeContacts, Stored: storedContacts, Missing: deleteContacts, Uninstalled: disconnect, Logger: m.logger,
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
	m.logger.InfoContext(ctx, "mirror is ready", "listen", listener.Addr().String(), "every", m.every)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err = server.Serve(listener); errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, m.river.Stop(context.WithoutCancel(ctx)))
}

// handler serves the status page, the installation of the app, and its webhooks. HighLevel receives a
// response to a webhook when deliver has stored a job for the event.
func (m *mirror) handler() (http.Handler, error) {
	webhooks, err := webhook.NewHandler(m.deliver,
		webhook.WithPublicKey(m.webhookKey), webhook.WithSeen(postgres.NewSeen(m.db, "mirror")), webhook.WithLogger(m.logger))
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

func (m *mirror) insert(ctx context.Context, args river.JobArgs) error {
	_, err := m.river.Insert(ctx, args, nil)
	return err
}
