package bulk

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// run is the state of one loop over the outcomes. The goroutines of the calls send to results. Only
// the caller's goroutine uses queues and the fields below it.
type run[K, In, Out any] struct {
	ctx        context.Context //nolint:containedctx // the context of the call of All
	config     config
	journalKey func(K) string
	op         Operation[In, Out]
	inputs     iter.Seq2[K, In]
	yield      func(K, Outcome[In, Out]) bool
	results    chan *job[K, In, Out]

	queues   map[string][]*job[K, In, Out] // by contact key, in the order of the inputs; the first may run
	ready    []*job[K, In, Out]            // jobs that are first in all their queues, and not in flight
	blocked  int                           // number of jobs that wait for an earlier job in a queue
	inFlight int
	waiter   *job[K, In, Out] // the call that waits for the rate limit
	paused   time.Time        // no call starts before this time
	broken   bool             // the loop body has ended the loop
	err      error            // the reason why no further call starts
	progress Progress
	first    time.Time // time of the first outcome
}

// newRun returns the run of one loop, or an error if an argument or an option is invalid.
func newRun[K, In, Out any](ctx context.Context, inputs iter.Seq2[K, In], op Operation[In, Out],
	yield func(K, Outcome[In, Out]) bool, opts []Option,
) (*run[K, In, Out], error) {
	c := config{maxInFlight: defaultMaxInFlight}
	switch {
	case inputs == nil:
		return nil, invalid("the inputs are nil")
	case op.Call == nil || op.ContactKeys == nil || op.Idempotent == nil:
		return nil, invalid("set Call, ContactKeys and Idempotent of the Operation")
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, invalid("an Option is nil")
		}
		if err := opt(&c); err != nil {
			return nil, err
		}
	}
	r := &run[K, In, Out]{
		ctx: ctx, config: c, op: op, inputs: inputs, yield: yield,
		results: make(chan *job[K, In, Out]), queues: map[string][]*job[K, In, Out]{},
	}
	if c.journal != nil {
		var ok bool
		if r.journalKey, ok = c.journalKey.(func(K) string); !ok {
			return nil, invalid("WithJournal: the function is a %T, want a %T", c.journalKey, r.journalKey)
		}
	}
	return r, nil
}

// all reads the inputs while the run has capacity, and handles its events until no job is left.
func (r *run[K, In, Out]) all() {
	if r.ctx.Err() != nil {
		return
	}
	for key, input := range r.inputs {
		r.add(key, input)
		for r.isFull() && !r.isEnding() {
			r.step()
		}
		if r.isEnding() {
			break
		}
	}
	for len(r.ready)+r.blocked+r.inFlight > 0 && !r.broken {
		r.step()
	}
}

// isFull reports whether the next input must wait.
func (r *run[K, In, Out]) isFull() bool {
	return len(r.ready) > 0 || r.waiter != nil || r.inFlight >= r.config.maxInFlight || r.blocked >= r.config.maxInFlight
}

// isEnding reports whether no further input is read and no further call starts.
func (r *run[K, In, Out]) isEnding() bool {
	if r.err == nil {
		r.err = r.ctx.Err()
	}
	return r.err != nil || r.broken
}

// add adds a job for an input. It adds none if the journal records the input as done. If the
// journal records only an intent, it yields an outcome instead.
func (r *run[K, In, Out]) add(key K, input In) {
	j := &job[K, In, Out]{key: key, outcome: Outcome[In, Out]{Input: input}, idempotent: r.op.Idempotent(input)}
	if r.config.journal != nil {
		j.journalKey = r.journalKey(key)
		switch r.config.journal.sign(j.journalKey) {
		case signDone:
			return
		case signIntent:
			j.outcome.Err = errEarlierRun
			r.deliver(j)
			return
		}
	}
	for _, contactKey := range r.op.ContactKeys(input) {
		if contactKey == "" || slices.Contains(j.contactKeys, contactKey) {
			continue
		}
		if len(r.queues[contactKey]) > 0 {
			j.waits++
		}
		j.contactKeys = append(j.contactKeys, contactKey)
		r.queues[contactKey] = append(r.queues[contactKey], j)
	}
	if j.waits == 0 {
		r.ready = append(r.ready, j)
	} else {
		r.blocked++
	}
}

