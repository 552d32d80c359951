//go:build unix

package postgres

import (
	"context"
	"database/sql"
	"net"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// inBubble runs a test in parallel with others, in a synctest bubble. Statements take no time there.
func inBubble(t *testing.T, test func(t *testing.T, b *bubble)) {
	t.Helper()
	t.Parallel()
	url := newTestURL(t)
	execute(t, open(t, url), `CREATE OR REPLACE FUNCTION highlevel_now() RETURNS bigint LANGUAGE sql VOLATILE AS
		$$ SELECT current_setting('test.now')::bigint $$`)
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{network: &network{url: url}}
		b.db = b.open(t)
		b.p, b.other = newTestPacer(t, b.db), newTestPacer(t, b.db)
		test(t, b)
	})
}

// bubble has a database whose clock is that of the bubble, and the pacers of two processes.
type bubble struct {
	*network

	db       *sql.DB
	p, other *pacer
}

// network connects a test with a database. While it is down, connections end and new ones are
// refused.
type network struct {
	url string

	mu    sync.Mutex
	down  bool
	conns []net.Conn
}

// open opens the database, as a process of its own. It calls check, if there is one, with the context
// of each statement and each connection.
func (n *network) open(t testing.TB, check ...func(ctx context.Context, what string)) *sql.DB {
	t.Helper()
	config, err := pgx.ParseConfig(n.url)
	if err != nil {
		t.Fatal(err)
	}
	config.Tracer = clock{check}
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		for _, f := range check {
			f(ctx, "connect")
		}
		return n.dial(ctx, network, address)
	}
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (n *network) dial(ctx context.Context, network, address string) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down {
		return nil, syscall.ECONNREFUSED
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err == nil {
		n.conns = append(n.conns, conn)
	}
	return conn, err
}

// setDown ends the connections and refuses new ones, or accepts them again.
func (n *network) setDown(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
	for _, conn := range n.conns {
		_ = conn.Close()
	}
	n.conns = nil
}

// clock is a tracer that tells the server the time before each statement.
type clock struct {
	check []func(ctx context.Context, what string)
}

// clockKey is the key of a value in the contexts of the statements of a clock.
type clockKey struct{}

func (c clock) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if ctx.Value(clockKey{}) != nil {
		return ctx
	}
	for _, f := range c.check {
		f(ctx, data.SQL)
	}
	now := strconv.FormatInt(time.Now().UnixMicro(), 10)
	_, _ = conn.Exec(context.WithValue(ctx, clockKey{}, true), `SELECT set_config('test.now', $1, false)`, pgx.QueryExecModeSimpleProtocol, now)
	return ctx
}

func (clock) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
