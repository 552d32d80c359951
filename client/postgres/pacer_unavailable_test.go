//go:build unix

package postgres

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"
)

func TestPacer_Unavailable(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		waitAll(t, 1, b.p)
		b.setDown(true)
		for range 2 {
			began := time.Now()
			if err := b.p.Wait(t.Context()); !errors.Is(err, ErrUnavailable) || time.Since(began) > 0 {
				t.Errorf("got %v after %v, want ErrUnavailable immediately", err, time.Since(began))
			}
		}
		b.setDown(false)
		if err := b.p.Wait(t.Context()); !errors.Is(err, ErrUnavailable) {
			t.Errorf("before the next probe: got %v, want ErrUnavailable", err)
		}
		time.Sleep(probeInterval)
		waitAll(t, 1, b.p)
	})
}

// Processes with a local share exceed the limit in no window: not when the database becomes
// unavailable, nor when it is available again.
func TestPacer_LocalShare_LimitInEveryWindow(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		settings := PacerSettings{Requests: 10, Interval: testInterval, LocalShare: 1.0 / 2}
		first, second := newTestPacer(t, b.open(t), settings), newTestPacer(t, b.open(t), settings)
		starts := waitAll(t, 9, first)
		b.setDown(true)
		down := waitAll(t, 10, first, second)
		starts = append(starts, down...)
		if took := down[9].Sub(starts[0]); took < testInterval || took > 2*testInterval {
			t.Errorf("got %v until the local share was used, want about the interval", took)
		}
		time.Sleep(testInterval)
		starts = append(starts, waitAll(t, 5, second)...)
		b.setDown(false)
		starts = append(starts, waitAll(t, 20, first)...) // does not know the starts of second
		starts = append(starts, waitAll(t, 1, second)...)
		starts = append(starts, waitAll(t, 20, first, second)...)
		checkWindows(t, starts, 10)
		if took := starts[len(starts)-1].Sub(starts[0]); took > 11*testInterval {
			t.Errorf("got %d starts in %v, want at most 11 intervals", len(starts), took)
		}
		if available, _ := first.limits.database.state(); !available || len(first.unreported)+len(second.unreported) > 0 {
			t.Errorf("got available %v, %d and %d unreported starts, want the shared limit again", available, len(first.unreported), len(second.unreported))
		}
		ctx, cancel := context.WithTimeout(t.Context(), testInterval/2)
		defer cancel()
		b.setDown(true)
		if err := first.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			t.Errorf("got %v, want DeadlineExceeded before the deadline", err)
		}
		canceled, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, stop)
		began := time.Now()
		if err := first.Wait(canceled); !errors.Is(err, context.Canceled) || time.Since(began) > time.Millisecond {
			t.Errorf("got %v after %v, want Canceled at once", err, time.Since(began))
		}
	})
}

// A server that is shut down and started again is unavailable in between.
func TestPacer_ServerRestarts(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	p := newTestPacer(t, open(t, server.URL()))
	for range 2 {
		waitAll(t, 1, p)
		server.Stop()
		if err := p.Wait(t.Context()); !errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
		server.Resume(t)
		p.limits.database.nextProbe = time.Time{}
	}
	waitAll(t, 1, p)
}

func TestNewPacers_Invalid(t *testing.T) {
	t.Parallel()
	for _, settings := range []PacerSettings{
		{Requests: -1},
		{Requests: maxRequests + 1},
		{Interval: -1},
		{Interval: time.Microsecond},
		{Interval: time.Hour},
		{LocalShare: -0.1},
		{LocalShare: 1.1},
		{LocalShare: math.NaN()},
	} {
		if pacers, err := NewPacers(nil, settings); err == nil || pacers != nil {
			t.Errorf("%+v: got %v, error %v, want an error", settings, pacers, err)
		}
	}
	pacers, err := NewPacers(nil, PacerSettings{})
	if err != nil {
		t.Fatal(err)
	}
	if p := pacers.Pacer("one").(*pacer); p.requests != 100 || p.interval != 10*time.Second || p.local != nil { //nolint:forcetypeassert // it returns a *pacer
		t.Errorf("got %d requests in %v, want 100 in 10 seconds", p.requests, p.interval)
	}
}
