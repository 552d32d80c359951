//go:build unix

package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/highlevel-contacts/contacts-go/client/internal/pgtest"
)

// TestMain runs a child process if a test has started the binary for that, and otherwise the tests.
func TestMain(m *testing.M) {
	if os.Getenv(pacerConfig) != "" {
		if err := runPacerChild(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if rounds := os.Getenv(childRounds); rounds != "" {
		if err := runRefreshChild(rounds); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(pgtest.Main(m))
}

// startServer starts a server for one test, with the tables of this package.
func startServer(t testing.TB) *pgtest.Server {
	t.Helper()
	server := pgtest.Start(t)
	openMigrated(t, server.URL())
	return server
}

// newTestDB creates a database for one test, with the tables of this package.
func newTestDB(t testing.TB) *sql.DB {
	t.Helper()
	return openMigrated(t, pgtest.Database(t))
}

func openMigrated(t testing.TB, url string) *sql.DB {
	t.Helper()
	db := open(t, url)
	if err := Migrate(context.Background(), db); err != nil {
		t.Fatal(err)
	}
	return db
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
