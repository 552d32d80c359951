//go:build unix

package postgres

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// contextKey is the key of a value in the contexts that the test passes.
type contextKey struct{}

// Each operation passes on the context of its caller, and returns its error.
func TestContext_IsThatOfTheCaller(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		var count atomic.Int64
		db := b.open(t, func(ctx context.Context, what string) {
			if count.Add(1); ctx.Value(contextKey{}) == nil {
				t.Errorf("%s: got a context that is not derived from that of the caller", what)
			}
		})
		db.SetMaxIdleConns(-1) // so that each statement connects
		store := NewTokenStore(db, "one", newTestKeys("a"))
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
				p := newTestPacer(t, db, PacerSettings{LocalShare: 0.5})
				b.setDown(true)
				time.AfterFunc(time.Second, func() { b.setDown(false) })
				time.Sleep(time.Microsecond)
				return errors.Join(p.Wait(ctx), p.Wait(ctx), p.Wait(ctx))
			}},
		} {
			before := count.Load()
			if err := operation.call(context.WithValue(t.Context(), contextKey{}, true)); err != nil {
				t.Errorf("%s: %v", operation.name, err)
			}
			synctest.Wait()
			if count.Load() == before {
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
