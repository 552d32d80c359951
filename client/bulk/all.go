package bulk

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// All returns an iterator that calls the function call for each input, with many calls in flight,
// as fast as the client's rate limit allows. When a call ends, the iterator yields its outcome with
// the key of the input. See the package documentation for the order of calls about one contact and
// for the end of a run.
//
// The function call must pass its options to a method of the client. Otherwise All does not know
// when a call has passed the rate limit, and makes one call at a time.
//
//	for row, outcome := range bulk.All(ctx, slices.All(rows), c.Contacts.Upsert) { … }
func All[K, In, Out any](ctx context.Context, inputs iter.Seq2[K, In],
	call func(context.Context, In, ...client.CallOption) (Out, error), opts ...Option,
) iter.Seq2[K, Outcome[In, Out]] {
	return func(yield func(K, Outcome[In, Out]) bool) {
		r := &run[K, In, Out]{ctx: ctx, config: newConfig(opts), call: call, yield: yield, queues: map[string][]*job[K, In, Out]{}}
		r.results = make(chan *job[K, In, Out], r.config.maxInFlight)
		defer r.close()
		if ctx.Err() != nil {
			return
		}
		for key, input := range inputs {
			if !r.add(key, input) || !r.advance(r.hasCapacity) {
				return
			}
			if r.stopped() != nil {
				break
			}
		}
		r.advance(r.isEmpty)
	}
}

// run is the state of one range over the outcomes. Other goroutines than the caller's use only
// results.
type run[K, In, Out any] struct {
	ctx     context.Context //nolint:containedctx // the context of the call of All
	config  config
	call    func(context.Context, In, ...client.CallOption) (Out, error)
	yield   func(K, Outcome[In, Out]) bool
	results chan *job[K, In, Out]

	queues   map[string][]*job[K, In, Out] // by contact key, in the order of the inputs; the first may run
	ready    []*job[K, In, Out]            // jobs that are the first in all their queues
	blocked  int                           // jobs that are not
	inFlight int
	waiter   *job[K, In, Out] // the call that waits for the rate limit
	paused   time.Time        // no call starts before this time
	err      error            // the reason why no further call starts
	progress progress
}

// add adds a job for an input, unless the journal has its result. It returns false if the loop body
// breaks.
func (r *run[K, In, Out]) add(key K, input In) bool {
	j := &job[K, In, Out]{key: key, outcome: Outcome[In, Out]{Input: input}, idempotent: isIdempotent(input)}
	if r.config.journal != nil {
		j.name = r.config.journalKey(key)
		switch r.config.journal.state(j.name) {
		case stateDone:
			return true
		case stateIntent:
			j.outcome.Err = errEarlierRun
			return r.deliver(j)
		}
	}
	first := true
	for _, contact := range r.config.contactKeys(input) {
		queue := r.queues[contact]
		if len(queue) > 0 && queue[len(queue)-1] == j {
			continue
		}
		j.contactKeys = append(j.contactKeys, contact)
		r.queues[contact] = append(queue, j)
		first = first && len(queue) == 0
	}
	if first {
		r.ready = append(r.ready, j)
	} else {
		r.blocked++
	}
	return true
}

// hasCapacity reports whether the next input can be read.
func (r *run[K, In, Out]) hasCapacity() bool {
	return r.stopped() != nil ||
		len(r.ready) == 0 && r.waiter == nil && r.inFlight < r.config.maxInFlight && r.blocked < r.config.maxInFlight
}

func (r *run[K, In, Out]) isEmpty() bool {
	return len(r.ready) == 0 && r.inFlight == 0 && r.blocked == 0
}

// stopped returns the reason why no further call starts, or nil.
func (r *run[K, In, Out]) stopped() error {
	if r.err == nil {
		r.err = r.ctx.Err()
	}
	return r.err
}

// advance starts calls and yields outcomes while until returns false. It returns false if the loop
// body breaks.
func (r *run[K, In, Out]) advance(until func() bool) bool {
	for {
		select {
		case j := <-r.results:
			if !r.finish(j) {
				return false
			}
			continue
		default:
		}
		if r.canStart() {
			j := r.ready[0]
			r.ready = r.ready[1:]
			if err := r.stopped(); err != nil {
				j.outcome.Err = err
				if !r.release(j) {
					return false
				}
				continue
			}
			r.start(j)
			continue
		}
		if until() {
			return true
		}
		if !r.wait() {
			return false
		}
	}
}

// canStart reports whether the first ready job can start now, or be yielded because the run has
// stopped.
func (r *run[K, In, Out]) canStart() bool {
	if len(r.ready) == 0 {
		return false
	}
	return r.stopped() != nil || r.waiter == nil && r.inFlight < r.config.maxInFlight && !time.Now().Before(r.paused)
}

