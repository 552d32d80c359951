package postgres

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/ratelimit"
)

// errNoLimit indicates that the row of a limit does not exist, or that it is not the row that the
// pacer has joined.
var errNoLimit = errors.New("the rate limit does not exist")

// limitTable calls the SQL functions of migrations/2_limits.sql for the row of one limit.
type limitTable struct {
	database limitDatabase
	name     string // of the limit
}

func newLimitTable(db *sql.DB, name string) limitTable {
	return limitTable{database: limitDatabase{db: db, logger: slog.New(slog.DiscardHandler)}, name: name}
}

// limitChange is what an API response reported for all processes. Zero fields change nothing.
type limitChange struct {
	requests   int
	interval   time.Duration
	pause      time.Duration
	dailyReset time.Duration
	dailyLimit int
}

// join creates the row if it does not exist, adds starts of this process, and returns the epoch of
// the row. If the epoch is known, it adds only the unreported starts; otherwise it adds all.
func (l *limitTable) join(ctx context.Context, requests int, interval time.Duration, known int64, unreported, all []time.Time) (epoch int64, err error) {
	now := time.Now()
	err = l.database.queryRow(ctx, []any{&epoch}, `SELECT contacts_go_join($1, $2, $3, $4, $5::text::bigint[], $6::text::bigint[])`,
		l.name, requests, interval.Microseconds(), known, encodeAges(now, unreported), encodeAges(now, all))
	return epoch, err
}

// encodeAges returns the ages of starts in microseconds, as the text of an SQL array. Every driver
// accepts a string, and not every driver accepts a slice.
func encodeAges(now time.Time, starts []time.Time) string {
	ages := make([]string, 0, len(starts))
	for _, start := range starts {
		ages = append(ages, strconv.FormatInt(now.Sub(start).Microseconds(), 10))
	}
	return "{" + strings.Join(ages, ",") + "}"
}

// reserve reserves a slot and reports whether it did. If it did not, the returned slot has the
// reason: a delay beyond the deadline of ctx, a long pause, or an exhausted daily limit.
func (l *limitTable) reserve(ctx context.Context, epoch int64, used *usage) (s slot, reserved bool, err error) {
	var maxWait, requests, sentAgo sql.NullInt64
	if deadline, ok := ctx.Deadline(); ok {
		maxWait = sql.NullInt64{Int64: time.Until(deadline).Microseconds(), Valid: true}
	}
	if used != nil {
		requests = sql.NullInt64{Int64: int64(used.requests), Valid: true}
		sentAgo = sql.NullInt64{Int64: time.Since(used.sent).Microseconds(), Valid: true}
	}
	var delay, interval, pause, daily int64
	err = l.database.queryRow(ctx, []any{&reserved, &s.id, &delay, &s.requests, &interval, &pause, &daily, &s.dailyLimit}, `
		SELECT taken, id, start - server_time, requests, "interval",
			paused_until - server_time, daily_until - server_time, daily_limit
		FROM contacts_go_reserve($1, $2, $3, $4, $5, $6)`,
		l.name, epoch, maxWait, ratelimit.LongestQueuedPause.Microseconds(), requests, sentAgo)
	if errors.Is(err, sql.ErrNoRows) {
		err = errNoLimit
	}
	s.delay, s.interval = microseconds(delay), microseconds(interval)
	s.pause, s.dailyReset = microseconds(pause), microseconds(daily)
	return s, reserved, err
}

// confirm reports whether the slot still exists, and updates it. The request may start if the delay
// is then 0.
func (l *limitTable) confirm(ctx context.Context, s *slot) (found bool, err error) {
	var delay, pause, daily int64
	err = l.database.queryRow(ctx, []any{&delay, &pause, &daily, &s.dailyLimit}, `
		SELECT start - server_time, paused_until - server_time, daily_until - server_time, daily_limit
		FROM contacts_go_confirm($1, $2)`, l.name, s.id)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	s.delay, s.pause, s.dailyReset = microseconds(delay), microseconds(pause), microseconds(daily)
	return err == nil, err
}

// release removes a slot, even if ctx is done. It ignores errors: the slot then remains unused.
func (l *limitTable) release(ctx context.Context, id int64) {
	_ = l.database.exec(context.WithoutCancel(ctx), `SELECT contacts_go_release($1, $2)`, l.name, id)
}

// change stores what a response reported, even if ctx is done. It ignores errors, because the next
// response usually reports the same.
func (l *limitTable) change(ctx context.Context, c limitChange) {
	_ = l.database.exec(context.WithoutCancel(ctx), `SELECT contacts_go_change($1, $2, $3, $4, $5, $6)`,
		l.name, c.requests, c.interval.Microseconds(), c.pause.Microseconds(), c.dailyReset.Microseconds(), c.dailyLimit)
}

// microseconds returns n microseconds, or 0 if n is negative.
func microseconds(n int64) time.Duration { return time.Duration(max(n, 0)) * time.Microsecond }
