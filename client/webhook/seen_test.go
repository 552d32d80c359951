package webhook

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// begin begins a delivery that must be possible.
func begin(ctx context.Context, t *testing.T, s Seen, id string) (done func(bool) error) {
	t.Helper()
	done, seen, err := s.Begin(ctx, id)
	if err != nil || seen || done == nil {
		t.Fatalf("%s: got seen %v, %v, want a claim", id, seen, err)
	}
	return done
}

// checkSeen checks the result of Begin for an event that cannot be claimed.
func checkSeen(t *testing.T, s Seen, id string, want bool, wantErr error) {
	t.Helper()
	if _, seen, err := s.Begin(t.Context(), id); seen != want || !errors.Is(err, wantErr) {
		t.Fatalf("%s: got seen %v, %v, want %v, %v", id, seen, err, want, wantErr)
	}
}

func end(t *testing.T, done func(bool) error, delivered bool) {
	t.Helper()
	if err := done(delivered); err != nil {
		t.Fatal(err)
	}
}

func TestMemorySeen(t *testing.T) {
	t.Parallel()
	s := newMemorySeen(memoryCapacity)
	failed := begin(t.Context(), t, s, "a")
	checkSeen(t, s, "a", false, ErrInProgress)
	end(t, begin(t.Context(), t, s, "b"), true)
	end(t, failed, false)
	delivered := begin(t.Context(), t, s, "a")
	end(t, delivered, true)
	checkSeen(t, s, "a", true, nil)
	end(t, delivered, true) // a second call does not count twice
	if len(s.claims) != 0 || len(s.ids) != 2 {
		t.Errorf("got %d claims and %d IDs, want none and 2", len(s.claims), len(s.ids))
	}
}

// TestMemorySeen_ClaimExpires ends a delivery after its claim has expired and another delivery has
// begun.
func TestMemorySeen_ClaimExpires(t *testing.T) {
	t.Parallel()
	for _, delivered := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s := newMemorySeen(memoryCapacity)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			late := begin(ctx, t, s, "a")
			time.Sleep(10*time.Second - time.Millisecond)
			checkSeen(t, s, "a", false, ErrInProgress)
			time.Sleep(time.Millisecond)
			second := begin(t.Context(), t, s, "a")
			end(t, late, delivered)
			if delivered {
				checkSeen(t, s, "a", true, nil)
			} else {
				checkSeen(t, s, "a", false, ErrInProgress) // the claim of the second delivery remains
			}
			end(t, second, !delivered)
			checkSeen(t, s, "a", true, nil)
		})
	}
}

// TestMemorySeen_Bounded delivers more events than are remembered. The oldest are forgotten, except
// those in progress.
func TestMemorySeen_Bounded(t *testing.T) {
	t.Parallel()
	const capacity = 8
	s := newMemorySeen(capacity)
	inProgress := begin(t.Context(), t, s, "in progress")
	for i := range 3 * capacity {
		end(t, begin(t.Context(), t, s, strconv.Itoa(i)), true)
		checkSeen(t, s, "in progress", false, ErrInProgress)
	}
	if len(s.delivered) != capacity || len(s.ids) != capacity {
		t.Fatalf("got %d and %d IDs, want %d", len(s.delivered), len(s.ids), capacity)
	}
	end(t, inProgress, true)
	checkSeen(t, s, "in progress", true, nil)
	for i := 2*capacity + 1; i < 3*capacity; i++ {
		checkSeen(t, s, strconv.Itoa(i), true, nil)
	}
	begin(t.Context(), t, s, strconv.Itoa(2*capacity)) // the oldest was forgotten
}
