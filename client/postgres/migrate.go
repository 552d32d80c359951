package postgres

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

// migrations are the versions of the schema, oldest first. A released one is never changed.
//
//go:embed migrations/*.sql
var migrations embed.FS

// Migrate creates or updates the tables of this package in the first schema of the search path. It
// may be called at each start, by several processes concurrently.
func Migrate(ctx context.Context, db *sql.DB) error {
	if err := migrate(ctx, db); err != nil {
		return fmt.Errorf("postgres: Migrate: %w", err)
	}
	return nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	const lock int64 = 0x636f6e7461637473 // "contacts"
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, lock); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx,
		`CREATE TABLE IF NOT EXISTS contacts_go_migrations (version int PRIMARY KEY)`); err != nil {
		return err
	}
	var version int
	if err := tx.QueryRowContext(ctx,
		`SELECT coalesce(max(version), 0) FROM contacts_go_migrations`).Scan(&version); err != nil {
		return err
	}
	files, err := fs.Glob(migrations, "migrations/*.sql") // sorted by version
	if err != nil {
		return err
	}
	for ; version < len(files); version++ {
		statements, err := migrations.ReadFile(files[version])
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, string(statements)); err != nil {
			return fmt.Errorf("version %d: %w", version+1, err)
		}
		if _, err := tx.ExecContext(ctx,
			`INSERT INTO contacts_go_migrations VALUES ($1)`, version+1); err != nil {
			return err
		}
	}
	return tx.Commit()
}
