package exportjob

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver"

	"github.com/highlevel-contacts/contacts-go/client"
)

// state is the row of an export.
type state struct {
	epoch    int64 // the number of claims; only the latest one may store pages
	cursor   client.Cursor
	recent   []string      // the IDs of the latest contacts, oldest first
	contacts int           // passed to the sink
	total    int           // of the location, as the API reported it with the latest page
	wait     time.Duration // how long no request should start
}

// table is the database of a River client.
type table struct {
	driver riverdriver.Driver[pgx.Tx]
}

// transact runs f in a transaction and commits it unless f fails.
func (t table) transact(ctx context.Context, f func(tx pgx.Tx) error) error {
	execTx, err := t.driver.GetExecutor().Begin(ctx)
	if err != nil {
		return err
	}
	tx := t.driver.UnwrapTx(execTx)
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// claim starts or continues an export, and fences off the attempts before.
func claim(ctx context.Context, tx pgx.Tx, args Args) (s state, finished bool, err error) {
	var cursor string
	var wait float64
	err = tx.QueryRow(ctx, `INSERT INTO contacts_go_exports AS e (location_id, run) VALUES ($1, $2)
		ON CONFLICT (location_id, run) DO UPDATE SET epoch = e.epoch + 1 WHERE e.finished_at IS NULL
		RETURNING epoch, cursor, recent, contacts, total, coalesce((
			SELECT extract(epoch FROM max(not_before) - clock_timestamp()) FROM contacts_go_exports WHERE location_id = $1
		), 0)::float8`, args.LocationID, args.Run).Scan(&s.epoch, &cursor, &s.recent, &s.contacts, &s.total, &wait)
	if errors.Is(err, pgx.ErrNoRows) {
		return state{}, true, nil
	}
	s.cursor, s.wait = client.Cursor(cursor), time.Duration(wait*float64(time.Second))
	return s, false, err
}

// advance moves an export to next, or returns errReplaced. The row is locked until the transaction
// ends, but not longer than idle if the process freezes.
func advance(ctx context.Context, tx pgx.Tx, args Args, next state, last bool, idle time.Duration) error {
	var setting string
	err := tx.QueryRow(ctx, `UPDATE contacts_go_exports SET cursor = $4,
			recent = CASE WHEN $9 THEN '{}' ELSE $5::text[] END, contacts = $6, total = $7,
			not_before = clock_timestamp() + $8::bigint * interval '1 microsecond', updated_at = clock_timestamp(),
			finished_at = CASE WHEN $9 THEN clock_timestamp() END
		WHERE location_id = $1 AND run = $2 AND epoch = $3
		RETURNING set_config('idle_in_transaction_session_timeout', $10, true)`,
		args.LocationID, args.Run, next.epoch, string(next.cursor), next.recent, next.contacts, next.total,
		next.wait.Microseconds(), last, strconv.FormatInt(max(idle.Milliseconds(), 1), 10)).Scan(&setting)
	if errors.Is(err, pgx.ErrNoRows) {
		return errReplaced
	}
	if err != nil {
		return fmt.Errorf("move the cursor: %w", err)
	}
	return nil
}

// isCurrent reports whether epoch is that of the latest claim. A row that was deleted has none.
func isCurrent(ctx context.Context, tx pgx.Tx, args Args, epoch int64) (current bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM contacts_go_exports WHERE location_id = $1 AND run = $2 AND epoch = $3)`,
		args.LocationID, args.Run, epoch).Scan(&current)
	return current, err
}
