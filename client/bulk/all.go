package bulk

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// All calls call for each input, many at a time, as fast as the client's rate limit allows, and yields
// each outcome under its key as the call ends, not in the order of the inputs.
//
// At most one call of a run waits for the rate limit at a time, so that other users of the client get
// their turn. Calls about the same contact, by ID, email address or phone number, run one after
// another, in the order of the inputs. Inputs and the loop body run on the goroutine of the caller.
// Call must pass its options on to a method of the client.
//
// After a break, a call that waits is canceled, calls that were sent run to their end, and their
// outcomes are lost. To receive them, cancel ctx instead: then no call starts, and the outcomes of
// calls in flight are still yielded; those of writes that may have been applied match
// [client.ErrMaybeApplied]. When the daily limit is exhausted, the run ends after the outcomes of the
// calls in flight, and the remaining inputs are not consumed.
func All[K, In, Out any](ctx context.Context, inputs iter.Seq2[K, In],
	call func(context.Context, In, ...client.CallOption) (Out, error), opts ...Option,
) iter.Seq2[K, Outcome[In, Out]] {
	return func(yield func(K, Outcome[In, Out]) bool) {
		config := config{maxInFlight: 100, keys: contactKeys}
		for _, opt := range opts {
			if opt != nil {
				opt(&config)
			}
		}
		r := &run[K, In, Out]{
			config: config, ctx: ctx, call: call, started: time.Now(), busy: map[string]bool{},
			sent: make(chan struct{}, config.maxInFlight), done: make(chan result[K, In, Out], config.maxInFlight),
		}
		r.loop(inputs, yield)
	}
}

// run is the state of one range over All. Only done and sent are used by other goroutines.
type run[K, In, Out any] struct {
	config

	ctx      context.Context //nolint:containedctx // a run has one context
	call     func(context.Context, In, ...client.CallOption) (Out, error)
	started  time.Time
	busy     map[string]bool // keys of the calls in flight
	inFlight int
	waiting  func() // cancels the call that was not sent; nil if there is none
	ended    bool   // no call may start
	state    Progress
	sent     chan struct{} // the call that waits was sent
	done     chan result[K, In, Out]
}

type result[K, In, Out any] struct {
	key      K
	outcome  Outcome[In, Out]
	keys     []string
	limit    client.RateLimit
	unsent   bool
	panicked bool
	panic    any
}

func (r *run[K, In, Out]) loop(inputs iter.Seq2[K, In], yield func(K, Outcome[In, Out]) bool) {
	defer r.finish()
	if r.ctx.Err() != nil {
		return
	}
	for key, input := range inputs {
		keys := r.keys(input)
		for r.isBusy(keys) {
			if !r.receive(yield) {
				return
			}
		}
		if r.stopped() {
			if !r.yield(yield, key, Outcome[In, Out]{Input: input, Err: r.endError()}) {
				return
			}
			break
		}
		r.start(key, input, keys)
		// Outcomes that have arrived are yielded before the next input is produced.
		for r.waiting != nil || r.inFlight >= r.maxInFlight || len(r.done) > 0 {
			if !r.receive(yield) {
				return
			}
		}
		if r.stopped() {
			break
		}
	}
	for r.inFlight > 0 {
		if !r.receive(yield) {
			return
		}
	}
}

// stopped reports whether no call may start.
func (r *run[K, In, Out]) stopped() bool { return r.ended || r.ctx.Err() != nil }

// endError returns why an input that was consumed was not sent.
func (r *run[K, In, Out]) endError() error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	return errors.Join(client.ErrRateLimited, client.ErrDailyLimit)
}

func (r *run[K, In, Out]) isBusy(keys []string) bool {
	for _, key := range keys {
		if r.busy[key] {
			return true
		}
	}
	return false
}

// start starts a call on a goroutine of its own.
func (r *run[K, In, Out]) start(key K, input In, keys []string) {
	ctx, cancel := context.WithCancel(r.ctx)
	var decided atomic.Bool // whether the call was sent or canceled, whichever came first
	r.waiting = func() {
		if decided.CompareAndSwap(false, true) {
			cancel()
		}
	}
	r.inFlight++
	for _, key := range keys {
		r.busy[key] = true
	}
	go func() {
		res := result[K, In, Out]{key: key, outcome: Outcome[In, Out]{Input: input}, keys: keys, unsent: true, panicked: true}
		defer func() {
			if res.panicked {
				res.panic = recover()
			}
			cancel()
			r.done <- res
		}()
		var response client.Response
		res.outcome.Value, res.outcome.Err = r.call(ctx, input, client.WithResponseInto(&response), client.WithOnSend(func() {
			decided.Store(true)
			res.unsent = false
			r.sent <- struct{}{}
		}))
		res.limit, res.panicked = response.RateLimit, false
	}()
}

// receive waits until the waiting call was sent or a call ended, and yields the outcome. It returns
// false if the loop body ended the range.
func (r *run[K, In, Out]) receive(yield func(K, Outcome[In, Out]) bool) bool {
	select {
	case <-r.sent:
		r.waiting = nil
		return true
	case res := <-r.done:
		r.end(&res)
		if res.panicked {
			panic(res.panic)
		}
		if errors.Is(res.outcome.Err, client.ErrDailyLimit) {
			r.ended = true
		}
		if res.limit.Known {
			r.state.Limit = res.limit
		}
		return r.yield(yield, res.key, res.outcome)
	}
}

// end releases what a call that ended had.
func (r *run[K, In, Out]) end(res *result[K, In, Out]) {
	r.inFlight--
	for _, key := range res.keys {
		delete(r.busy, key)
	}
	if res.unsent {
		r.waiting = nil
	}
}

func (r *run[K, In, Out]) yield(yield func(K, Outcome[In, Out]) bool, key K, outcome Outcome[In, Out]) bool {
	p := &r.state
	p.Done++
	if outcome.Err != nil {
		p.Failed++
	}
	if errors.Is(outcome.Err, client.ErrMaybeApplied) {
		p.Ambiguous++
	}
	if seconds := time.Since(r.started).Seconds(); seconds > 0 {
		p.Rate = float64(p.Done) / seconds
	}
	if r.progress != nil {
		r.progress(*p)
	}
	return yield(key, outcome)
}

// finish waits for the calls in flight after a break or a panic. The call that waits is canceled,
// unless it was sent.
func (r *run[K, In, Out]) finish() {
	if r.waiting != nil {
		r.waiting()
	}
	for r.inFlight > 0 {
		<-r.done
		r.inFlight--
	}
}
