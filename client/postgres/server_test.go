//go:build unix

package postgres

import (
	"context"
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/highlevel-contacts/contacts-go/client/internal/pgtest"
)

// startServer starts a server that ends with the test, with the tables of this package.
func startServer(t testing.TB) *pgtest.Server {
	t.Helper()
	server := pgtest.Start(t)
	if err := Migrate(context.Background(), open(t, server)); err != nil {
		t.Fatal(err)
	}
	return server
}

func open(t testing.TB, server *pgtest.Server) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", server.URL())
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
