package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ErrUnavailable is returned by the Wait method of a pacer while the database is unavailable.
var ErrUnavailable = errors.New("the database of the rate limits is unavailable")

// errNoLimit is returned if the row of a limit does not exist, or was created anew.
var errNoLimit = errors.New("the rate limit does not exist")

const (
	statementTimeout = 5 * time.Second
	probeInterval    = time.Second
	maxRetries       = 10 // on other connections, after a restart of the server
)

// limitTable accesses the row of a limit. While the database is unavailable, one caller per
// probeInterval tries to use it, and the others fail immediately.
type limitTable struct {
	db     *sql.DB
	name   string
	logger *slog.Logger

	mu      sync.Mutex
	failure error // nil while the database is available
	probeAt time.Time
}

// slot is a reserved start.
type slot struct {
	id         int64
	delay      time.Duration // until the start
	requests   int           // the limit
	interval   time.Duration
	pause      time.Duration // how long no request may start
	dailyReset time.Duration // how long the daily limit is exhausted
	dailyLimit int
}

// limitChange is what an API response changes. Zero fields change nothing.
type limitChange struct {
	requests   int
	interval   time.Duration
	pause      time.Duration
	dailyReset time.Duration
	dailyLimit int
}

// join creates the row, or adds starts to an existing one: the unreported ones if its epoch is the
// known one, all otherwise. It returns the epoch of the row.
func (l *limitTable) join(ctx context.Context, requests int, interval time.Duration, known int64, unreported, all []time.Time) (epoch int64, err error) {
	now := time.Now()
	err = l.query(ctx, []any{&epoch}, `SELECT contacts_go_join($1, $2, $3, $4, $5::text::bigint[], $6::text::bigint[])`,
		l.name, requests, interval.Microseconds(), known, ages(now, unreported), ages(now, all))
	return epoch, err
}

// ages returns an array of bigint as text: how long ago the starts are, in microseconds. Every driver
// accepts text.
func ages(now time.Time, starts []time.Time) string {
	texts := make([]string, 0, len(starts))
	for _, start := range starts {
		texts = append(texts, strconv.FormatInt(now.Sub(start).Microseconds(), 10))
	}
	return "{" + strings.Join(texts, ",") + "}"
}

// reserve reserves a slot. If it is not taken, the slot reports why.
func (l *limitTable) reserve(ctx context.Context, epoch int64, used *usage) (s slot, taken bool, err error) {
	var maxWait, requests, sentAgo sql.NullInt64
	if deadline, ok := ctx.Deadline(); ok {
		maxWait = sql.NullInt64{Int64: time.Until(deadline).Microseconds(), Valid: true}
	}
	if used != nil {
		requests = sql.NullInt64{Int64: int64(used.requests), Valid: true}
		sentAgo = sql.NullInt64{Int64: time.Since(used.sent).Microseconds(), Valid: true}
	}
	var delay, interval, pause, daily int64
	err = l.query(ctx, []any{&taken, &s.id, &delay, &s.requests, &interval, &pause, &daily, &s.dailyLimit}, `
		SELECT taken, id, start - server_time, requests, "interval",
			paused_until - server_time, daily_until - server_time, daily_limit
		FROM contacts_go_reserve($1, $2, $3, $4, $5, $6)`,
		l.name, epoch, maxWait, longestQueuedPause.Microseconds(), requests, sentAgo)
	if errors.Is(err, sql.ErrNoRows) {
		err = errNoLimit
	}
	s.delay, s.interval = microseconds(delay), microseconds(interval)
	s.pause, s.dailyReset = microseconds(pause), microseconds(daily)
	return s, taken, err
}

// confirm updates the slot at its start: the request may start if there is no delay. It reports
// false if the slot no longer exists.
func (l *limitTable) confirm(ctx context.Context, s *slot) (found bool, err error) {
	var delay, pause, daily int64
	err = l.query(ctx, []any{&delay, &pause, &daily, &s.dailyLimit}, `
		SELECT start - server_time, paused_until - server_time, daily_until - server_time, daily_limit
		FROM contacts_go_confirm($1, $2)`, l.name, s.id)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	s.delay, s.pause, s.dailyReset = microseconds(delay), microseconds(pause), microseconds(daily)
	return err == nil, err
}

