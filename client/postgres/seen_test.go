//go:build unix

package postgres

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/webhook"
)

// claimEvent begins a delivery that must be possible.
func claimEvent(ctx context.Context, t *testing.T, s *Seen, id string) (done func(bool) error) {
	t.Helper()
	done, seen, err := s.Begin(ctx, id)
	if err != nil || seen || done == nil {
		t.Fatalf("%s: got seen %v, %v, want a claim", id, seen, err)
	}
	return done
}

// checkSeen checks the result of Begin for an event that cannot be claimed.
func checkSeen(t *testing.T, s *Seen, id string, want bool, wantErr error) {
	t.Helper()
	if _, seen, err := s.Begin(t.Context(), id); seen != want || !errors.Is(err, wantErr) {
		t.Fatalf("%s: got seen %v, %v, want %v, %v", id, seen, err, want, wantErr)
	}
}

func endDelivery(t *testing.T, done func(bool) error, delivered bool) {
	t.Helper()
	if err := done(delivered); err != nil {
		t.Fatal(err)
	}
}

func TestSeen(t *testing.T) {
	db := newTestDB(t)
	one, two, other := NewSeen(db, "app"), NewSeen(db, "app"), NewSeen(db, "other app")
	ctx, cancel := context.WithCancel(t.Context())
	failed := claimEvent(ctx, t, one, "a")
	checkSeen(t, two, "a", false, webhook.ErrInProgress)
	cancel() // the end of the request does not prevent the end of the claim
	endDelivery(t, failed, false)
	endDelivery(t, claimEvent(t.Context(), t, two, "a"), true)
	checkSeen(t, one, "a", true, nil)
	endDelivery(t, failed, false) // a second call does not forget the delivery
	checkSeen(t, one, "a", true, nil)
	endDelivery(t, claimEvent(t.Context(), t, other, "a"), true)
	if _, _, err := one.Begin(ctx, "b"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
}

// TestSeen_ClaimExpires ends a delivery after its claim has expired and another delivery has begun.
func TestSeen_ClaimExpires(t *testing.T) {
	db := newTestDB(t)
	for _, delivered := range []bool{true, false} {
		id := strconv.FormatBool(delivered)
		s := NewSeen(db, "app")
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		late := claimEvent(ctx, t, s, id)
		execute(t, db, `UPDATE highlevel_webhooks SET at = at - interval '59 minutes' WHERE claim IS NOT NULL`)
		checkSeen(t, s, id, false, webhook.ErrInProgress)
		execute(t, db, `UPDATE highlevel_webhooks SET at = at - interval '1 minute' WHERE claim IS NOT NULL`)
		second := claimEvent(t.Context(), t, s, id)
		endDelivery(t, late, delivered)
		if delivered {
			checkSeen(t, s, id, true, nil)
		} else {
			checkSeen(t, s, id, false, webhook.ErrInProgress) // the claim of the second delivery remains
		}
		endDelivery(t, second, !delivered)
		checkSeen(t, s, id, true, nil)
	}
}

// TestSeen_Concurrent lets several processes deliver one event until it is delivered, while the
// first deliveries fail.
func TestSeen_Concurrent(t *testing.T) {
	db := newTestDB(t)
	db.SetMaxOpenConns(8)
	var inProgress, calls, deliveries atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for s := NewSeen(db, "app"); ; {
				done, seen, err := s.Begin(t.Context(), "a")
				if seen || err != nil && !errors.Is(err, webhook.ErrInProgress) {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if err != nil {
					continue
				}
				if inProgress.Add(1) != 1 {
					t.Error("two deliveries are in progress")
				}
				delivered := calls.Add(1) > 3
				if delivered {
					deliveries.Add(1)
				}
				inProgress.Add(-1)
				if err := done(delivered); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	if calls.Load() != 4 || deliveries.Load() != 1 {
		t.Errorf("got %d calls and %d deliveries, want 4 and 1", calls.Load(), deliveries.Load())
	}
}

// TestSeen_ForgetsOldEvents checks that deliveries delete the rows of old events, and no others.
func TestSeen_ForgetsOldEvents(t *testing.T) {
	db := newTestDB(t)
	s := NewSeen(db, "app")
	for i := range 4 {
		endDelivery(t, claimEvent(t.Context(), t, s, strconv.Itoa(i)), true)
	}
	claimEvent(t.Context(), t, s, "process ended")
	execute(t, db, `UPDATE highlevel_webhooks SET at = clock_timestamp() - interval '31 days' WHERE id IN ('0', '1', 'process ended')`)
	execute(t, db, `UPDATE highlevel_webhooks SET at = at - interval '30 days' WHERE id = '2'`)
	for i := range 2 {
		endDelivery(t, claimEvent(t.Context(), t, s, "new "+strconv.Itoa(i)), true)
	}
	if ids, want := query[string](t, db, `SELECT string_agg(id, ',' ORDER BY id) FROM highlevel_webhooks`), "2,3,new 0,new 1"; ids != want {
		t.Errorf("got the events %s, want %s", ids, want)
	}
}
