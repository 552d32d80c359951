//go:build unix

package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/highlevel-contacts/contacts-go/client/internal/pgtest"
)

// childJob is the environment variable with the job of a child process.
const childJob = "POSTGRES_TEST_JOB"

// TestMain runs the job of a child process if a test has started the binary for that, and otherwise
// the tests.
func TestMain(m *testing.M) {
	encoded := os.Getenv(childJob)
	if encoded == "" {
		os.Exit(pgtest.Main(m))
	}
	var j job
	err := json.Unmarshal([]byte(encoded), &j)
	if err == nil {
		err = j.run(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// start starts a child process, which prints its errors.
func (j job) start(t *testing.T) (process *exec.Cmd, output io.Reader) {
	t.Helper()
	encoded, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	process = exec.CommandContext(t.Context(), os.Args[0])
	process.Env = append(os.Environ(), childJob+"="+string(encoded), "GORACE=atexit_sleep_ms=0")
	process.Stderr = os.Stderr
	if output, err = process.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	return process, output
}

// startServer starts a server for one test, with the tables of this package.
func startServer(t testing.TB) *pgtest.Server {
	t.Helper()
	server := pgtest.Start(t)
	if err := Migrate(context.Background(), open(t, server.URL())); err != nil {
		t.Fatal(err)
	}
	return server
}

// newTestDB creates a database for one test, with the tables of this package.
func newTestDB(t testing.TB) *sql.DB {
	t.Helper()
	return open(t, newTestURL(t))
}

// newTestURL is like newTestDB, and returns the URL of the database.
func newTestURL(t testing.TB) string {
	t.Helper()
	return pgtest.Copy(t, func(url string) error {
		db := open(t, url)
		defer func() { _ = db.Close() }()
		return Migrate(context.Background(), db)
	})
}

func open(t testing.TB, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func execute(t testing.TB, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		t.Fatal(err)
	}
}

// query returns the value that a statement returns.
func query[T any](t testing.TB, db *sql.DB, statement string, args ...any) (value T) {
	t.Helper()
	if err := db.QueryRowContext(context.Background(), statement, args...).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}
