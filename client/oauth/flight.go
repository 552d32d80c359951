package oauth

import (
	"context"
	"sync"
)

// flight lets one caller do what all who come meanwhile wait for.
//
// The first caller works in its own goroutine, so that nothing goes on behind the back of a program that ends; those who wait
// leave when their context ends. (singleflight has either the one or the other.)
type flight struct {
	mu      sync.Mutex
	current *trip
}

type trip struct {
	done       chan struct{}
	credential Credential
	err        error
	abandoned  bool // it failed after the context of the first caller had ended
}

// do returns what work returns, run here or by the caller that came first. If that one gave up, another takes over.
func (f *flight) do(ctx context.Context, work func(context.Context) (Credential, error)) (Credential, error) {
	for {
		under, first := f.board()
		if first {
			f.lead(ctx, under, work)
			return under.credential, under.err
		}
		select {
		case <-under.done:
			if !under.abandoned {
				return under.credential, under.err
			}
		case <-ctx.Done():
			return Credential{}, ctx.Err()
		}
	}
}

// busy tells whether somebody is at work.
func (f *flight) busy() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current != nil
}

func (f *flight) board() (under *trip, first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current != nil {
		return f.current, false
	}
	f.current = &trip{done: make(chan struct{}), err: errUnsaid}
	return f.current, true
}

// lead works, and lets the others go also if work panics.
func (f *flight) lead(ctx context.Context, under *trip, work func(context.Context) (Credential, error)) {
	defer func() {
		f.mu.Lock()
		f.current = nil
		f.mu.Unlock()
		close(under.done)
	}()
	under.credential, under.err = work(ctx)
	under.abandoned = under.err != nil && ctx.Err() != nil
}