// release returns a slot. If it fails, the slot remains unused.
func (l *limitTable) release(ctx context.Context, id int64) {
	_ = l.execute(context.WithoutCancel(ctx), `SELECT contacts_go_release($1, $2)`, l.name, id)
}

// change stores what a response has changed. If it fails, the next response may report the same.
func (l *limitTable) change(ctx context.Context, c limitChange) {
	_ = l.execute(context.WithoutCancel(ctx), `SELECT contacts_go_change($1, $2, $3, $4, $5, $6)`,
		l.name, c.requests, c.interval.Microseconds(), c.pause.Microseconds(), c.dailyReset.Microseconds(), c.dailyLimit)
}

func microseconds(n int64) time.Duration { return time.Duration(max(n, 0)) * time.Microsecond }

// query runs a statement that returns one row.
func (l *limitTable) query(ctx context.Context, dest []any, statement string, args ...any) error {
	return l.use(ctx, func(ctx context.Context, conn *sql.Conn) error {
		return conn.QueryRowContext(ctx, statement, args...).Scan(dest...)
	})
}

func (l *limitTable) execute(ctx context.Context, statement string, args ...any) error {
	return l.use(ctx, func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, statement, args...)
		return err
	})
}

// use runs a statement on a connection. The end of ctx interrupts the wait for a connection, but not
// the statement: drivers close a connection whose statement is interrupted, and the result of the
// statement would be unknown.
func (l *limitTable) use(ctx context.Context, statement func(context.Context, *sql.Conn) error) error {
	if err := l.check(); err != nil {
		return err
	}
	err := l.tryUse(ctx, statement)
	for retries := 0; retries < maxRetries && isStale(err); retries++ {
		err = l.tryUse(ctx, statement)
	}
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	return l.record(ctx, err)
}

func (l *limitTable) tryUse(ctx context.Context, statement func(context.Context, *sql.Conn) error) error {
	connecting, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	conn, err := l.db.Conn(connecting)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	}
	defer func() { _ = conn.Close() }()
	running, cancel := context.WithTimeout(context.WithoutCancel(ctx), statementTimeout)
	defer cancel()
	return statement(running, conn)
}

// check returns an error if the database is unavailable and another caller probes it.
func (l *limitTable) check() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.failure != nil && now.Before(l.probeAt) {
		return l.failure
	}
	l.probeAt = now.Add(probeInterval)
	return nil
}

// record records whether the database is available, and returns the error of the statement.
func (l *limitTable) record(ctx context.Context, err error) error {
	if err != nil && isUnavailable(err) {
		err = fmt.Errorf("postgres: pacer: %w: %s", ErrUnavailable, err) //nolint:errorlint // not a deadline of the caller
	} else if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("postgres: pacer: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case errors.Is(err, ErrUnavailable):
		if l.failure == nil {
			l.logger.LogAttrs(ctx, slog.LevelWarn, "postgres: the database of the rate limits is unavailable", slog.Any("error", err))
		}
		l.failure, l.probeAt = err, time.Now().Add(probeInterval)
	case l.failure != nil:
		l.failure = nil
		l.logger.LogAttrs(ctx, slog.LevelInfo, "postgres: the database of the rate limits is available again")
	}
	return err
}

// isStale reports whether err means that the server had closed the connection before the statement,
// for example because it was restarted.
func isStale(err error) bool {
	code := sqlState(err)
	return errors.Is(err, driver.ErrBadConn) || code == "57P01" || code == "57P02"
}

// isUnavailable reports whether err means that the database cannot be used now. Other errors of the
// server, such as a missing table, are not temporary.
func isUnavailable(err error) bool {
	if errors.Is(err, sql.ErrNoRows) {
		return false
	}
	code := sqlState(err)
	switch code[:min(2, len(code))] {
	case "", "08", "53", "57": // no response, connection exceptions, insufficient resources, operator intervention
		return true
	default:
		return false
	}
}

// sqlState returns the error code of the server, or an empty string if the server did not respond.
func sqlState(err error) string {
	var server interface{ SQLState() string } // pgx and lib/pq
	if errors.As(err, &server) {
		return server.SQLState()
	}
	return ""
}