// wait waits for the next event and handles it. It returns false if the loop body breaks.
func (r *run[K, In, Out]) wait() bool {
	var sent <-chan struct{}
	if r.waiter != nil {
		sent = r.waiter.sent
	}
	var resumed <-chan time.Time
	var ended <-chan struct{}
	if pause := time.Until(r.paused); pause > 0 && len(r.ready) > 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		resumed, ended = timer.C, r.ctx.Done()
	}
	select {
	case j := <-r.results:
		return r.finish(j)
	case <-sent:
		r.waiter = nil
	case <-resumed:
	case <-ended:
	}
	return true
}

// maxTries limits how often a call is made that the rate limit rejects.
const maxTries = 10

// finish handles the end of a call. It returns false if the loop body breaks.
func (r *run[K, In, Out]) finish(j *job[K, In, Out]) bool {
	r.inFlight--
	if r.waiter == j {
		r.waiter = nil
	}
	if !j.returned {
		if j.panicked != nil {
			panic(j.panicked)
		}
		runtime.Goexit()
	}
	err := j.outcome.Err
	switch wait := retryAfter(err); {
	case errors.Is(err, client.ErrDailyLimit), r.isTooLate(j):
		r.err = unsentError(err)
	case wait > 0 && j.tries < maxTries && r.stopped() == nil:
		if until := time.Now().Add(wait); until.After(r.paused) {
			r.paused = until
		}
		r.ready = append([]*job[K, In, Out]{j}, r.ready...)
		return true
	}
	return r.release(j)
}

// unsentError returns the error of the calls that are not made because another call failed with err,
// which may match client.ErrMaybeApplied. Theirs does not.
func unsentError(err error) error {
	if errors.Is(err, client.ErrMaybeApplied) {
		return fmt.Errorf("bulk: All: the call was not made: %w: %w", client.ErrRateLimited, client.ErrDailyLimit)
	}
	return err
}

// isTooLate reports whether the call was not sent because the rate limit allows no request before
// the deadline of the run. The context has not ended then, but every further call would fail
// immediately.
func (r *run[K, In, Out]) isTooLate(j *job[K, In, Out]) bool {
	_, hasDeadline := r.ctx.Deadline()
	return hasDeadline && !j.isSent && errors.Is(j.outcome.Err, context.DeadlineExceeded)
}

// retryAfter returns how long to wait before a call that failed with err is retried, or 0 if it
// must not be retried. A request that the rate limit rejected was not applied.
func retryAfter(err error) time.Duration {
	var apiErr *client.Error
	if errors.Is(err, client.ErrRateLimited) && !errors.Is(err, client.ErrMaybeApplied) && errors.As(err, &apiErr) {
		return apiErr.RetryAfter
	}
	return 0
}

// release makes the jobs that waited for j ready, and yields the outcome of j.
func (r *run[K, In, Out]) release(j *job[K, In, Out]) bool {
	for _, contact := range j.contactKeys {
		if queue := r.queues[contact][1:]; len(queue) > 0 {
			r.queues[contact] = queue
		} else {
			delete(r.queues, contact)
		}
	}
	released := map[*job[K, In, Out]]bool{}
	for _, contact := range j.contactKeys {
		if queue := r.queues[contact]; len(queue) > 0 && r.isFirst(queue[0]) && !released[queue[0]] {
			released[queue[0]] = true
			r.blocked--
			r.ready = append(r.ready, queue[0])
		}
	}
	return r.deliver(j)
}

func (r *run[K, In, Out]) isFirst(j *job[K, In, Out]) bool {
	for _, contact := range j.contactKeys {
		if r.queues[contact][0] != j {
			return false
		}
	}
	return true
}

// deliver yields the outcome of j, and records the result even if the loop body breaks or panics.
func (r *run[K, In, Out]) deliver(j *job[K, In, Out]) bool {
	defer r.recordResult(j)
	r.progress.add(j.outcome.Err, j.response.RateLimit, errors.Is(j.outcome.Err, client.ErrMaybeApplied))
	if r.config.progress != nil {
		r.config.progress(r.progress.Progress)
	}
	return r.yield(j.key, j.outcome)
}

// close cancels the call that waits for the rate limit, and waits for the other calls. It records
// their results, but does not yield their outcomes.
func (r *run[K, In, Out]) close() {
	if r.waiter != nil {
		r.waiter.cancelUnsent()
	}
	for ; r.inFlight > 0; r.inFlight-- {
		if j := <-r.results; j.returned {
			r.recordResult(j)
		}
	}
}
