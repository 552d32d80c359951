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

// Each operation passes on the context of its caller, and returns its error.
func TestContext_IsThatOfTheCaller(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		c := &contextCheck{t: t}
		db := c.open(b.network)
		store := NewTokenStore(db, "one", newTestKeys("a"))
		share := PacerSettings{LocalShare: 0.5, Logger: slog.New(c)}
		for _, operation := range []struct {
			name string
			call func(ctx context.Context) error
		}{
			{"Migrate", func(ctx context.Context) error { return Migrate(ctx, db) }},
			{"CompareAndSwap", func(ctx context.Context) error {
				_, err := store.CompareAndSwap(ctx, client.Secret{}, newTestCredential(1))
				return err
			}},
			{"Load", func(ctx context.Context) error { _, err := store.Load(ctx); return err }},
			{"Installations", func(ctx context.Context) error { _, err := Installations(ctx, db); return err }},
			{"LockRefresh", func(ctx context.Context) error {
				unlock, err := store.LockRefresh(ctx)
				if err == nil {
					time.Sleep(leaseDuration) // in which the lease is renewed
					unlock()
				}
				return err
			}},
			{"Delete", func(ctx context.Context) error { return oauth.Delete(ctx, store, time.Now()) }},
			{"Wait", func(ctx context.Context) error { return waitBeyondLimit(ctx, newTestPacer(t, db)) }},
			{"Wait with the local share", func(ctx context.Context) error {
				p := newTestPacer(t, db, share)
				b.setDown(true)
				time.AfterFunc(time.Second, func() { b.setDown(false) })
				time.Sleep(time.Microsecond)
				return errors.Join(p.Wait(ctx), p.Wait(ctx), p.Wait(ctx))
			}},
		} {
			before := c.count.Load()
			if err := operation.call(context.WithValue(t.Context(), contextKey{}, true)); err != nil {
				t.Errorf("%s: %v", operation.name, err)
			}
			synctest.Wait()
			if c.count.Load() == before {
				t.Errorf("%s: got no statement", operation.name)
			}
			canceled, cancel := context.WithCancel(context.WithValue(t.Context(), contextKey{}, true))
			cancel()
			if err := operation.call(canceled); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: got %v, want Canceled", operation.name, err)
			}
			time.Sleep(time.Minute) // until the database is available again
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
	canceled, cancel := context.WithCancel(ctx)
	time.AfterFunc(time.Millisecond, cancel)
	if err := p.Wait(canceled); !errors.Is(err, context.Canceled) {
		return errors.New("got no error from a canceled call")
	}
	p.Observe(ctx, client.Observation{Sent: time.Now(), Limit: client.RateLimit{Known: true, Max: 2, Interval: time.Second}})
	return nil
}
