package postgres

import (
	"context"
	"database/sql"
	"fmt"
)

// migrations are the versions of the schema, oldest first. A released one is never changed.
var migrations = []string{
	`CREATE TABLE contacts_go_tokens (
		installation text PRIMARY KEY,
		version bigint NOT NULL DEFAULT 0,
		sealed bytea,
		lease_owner text,
		lease_until timestamptz
	)`,
}

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
	for ; version < len(migrations); version++ {
		if _, err := tx.ExecContext(ctx, migrations[version]); err != nil {
			return fmt.Errorf("version %d: %w", version+1, err)
		}
		if _, err := tx.ExecContext(ctx,
			`INSERT INTO contacts_go_migrations VALUES ($1)`, version+1); err != nil {
			return err
		}
	}
	return tx.Commit()
}
