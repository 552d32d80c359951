package exportjob

import (
	"context"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// schema has the statements that create the tables. Each process executes them when it starts, so they
// change nothing that exists.
const schema = `
	CREATE TABLE IF NOT EXISTS highlevel_exports (
		location_id text NOT NULL,
		run text NOT NULL,
		epoch bigint NOT NULL DEFAULT 1,
		updated_since timestamptz,
		through timestamptz,
		cursor text NOT NULL DEFAULT '',
		recent text[] NOT NULL DEFAULT '{}',
		contacts bigint NOT NULL DEFAULT 0,
		total bigint NOT NULL DEFAULT 0,
		unseen text[] NOT NULL DEFAULT '{}',
		started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
		updated_at timestamptz,
		finished_at timestamptz,
		uninstalled_at timestamptz,
		PRIMARY KEY (location_id, run)
	);
	CREATE TABLE IF NOT EXISTS highlevel_exports_seen (
		location_id text NOT NULL,
		run text NOT NULL,
		id text NOT NULL,
		PRIMARY KEY (location_id, run, id)
	)`

// Migrate creates or updates the tables of River and of this package, in the first schema
// of the search path. It uses two connections of db at the same time. It may be called by several
// processes concurrently, each time they start.
func Migrate(ctx context.Context, db *pgxpool.Pool) error {
	return wrap("Migrate", pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error { return migrate(ctx, db, tx) }))
}

// migrate holds a lock in tx while River migrates on another connection, because some of River's
// migrations cannot run in one transaction.
func migrate(ctx context.Context, db *pgxpool.Pool, tx pgx.Tx) error {
	const lock int64 = 0x6578706f72746a6f // "exportjo"
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lock); err != nil {
		return err
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(db), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, schema)
	return err
}
