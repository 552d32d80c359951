package webhook

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// begin begins a delivery, and checks whether it is possible.
func begin(ctx context.Context, t *testing.T, s Seen, id string, wantSeen bool, wantErr error) (done func(bool) error) {
	t.Helper()
	done, seen, err := s.Begin(ctx, id)
	if seen != wantSeen || !errors.Is(err, wantErr) || (done != nil) != (!wantSeen && wantErr == nil) {
		t.Fatalf("%s: got seen %v, %v, want %v, %v", id, seen, err, wantSeen, wantErr)
	}
	return done
}

func TestMemorySeen(t *testing.T) {
	t.Parallel()
	s := newMemorySeen(memoryCapacity)
	failed := begin(t.Context(), t, s, "a", false, nil)
	begin(t.Context(), t, s, "a", false, ErrInProgress)
	_ = begin(t.Context(), t, s, "b", false, nil)(true)
	_ = failed(false)
	delivered := begin(t.Context(), t, s, "a", false, nil)
	_ = delivered(true)
	begin(t.Context(), t, s, "a", true, nil)
	if _ = delivered(true); len(s.claims) != 0 || len(s.recent) != 2 { // a second call does not count twice
		t.Errorf("got %d claims and %d IDs, want none and 2", len(s.claims), len(s.recent))
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
			late := begin(ctx, t, s, "a", false, nil)
			time.Sleep(10*time.Second - time.Millisecond)
			begin(t.Context(), t, s, "a", false, ErrInProgress)
			time.Sleep(time.Millisecond)
			second := begin(t.Context(), t, s, "a", false, nil)
			_ = late(delivered)
			if delivered {
				begin(t.Context(), t, s, "a", true, nil)
			} else {
				begin(t.Context(), t, s, "a", false, ErrInProgress) // the claim of the second delivery remains
			}
			_ = second(!delivered)
			begin(t.Context(), t, s, "a", true, nil)
		})
	}
}

// TestMemorySeen_Bounded delivers more events than are remembered. The oldest are forgotten, except
// those in progress.
func TestMemorySeen_Bounded(t *testing.T) {
	t.Parallel()
	const capacity = 8
	s := newMemorySeen(capacity)
	inProgress := begin(t.Context(), t, s, "in progress", false, nil)
	for i := range 3 * capacity {
		_ = begin(t.Context(), t, s, strconv.Itoa(i), false, nil)(true)
		begin(t.Context(), t, s, "in progress", false, ErrInProgress)
	}
	if len(s.recent) != capacity || len(s.older) != capacity {
		t.Fatalf("got %d and %d IDs, want %d", len(s.recent), len(s.older), capacity)
	}
	_ = inProgress(true)
	begin(t.Context(), t, s, "in progress", true, nil)
	for i := 2 * capacity; i < 3*capacity; i++ {
		begin(t.Context(), t, s, strconv.Itoa(i), true, nil)
	}
	begin(t.Context(), t, s, strconv.Itoa(2*capacity-1), false, nil) // it was forgotten
}
