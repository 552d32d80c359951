package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

// migrations are the versions of the schema. The name of a file begins with its version. A released
// file is never changed.
//
//go:embed migrations/*.sql
var migrations embed.FS

// Migrate creates or updates the tables of this package in the first schema of the search path. It
// may be called by several processes concurrently, each time they start.
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
	const lock int64 = 0x686967686c657665 // "highleve"
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, lock); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx,
		`CREATE TABLE IF NOT EXISTS highlevel_migrations (version int PRIMARY KEY)`); err != nil {
		return err
	}
	var version int
	if err := tx.QueryRowContext(ctx,
		`SELECT coalesce(max(version), 0) FROM highlevel_migrations`).Scan(&version); err != nil {
		return err
	}
	for {
		version++
		statements, err := readMigration(migrations, version)
		if errors.Is(err, fs.ErrNotExist) {
			return tx.Commit()
		}
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, statements); err != nil {
			return fmt.Errorf("version %d: %w", version, err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO highlevel_migrations VALUES ($1)`, version); err != nil {
			return err
		}
	}
}

// readMigration returns the statements of a version. It returns [fs.ErrNotExist] after the newest
// version.
func readMigration(files fs.FS, version int) (statements string, err error) {
	names, err := fs.Glob(files, fmt.Sprintf("migrations/%d_*.sql", version))
	if err != nil {
		return "", err
	}
	if len(names) == 0 {
		return "", fs.ErrNotExist
	}
	content, err := fs.ReadFile(files, names[0])
	return string(content), err
}
