package postgres

import (
	"context"
	"database/sql"
	_ "embed" // for the migrations
	"fmt"
)

var (
	//go:embed migrations/1_tokens.sql
	tokens string
	//go:embed migrations/2_limits.sql
	limits string
	//go:embed migrations/3_webhooks.sql
	webhooks string
)

// migrations are the versions of the schema, oldest first. A released version is never changed.
var migrations = []string{tokens, limits, webhooks}

// Migrate creates or updates the tables of this package in the first schema of the search path. It
// may be called by several processes concurrently, each time they start.
func Migrate(ctx context.Context, db *sql.DB) (err error) {
	defer wrap(&err, "Migrate")
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	const lock int64 = 0x686967686c657665 // "highleve"
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, lock); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS highlevel_migrations (version int PRIMARY KEY)`); err != nil {
		return err
	}
	var version int
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM highlevel_migrations`).Scan(&version); err != nil {
		return err
	}
	for ; version < len(migrations); version++ {
		if _, err := tx.ExecContext(ctx, migrations[version]); err != nil {
			return fmt.Errorf("version %d: %w", version+1, err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO highlevel_migrations VALUES ($1)`, version+1); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// wrap puts the operation in front of the message of an error, unless *err is nil.
func wrap(err *error, operation string) {
	if *err != nil {
		*err = fmt.Errorf("postgres: %s: %w", operation, *err)
	}
}
