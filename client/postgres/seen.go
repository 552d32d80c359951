package postgres

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"math"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/webhook"
)

const (
	// seenDays is the number of days for which events are remembered. HighLevel does not send an
	// event again that is older than 30 days.
	seenDays = 31
	// doneTimeout limits the end of a claim.
	doneTimeout = 5 * time.Second
)

// Seen remembers which webhooks have been delivered, for 31 days. It implements [webhook.Seen]. It
// is safe for concurrent use by several processes.
type Seen struct {
	db  *sql.DB
	app string
}

var _ webhook.Seen = (*Seen)(nil)

// NewSeen returns a memory for [webhook.WithSeen]. The caller chooses the name of the app, so that
// two apps in one database receive the same event once each. Call [Migrate] before it is used.
func NewSeen(db *sql.DB, app string) *Seen { return &Seen{db: db, app: app} }

// Begin claims an event, see [webhook.Seen]. It replaces a claim that has expired.
func (s *Seen) Begin(ctx context.Context, id string) (done func(delivered bool) error, seen bool, err error) {
	defer wrap(&err, "Seen.Begin")
	claim := rand.Text()
	limit := time.Duration(math.MaxInt64) // for a context without a deadline
	if deadline, ok := ctx.Deadline(); ok {
		limit = time.Until(deadline)
	}
	claimed, err := changed(s.db.ExecContext(ctx, `INSERT INTO highlevel_webhooks AS w (app, id, claim, at)
		VALUES ($1, $2, $3, clock_timestamp() + $4::bigint * interval '1 millisecond')
		ON CONFLICT (app, id) DO UPDATE SET claim = excluded.claim, at = excluded.at
		WHERE w.claim IS NOT NULL AND w.at <= clock_timestamp()`, s.app, id, claim, limit.Milliseconds()))
	if err != nil {
		return nil, false, err
	}
	if claimed {
		return func(delivered bool) error { return s.end(ctx, id, claim, delivered) }, false, nil
	}
	err = s.db.QueryRowContext(ctx, `SELECT claim IS NULL FROM highlevel_webhooks WHERE app = $1 AND id = $2`, s.app, id).Scan(&seen)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !seen { // no rows: the other claim has just ended
		return nil, false, webhook.ErrInProgress
	}
	return nil, seen, err
}

// end replaces the claim by the delivery, or deletes it, also after the end of ctx. A delivery also
// replaces the claim of another one. It deletes up to two old rows, so that the table does not grow
// without a limit.
func (s *Seen) end(ctx context.Context, id, claim string, delivered bool) (err error) {
	defer wrap(&err, "Seen: end of a delivery")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), doneTimeout)
	defer cancel()
	if !delivered {
		_, err := s.db.ExecContext(ctx, `DELETE FROM highlevel_webhooks WHERE app = $1 AND id = $2 AND claim = $3`, s.app, id, claim)
		return err
	}
	_, err = s.db.ExecContext(ctx, `INSERT INTO highlevel_webhooks (app, id, at) VALUES ($1, $2, clock_timestamp())
		ON CONFLICT (app, id) DO UPDATE SET claim = NULL, at = excluded.at`, s.app, id)
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `DELETE FROM highlevel_webhooks WHERE (app, id) IN (
		SELECT app, id FROM highlevel_webhooks WHERE at < clock_timestamp() - $1::int * interval '1 day'
		ORDER BY at LIMIT 2 FOR UPDATE SKIP LOCKED)`, seenDays)
	return err
}