// step starts a call, or waits for an event if none can start. When the run is ending, it yields an
// outcome in place of starting a call.
func (r *run[K, In, Out]) step() {
	ending := r.isEnding()
	if len(r.ready) == 0 || !ending && (r.waiter != nil || r.inFlight >= r.config.maxInFlight || time.Now().Before(r.paused)) {
		r.wait()
		return
	}
	j := r.ready[0]
	r.ready = r.ready[1:]
	if !ending {
		r.start(j)
		return
	}
	j.outcome.Err = r.err
	r.release(j)
}

// wait waits for the next event: the end of a call, a call that has passed the rate limit, or the
// end of a pause.
func (r *run[K, In, Out]) wait() {
	var passed, ended <-chan struct{}
	var resumed <-chan time.Time
	if r.waiter != nil {
		passed = r.waiter.passed
	}
	if pause := time.Until(r.paused); pause > 0 && len(r.ready) > 0 {
		resumed, ended = time.After(pause), r.ctx.Done()
	}
	select {
	case j := <-r.results:
		r.finish(j)
	case <-passed:
		r.waiter = nil
	case <-resumed:
	case <-ended:
	}
}

// maxTries is the maximum number of times that a call is made while the rate limit rejects it.
const maxTries = 10

// finish handles the end of a call: it raises a panic of the call, schedules a retry, or yields the
// outcome.
func (r *run[K, In, Out]) finish(j *job[K, In, Out]) {
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
	if err := r.endReason(j); err != nil && r.err == nil {
		r.err = fmt.Errorf("bulk: All: the call was not made, because an earlier call failed: %w", err)
	}
	wait := retryAfter(j.outcome.Err)
	if until := time.Now().Add(wait); until.After(r.paused) {
		r.paused = until
	}
	if wait > 0 && j.tries < maxTries && !r.isEnding() && (j.idempotent || !errors.Is(j.outcome.Err, client.ErrMaybeApplied)) {
		r.ready = append([]*job[K, In, Out]{j}, r.ready...)
		return
	}
	r.release(j)
}

// retryAfter returns how long no call starts after a call that failed with err.
func retryAfter(err error) time.Duration {
	apiErr, ok := errors.AsType[*client.Error](err)
	if !ok || !errors.Is(err, client.ErrRateLimited) {
		return 0
	}
	return apiErr.RetryAfter
}

// endReason returns the error that every further call would return as well, or nil. It does not
// match client.ErrMaybeApplied.
func (r *run[K, In, Out]) endReason(j *job[K, In, Out]) error {
	err := j.outcome.Err
	_, hasDeadline := r.ctx.Deadline()
	switch {
	case errors.Is(err, client.ErrDailyLimit):
		return fmt.Errorf("%w: %w", client.ErrRateLimited, client.ErrDailyLimit)
	case errors.Is(err, client.ErrUnauthorized):
		return client.ErrUnauthorized
	case errors.Is(err, client.ErrForbidden) && isAboutToken(err):
		return client.ErrForbidden
	case hasDeadline && j.sends == 0 && errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded // the rate limit allows no request before the deadline
	}
	return nil
}

// isAboutToken reports whether the API has refused the token, or to issue one: such a call has no
// response. A gateway can refuse one request.
func isAboutToken(err error) bool {
	apiErr, ok := errors.AsType[*client.Error](err)
	return ok && (apiErr.StatusCode == 0 || apiErr.StatusCode == http.StatusUnauthorized ||
		strings.Contains(strings.ToLower(strings.Join(apiErr.Messages, " ")), "token"))
}

// release removes j from its queues, makes the jobs that waited only for it ready, and yields its
// outcome.
func (r *run[K, In, Out]) release(j *job[K, In, Out]) {
	for _, contactKey := range j.contactKeys {
		queue := r.queues[contactKey][1:]
		if len(queue) == 0 {
			delete(r.queues, contactKey)
			continue
		}
		r.queues[contactKey] = queue
		if queue[0].waits--; queue[0].waits == 0 {
			r.blocked--
			r.ready = append(r.ready, queue[0])
		}
	}
	r.deliver(j)
}

// deliver yields the outcome of j, and records its result even if the loop body breaks or panics.
func (r *run[K, In, Out]) deliver(j *job[K, In, Out]) {
	defer r.recordResult(j)
	if r.progress.Done == 0 {
		r.first = time.Now()
	}
	r.progress.add(j.outcome.Err, j.response.RateLimit, r.first)
	if r.config.progress != nil {
		r.config.progress(r.progress)
	}
	r.broken = !r.yield(j.key, j.outcome)
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
