package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"syscall"
	"time"
)

// ErrUnavailable indicates that the database of the rate limits cannot be used now. The Wait method
// of a pacer returns it, unless [PacerSettings] have a local share.
var ErrUnavailable = errors.New("the database of the rate limits is unavailable")

const (
	statementTimeout = 5 * time.Second
	probeInterval    = time.Second
	// maxRetries is the number of connections that a statement tries after the first one. A restart
	// of the server closes all connections of the pool.
	maxRetries = 10
)

// limitDatabase runs the statements of pacers. While the database is unavailable, one caller per
// probeInterval tries to use it, and the others fail immediately.
type limitDatabase struct {
	db     *sql.DB
	logger *slog.Logger

	mu        sync.Mutex
	failure   error // nil while the database is available
	nextProbe time.Time
	changed   time.Time // when the database became unavailable, or available again; zero before that
}

// state reports whether the database is available, and for how long that has been so.
func (d *limitDatabase) state() (available bool, age time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failure == nil, time.Since(d.changed)
}

// exec runs a statement whose result is of no interest.
func (d *limitDatabase) exec(ctx context.Context, statement string, args ...any) error {
	_, err := d.queryRow(ctx, []any{new(any)}, statement, args...)
	return err
}

// queryRow runs a statement that returns at most one row, scans the row into dest, and reports
// whether there is one. It records whether the database is available. Errors match [ErrUnavailable]
// if it is not.
func (d *limitDatabase) queryRow(ctx context.Context, dest []any, statement string, args ...any) (found bool, err error) {
	if err := d.allow(); err != nil {
		return false, err
	}
	for range 1 + maxRetries {
		err = runStatement(ctx, d.db, func(ctx context.Context, conn *sql.Conn) error {
			return conn.QueryRowContext(ctx, statement, args...).Scan(dest...)
		})
		if !isStale(err) {
			break
		}
	}
	switch {
	case err == nil, errors.Is(err, sql.ErrNoRows):
		d.record(ctx, nil)
		return err == nil, nil
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return false, err
	case isUnavailable(err):
		err = fmt.Errorf("postgres: pacer: %w: %s", ErrUnavailable, err) //nolint:errorlint // not a deadline of the caller
		d.record(ctx, err)
		return false, err
	default:
		return false, fmt.Errorf("postgres: pacer: %w", err)
	}
}

// runStatement runs a statement on a connection. The end of ctx interrupts the wait for the
// connection, but not the statement: a driver closes the connection if a statement is interrupted,
// and the result of the statement would be unknown.
func runStatement(ctx context.Context, db *sql.DB, statement func(context.Context, *sql.Conn) error) error {
	connecting, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	conn, err := db.Conn(connecting)
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

// allow returns the recorded failure, or nil if the database is available or the caller should
// probe it.
func (d *limitDatabase) allow() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if d.failure != nil && now.Before(d.nextProbe) {
		return d.failure
	}
	d.nextProbe = now.Add(probeInterval)
	return nil
}

// record stores whether the database is available, and logs a change.
func (d *limitDatabase) record(ctx context.Context, failure error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	switch {
	case d.failure == nil && failure != nil:
		d.changed = now
		d.logger.LogAttrs(ctx, slog.LevelWarn, "highlevel: the database of the rate limits is unavailable", slog.Any("error", failure))
	case d.failure != nil && failure == nil:
		d.changed = now
		d.logger.LogAttrs(ctx, slog.LevelInfo, "highlevel: the database of the rate limits is available again")
	}
	d.failure, d.nextProbe = failure, now.Add(probeInterval)
}

// isStale reports whether err indicates that the server had closed the connection before the
// statement, for example because it was restarted.
func isStale(err error) bool {
	code := sqlState(err)
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, syscall.EPIPE) ||
		code == "57P01" || code == "57P02" // admin_shutdown, crash_shutdown
}

// isUnavailable reports whether err indicates that the database cannot be used now. Other errors of
// the server, such as a missing table, are not temporary.
func isUnavailable(err error) bool {
	code := sqlState(err)
	switch code[:min(2, len(code))] {
	case "", "08", "53", "57": // no response, connection exceptions, insufficient resources, operator intervention
		return true
	default:
		return code == "25006" // read_only_sql_transaction: the server is a standby, for example during a failover
	}
}

// sqlState returns the error code of the server, or an empty string if the server did not respond.
func sqlState(err error) string {
	var server interface{ SQLState() string } // of pgx and lib/pq
	if errors.As(err, &server) {
		return server.SQLState()
	}
	return ""
}
