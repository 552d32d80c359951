//go:build unix

package exportjob

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/internal/pgtest"
)

// TestMain runs a worker process if the test has started the binary for that. Otherwise it runs the
// tests, which share a PostgreSQL server and have a database each.
func TestMain(m *testing.M) {
	if os.Getenv(childConfig) != "" {
		if err := runWorkerProcess(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(pgtest.Main(m))
}

// newDatabase creates a database for one test, with the tables of this package and the table
// exported, and returns its URL.
func newDatabase(t *testing.T) string {
	t.Helper()
	return pgtest.Copy(t, func(url string) error {
		db, err := pgxpool.New(t.Context(), url)
		if err != nil {
			return err
		}
		defer db.Close()
		if err := Migrate(t.Context(), db); err != nil {
			return err
		}
		_, err = db.Exec(t.Context(), `CREATE TABLE exported (run text, location_id text, id text)`)
		return err
	})
}

func connect(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	db, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func execute(t *testing.T, db *pgxpool.Pool, statement string, args ...any) {
	t.Helper()
	if _, err := db.Exec(context.Background(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// empty deletes what an earlier row of a table has stored.
func empty(t *testing.T, db *pgxpool.Pool) {
	t.Helper()
	execute(t, db, `TRUNCATE exported, highlevel_exports, highlevel_exports_seen, river_job`)
}

func query[T any](t *testing.T, db *pgxpool.Pool, statement string, args ...any) (value T) {
	t.Helper()
	if err := db.QueryRow(context.Background(), statement, args...).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// store returns the Sink of the tests. Its table has no key, so that the tests find contacts that
// are written twice.
func store(run string) Sink {
	return func(ctx context.Context, tx pgx.Tx, locationID string, contacts []client.Contact) error {
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"exported"}, []string{"run", "location_id", "id"},
			pgx.CopyFromSlice(len(contacts), func(i int) ([]any, error) { return []any{run, locationID, contacts[i].ID}, nil }))
		return err
	}
}

// storeThen returns the Sink of run "1", which calls f after it has stored the last page.
func storeThen(f func(ctx context.Context, tx pgx.Tx) error) Sink {
	return func(ctx context.Context, tx pgx.Tx, locationID string, contacts []client.Contact) error {
		if err := store("1")(ctx, tx, locationID, contacts); err != nil || len(contacts) == pageSize {
			return err
		}
		return f(ctx, tx)
	}
}

const pageSize = 100 // number of contacts per page in the tests

// newWorker returns a worker with settings, if there are any, and the given functions.
func newWorker(clients func(string) (*client.Client, error), sink Sink, settings ...Settings) river.Worker[Args] {
	merged := append(settings, Settings{})[0]
	merged.Clients, merged.Sink = clients, sink
	w, err := NewWorker(merged)
	if err != nil {
		panic(err)
	}
	w.(*worker).pageSize = pageSize //nolint:forcetypeassert // NewWorker returns a *worker
	return w
}

// sameClient returns a function that returns c for every location.
func sameClient(c *client.Client) func(string) (*client.Client, error) {
	return func(string) (*client.Client, error) { return c, nil }
}

// newRiver returns a started River client that works the jobs of w, one at a time.
func newRiver(t *testing.T, db *pgxpool.Pool, w river.Worker[Args]) *river.Client[pgx.Tx] {
	t.Helper()
	config := &river.Config{
		TestOnly: true, FetchCooldown: 5 * time.Millisecond, FetchPollInterval: 20 * time.Millisecond, Logger: quiet,
		Queues: map[string]river.QueueConfig{Queue: {MaxWorkers: 1}},
	}
	if err := Configure(config, w); err != nil {
		t.Fatal(err)
	}
	rc, err := river.NewClient(riverpgxv5.New(db), config)
	if err != nil {
		t.Fatal(err)
	}
	if err := rc.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, rc.StopAndCancel) })
	return rc
}

// stop calls a method of a River client that stops it.
func stop(t *testing.T, method func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := method(ctx); err != nil {
		t.Error(err)
	}
}

// insert inserts one job.
func insert(t *testing.T, rc *river.Client[pgx.Tx], run, locationID string) int64 {
	t.Helper()
	result, err := rc.Insert(t.Context(), Args{LocationID: locationID, Run: run}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if result.UniqueSkippedAsDuplicate {
		t.Fatalf("the job of run %s was skipped", run)
	}
	return result.Job.ID
}

// waitFor waits until a job satisfies a condition.
func waitFor(t *testing.T, rc *river.Client[pgx.Tx], id int64, condition func(*rivertype.JobRow) bool) (job *rivertype.JobRow) {
	t.Helper()
	await(t, time.Minute, "the job satisfies the condition", func() bool {
		var err error
		if job, err = rc.JobGet(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		return condition(job)
	})
	return job
}

func await(t *testing.T, timeout time.Duration, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(timeout); !condition(); time.Sleep(10 * time.Millisecond) { // River works in real time
		if time.Now().After(deadline) {
			t.Fatalf("waited %v, until %s", timeout, what)
		}
	}
}

func isState(states ...rivertype.JobState) func(*rivertype.JobRow) bool {
	return func(job *rivertype.JobRow) bool { return slices.Contains(states, job.State) }
}

// newAPI returns a fake whose location has n contacts.
func newAPI(t *testing.T, n int, opts ...clienttest.Option) *clienttest.Server {
	t.Helper()
	api := clienttest.NewServer(t, append([]clienttest.Option{clienttest.WithRateLimit(clienttest.RateLimit{})}, opts...)...)
	if err := api.SeedSamples(n); err != nil {
		t.Fatal(err)
	}
	return api
}

// onlyExport returns the export of the only location.
func onlyExport(t *testing.T, db *pgxpool.Pool) Export {
	t.Helper()
	exports, err := Exports(t.Context(), db)
	if err != nil || len(exports) != 1 {
		t.Fatalf("got %v, error %v, want one export", exports, err)
	}
	return exports[0]
}

// wantRows checks that run has n rows, each once.
func wantRows(t *testing.T, db *pgxpool.Pool, run string, n int) {
	t.Helper()
	rows := query[int](t, db, `SELECT count(*) FROM exported WHERE run = $1`, run)
	distinct := query[int](t, db, `SELECT count(DISTINCT (location_id, id)) FROM exported WHERE run = $1`, run)
	if rows != n || distinct != n {
		t.Errorf("run %s: got %d rows, %d of them distinct, want %d", run, rows, distinct, n)
	}
}
