package exportjob

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
	"github.com/riverqueue/river/riverdriver"

	"github.com/highlevel-contacts/contacts-go/client"
)

// state is the state of an export, as its row stores it.
type state struct {
	epoch        int64     // number of the attempt; only the latest attempt may store pages
	updatedSince time.Time // time from which updates are read; zero for a full run
	through      time.Time // time through which the run has seen every update; zero if it is unknown
	cursor       client.Cursor
	recent       []string // latest contacts, oldest first
	contacts     int      // number of contacts that the Sink has stored
	total        int      // number of contacts that the API reported with the latest page
	unseen       []string // IDs that remain to be checked after the last page of a full run
	finished     bool     // whether the run has stored everything
	uninstalled  bool     // whether the run has ended because the app must be installed again
}

// database runs transactions in the database of a River client.
type database struct {
	driver      riverdriver.Driver[pgx.Tx]
	idleTimeout time.Duration // of transactions
}

// transact runs f in a transaction and commits it unless f fails. PostgreSQL ends the transaction,
// and releases its locks, if the process is idle for the idle timeout between two statements.
func (d database) transact(ctx context.Context, f func(tx pgx.Tx) error) error {
	execTx, err := d.driver.GetExecutor().Begin(ctx)
	if err != nil {
		return err
	}
	tx := d.driver.UnwrapTx(execTx)
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	milliseconds := strconv.FormatInt(max(d.idleTimeout.Milliseconds(), 1), 10)
	if _, err := tx.Exec(ctx, `SELECT set_config('idle_in_transaction_session_timeout', $1, true)`, milliseconds); err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// markPage takes a shared advisory lock for the transaction, so that [endReplaced] finds it. The lock
// makes nobody wait.
func markPage(ctx context.Context, tx pgx.Tx, args Args) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock_shared(`+lockKey+`)`, args.LocationID)
	return err
}

// endReplaced ends the transactions in which earlier attempts store pages of the location. They can
// no longer be committed, but a process that is frozen would not end them, and PostgreSQL applies
// no timeout to a COPY or a batch that the client has begun to send.
func endReplaced(ctx context.Context, tx pgx.Tx, args Args) error {
	_, err := tx.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_locks, (SELECT `+lockKey+` AS key) AS k
		WHERE locktype = 'advisory' AND objsubid = 1 AND classid = (key >> 32 & 4294967295)::oid AND objid = (key & 4294967295)::oid
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, args.LocationID)
	return err
}

// lockKey is the key of the advisory lock of a location. The seed is the text "exportjo".
const lockKey = `hashtextextended($1, 7311717618999913071)`

// claim creates or continues an export, and increments its epoch, so that earlier attempts can no
// longer store pages. It reports whether the export has finished.
func claim(ctx context.Context, tx pgx.Tx, args Args, overlap time.Duration) (s state, finished bool, err error) {
	if !args.Since.IsZero() {
		s.through, s.updatedSince = args.Since, args.Since.Add(-overlap)
	}
	err = tx.QueryRow(ctx, `INSERT INTO highlevel_exports AS e (location_id, run, through, updated_since) VALUES ($1, $2, $3, $4)
		ON CONFLICT (location_id, run) DO UPDATE SET epoch = e.epoch + 1, uninstalled_at = NULL WHERE e.finished_at IS NULL
		RETURNING epoch, through, updated_since, cursor, recent, contacts, total, unseen`,
		args.LocationID, args.Run, orNull(&s.through), orNull(&s.updatedSince),
	).Scan(&s.epoch, orNull(&s.through), orNull(&s.updatedSince), &s.cursor, &s.recent, &s.contacts, &s.total, &s.unseen)
	if errors.Is(err, pgx.ErrNoRows) {
		return state{}, true, nil
	}
	if err != nil {
		return state{}, false, err
	}
	_, err = tx.Exec(ctx, `DELETE FROM highlevel_exports_seen WHERE location_id = $1 AND run <> $2`, args.LocationID, args.Run)
	return s, false, err
}

// advance stores next as the state of an export. It returns errReplaced if a later attempt has
// claimed the export, and otherwise locks the row until the transaction ends.
func advance(ctx context.Context, tx pgx.Tx, args Args, next *state) error {
	tag, err := tx.Exec(ctx, `UPDATE highlevel_exports SET cursor = $4,
			recent = CASE WHEN $8 THEN '{}' ELSE $5::text[] END, contacts = $6, total = $7, updated_at = clock_timestamp(),
			finished_at = CASE WHEN $8 THEN clock_timestamp() END, uninstalled_at = CASE WHEN $9 THEN clock_timestamp() END,
			through = $10, unseen = $11
		WHERE location_id = $1 AND run = $2 AND epoch = $3`,
		args.LocationID, args.Run, next.epoch, next.cursor, next.recent, next.contacts, next.total,
		next.finished, next.uninstalled, orNull(&next.through), next.unseen)
	if err != nil {
		return fmt.Errorf("store the state: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errReplaced
	}
	return nil
}

// orNull returns t as a value of PostgreSQL that is NULL if t is zero.
func orNull(t *time.Time) *zeronull.Timestamptz { return (*zeronull.Timestamptz)(t) }

// addSeen stores the IDs of contacts that a full run has seen.
func addSeen(ctx context.Context, tx pgx.Tx, args Args, contacts []client.Contact) error {
	ids := make([]string, 0, len(contacts))
	for i := range contacts {
		ids = append(ids, contacts[i].ID)
	}
	_, err := tx.Exec(ctx, `INSERT INTO highlevel_exports_seen SELECT $1, $2, unnest($3::text[]) ON CONFLICT DO NOTHING`,
		args.LocationID, args.Run, ids)
	return err
}

// takeUnseen returns the IDs that the run has not seen, and deletes those that it has.
func takeUnseen(ctx context.Context, tx pgx.Tx, args Args, ids []string) (unseen []string, err error) {
	err = tx.QueryRow(ctx, `WITH seen AS (DELETE FROM highlevel_exports_seen WHERE location_id = $1 AND run = $2 RETURNING id)
		SELECT coalesce(array_agg(DISTINCT id), '{}') FROM unnest($3::text[]) AS id WHERE id <> '' AND id NOT IN (SELECT id FROM seen)`,
		args.LocationID, args.Run, ids).Scan(&unseen)
	return unseen, err
}
