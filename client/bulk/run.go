package bulk

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// run is the state of one loop over the outcomes. The goroutines of the calls send to results. Only
// the caller's goroutine uses queues and the fields below it.
type run[K, In, Out any] struct {
	ctx     context.Context //nolint:containedctx // the context of the call of All
	config  config
	call    func(context.Context, In, ...client.CallOption) (Out, error)
	yield   func(K, Outcome[In, Out]) bool
	results chan *job[K, In, Out]

	queues   map[string][]*job[K, In, Out] // by contact key, in the order of the inputs; the first may run
	ready    []*job[K, In, Out]            // jobs that are first in all their queues, and not in flight
	blocked  int                           // number of jobs that wait for an earlier job in a queue
	inFlight int
	waiter   *job[K, In, Out] // the call that waits for the rate limit
	paused   time.Time        // no call starts before this time
	err      error            // the reason why no further call starts
	progress progress
}

func newRun[K, In, Out any](ctx context.Context, call func(context.Context, In, ...client.CallOption) (Out, error),
	yield func(K, Outcome[In, Out]) bool, c config,
) *run[K, In, Out] {
	return &run[K, In, Out]{
		ctx: ctx, config: c, call: call, yield: yield,
		results: make(chan *job[K, In, Out], c.maxInFlight),
		queues:  map[string][]*job[K, In, Out]{},
	}
}

// add adds a job for an input. It adds none if the journal records the input as done. If the
// journal records only an intent, it yields an outcome instead. It returns false if the loop body
// breaks.
func (r *run[K, In, Out]) add(key K, input In) bool {
	j := &job[K, In, Out]{key: key, outcome: Outcome[In, Out]{Input: input}, idempotent: isIdempotent(input)}
	if r.config.journal != nil {
		j.journalKey = r.config.journalKey(key)
		switch r.config.journal.state(j.journalKey) {
		case stateDone:
			return true
		case stateIntent:
			j.outcome.Err = errEarlierRun
			return r.deliver(j)
		}
	}
	j.contactKeys = r.config.contactKeys(input)
	ready := true
	for _, contactKey := range j.contactKeys {
		ready = ready && len(r.queues[contactKey]) == 0
		r.queues[contactKey] = append(r.queues[contactKey], j)
	}
	if ready {
		r.ready = append(r.ready, j)
	} else {
		r.blocked++
	}
	return true
}

// hasCapacity reports whether the next input can be read. It returns true after the run has
// stopped, so that advance returns.
func (r *run[K, In, Out]) hasCapacity() bool {
	return r.stopped() != nil ||
		len(r.ready) == 0 && r.waiter == nil && r.inFlight < r.config.maxInFlight && r.blocked < r.config.maxInFlight
}

// isEmpty reports whether the outcomes of all jobs have been yielded.
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

// advance starts calls and yields outcomes until done returns true. It returns false if the loop
// body breaks.
func (r *run[K, In, Out]) advance(done func() bool) bool {
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
		if done() {
			return true
		}
		if !r.wait() {
			return false
		}
	}
}

// canStart reports whether the first ready job can start. It returns true after the run has
// stopped, so that the outcome of the job is yielded.
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

// maxTries is the maximum number of times that a call is made while the rate limit rejects it.
const maxTries = 10

// finish handles the end of a call: it raises a panic of the call, schedules a retry, or yields the
// outcome. It returns false if the loop body breaks.
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

// unsentError returns the error of the calls that are not made because another call failed with
// err. It does not match client.ErrMaybeApplied, even if err does.
func unsentError(err error) error {
	if errors.Is(err, client.ErrMaybeApplied) {
		return fmt.Errorf("bulk: All: the call was not made: %w: %w", client.ErrRateLimited, client.ErrDailyLimit)
	}
	return err
}

// isTooLate reports whether the call was not sent because the rate limit allows no request before
// the deadline of the run. The context has not ended at that time, but every further call would
// fail immediately.
func (r *run[K, In, Out]) isTooLate(j *job[K, In, Out]) bool {
	_, hasDeadline := r.ctx.Deadline()
	return hasDeadline && !j.isSent && errors.Is(j.outcome.Err, context.DeadlineExceeded)
}

// retryAfter returns how long to wait before the run retries a call that failed with err, or 0 if
// it must not retry the call. A request that the rate limit rejected was not applied.
func retryAfter(err error) time.Duration {
	var apiErr *client.Error
	if errors.Is(err, client.ErrRateLimited) && !errors.Is(err, client.ErrMaybeApplied) && errors.As(err, &apiErr) {
		return apiErr.RetryAfter
	}
	return 0
}

// release removes j from its queues, makes the jobs that waited for it ready, and yields its
// outcome.
func (r *run[K, In, Out]) release(j *job[K, In, Out]) bool {
	for _, contactKey := range j.contactKeys {
		if queue := r.queues[contactKey][1:]; len(queue) > 0 {
			r.queues[contactKey] = queue
		} else {
			delete(r.queues, contactKey)
		}
	}
	released := map[*job[K, In, Out]]bool{}
	for _, contactKey := range j.contactKeys {
		if queue := r.queues[contactKey]; len(queue) > 0 && r.isFirst(queue[0]) && !released[queue[0]] {
			released[queue[0]] = true
			r.blocked--
			r.ready = append(r.ready, queue[0])
		}
	}
	return r.deliver(j)
}

// isFirst reports whether j is first in all its queues.
func (r *run[K, In, Out]) isFirst(j *job[K, In, Out]) bool {
	for _, contactKey := range j.contactKeys {
		if r.queues[contactKey][0] != j {
			return false
		}
	}
	return true
}

// deliver yields the outcome of j, and records its result even if the loop body breaks or panics.
// It returns false if the loop body breaks.
func (r *run[K, In, Out]) deliver(j *job[K, In, Out]) bool {
	defer r.recordResult(j)
	r.progress.add(j.outcome.Err, j.response.RateLimit)
	if r.config.progress != nil {
		r.config.progress(r.progress.Progress)
	}
	return r.yield(j.key, j.outcome)
}

// close cancels the call that waits for the rate limit, and waits until all calls have ended. It
// records their results, but does not yield their outcomes.
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
