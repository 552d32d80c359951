//go:build unix

package postgres

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// contextKey is the key of a value in the contexts that the test passes.
type contextKey struct{}

// contextCheck fails the test for a statement, a connection or a log record whose context is not
// derived from that of the caller. It counts them.
type contextCheck struct {
	slog.Handler
	t     *testing.T
	count atomic.Int64
	clock clock
}

func (c *contextCheck) check(ctx context.Context, what string) {
	c.count.Add(1)
	if ctx.Value(contextKey{}) == nil {
		c.t.Errorf("%s: got a context that is not derived from that of the caller", what)
	}
}

func (c *contextCheck) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	c.check(ctx, data.SQL)
	if ctx.Value(clock{}) == nil {
		c.clock.TraceQueryStart(ctx, conn, data)
	}
	return ctx
}

func (c *contextCheck) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *contextCheck) beforeConnect(ctx context.Context, _ *pgx.ConnConfig) error {
	c.check(ctx, "connect")
	return nil
}

func (c *contextCheck) Enabled(context.Context, slog.Level) bool { return true }

func (c *contextCheck) Handle(ctx context.Context, record slog.Record) error {
	c.check(ctx, record.Message)
	return nil
}

func (c *contextCheck) open(n *network) *sql.DB {
	config, err := pgx.ParseConfig(n.url)
	if err != nil {
		c.t.Fatal(err)
	}
	config.Tracer, config.DialFunc = c, n.dial
	db := stdlib.OpenDB(*config, stdlib.OptionBeforeConnect(c.beforeConnect))
	db.SetMaxIdleConns(-1) // so that each statement connects
	c.t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestContext_IsThatOfTheCaller(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, n *network) {
		ctx := context.WithValue(t.Context(), contextKey{}, true)
		c := &contextCheck{t: t}
		db := c.open(n)
		store := NewTokenStore(db, "one", newTestKeys("a"))
		for _, operation := range []struct {
			name string
			call func() error
		}{
			{"Migrate", func() error { return Migrate(ctx, db) }},
			{"CompareAndSwap", func() error { _, err := store.CompareAndSwap(ctx, client.Secret{}, newTestCredential(1)); return err }},
			{"Load", func() error { _, err := store.Load(ctx); return err }},
			{"Installations", func() error { _, err := Installations(ctx, db); return err }},
			{"LockRefresh", func() error {
				unlock, err := store.LockRefresh(ctx)
				time.Sleep(leaseDuration) // in which the lease is renewed
				unlock()
				return err
			}},
			{"Delete", func() error { return oauth.Delete(ctx, store, time.Now()) }},
			{"Wait", func() error { return waitBeyondLimit(ctx, newTestPacer(t, db)) }},
			{"Wait with the local share", func() error {
				p := newTestPacer(t, db, PacerSettings{LocalShare: 0.5, Logger: slog.New(c)})
				n.setDown(true)
				time.AfterFunc(time.Second, func() { n.setDown(false) })
				time.Sleep(time.Microsecond)
				return errors.Join(p.Wait(ctx), p.Wait(ctx), p.Wait(ctx))
			}},
		} {
			before := c.count.Load()
			if err := operation.call(); err != nil {
				t.Errorf("%s: %v", operation.name, err)
			}
			synctest.Wait()
			if c.count.Load() == before {
				t.Errorf("%s: got no statement", operation.name)
			}
		}
	})
}

// waitBeyondLimit waits for a request that must wait, cancels another one, and reports a changed
// limit.
func waitBeyondLimit(ctx context.Context, p *pacer) error {
	for range testRequests + 1 {
		if err := p.Wait(ctx); err != nil {
			return err
		}
	}
	canceled, cancel := context.WithTimeoutCause(ctx, time.Hour, nil)
	time.AfterFunc(time.Millisecond, cancel)
	if err := p.Wait(canceled); !errors.Is(err, context.Canceled) {
		return errors.New("got no error from a canceled call")
	}
	p.Observe(ctx, client.Observation{Sent: time.Now(), Limit: client.RateLimit{Known: true, Max: 2, Interval: time.Second}})
	return nil
}

// Each operation returns the error of its context.
func TestContext_Canceled(t *testing.T) {
	t.Parallel()
	db := newTestDB(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	store := NewTokenStore(db, "one", newTestKeys("a"))
	for name, call := range map[string]func() error{
		"Migrate":                   func() error { return Migrate(ctx, db) },
		"CompareAndSwap":            func() error { _, err := store.CompareAndSwap(ctx, client.Secret{}, newTestCredential(1)); return err },
		"Load":                      func() error { _, err := store.Load(ctx); return err },
		"Installations":             func() error { _, err := Installations(ctx, db); return err },
		"LockRefresh":               func() error { _, err := store.LockRefresh(ctx); return err },
		"Delete":                    func() error { return oauth.Delete(ctx, store, time.Now()) },
		"Wait":                      func() error { return newTestPacer(t, db).Wait(ctx) },
		"Wait with the local share": func() error { return newTestPacer(t, db, PacerSettings{LocalShare: 1}).Wait(ctx) },
	} {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want Canceled", name, err)
		}
	}
}
