package bulk

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/highlevel-contacts/contacts-go/client"
)

// job is the work for one input. Its call is made again if the rate limit rejects it.
type job[K, In, Out any] struct {
	key         K
	outcome     Outcome[In, Out]
	contactKeys []string // without duplicates
	waits       int      // number of contact keys for which an earlier job is not done
	journalKey  string
	idempotent  bool
	hasIntent   bool            // the intent has been written to the journal
	tries       int             // number of calls
	response    client.Response // of the last request method that received the options
	cancel      context.CancelFunc
	returned    bool // false after a panic or runtime.Goexit in the call
	panicked    any  // the value of the panic

	passed chan struct{} // closed when the call has passed the rate limit
	mu     sync.Mutex    // guards sends while the call is in flight
	sends  int           // number of methods of the client that have passed the rate limit
}

// noResponse is the number of attempts of a job whose call has not stored a response.
const noResponse = -1

// start makes the call of j on a new goroutine, which sends j to results when the call ends.
func (r *run[K, In, Out]) start(j *job[K, In, Out]) {
	ctx, cancel := context.WithCancel(r.ctx)
	j.cancel, j.passed, j.sends, j.response = cancel, make(chan struct{}), 0, client.Response{Attempts: noResponse}
	j.tries++
	r.inFlight++
	r.waiter = j
	go func() {
		defer func() { r.results <- j }() // the run receives from results until no call is in flight
		defer cancel()
		defer func() {
			if !j.returned {
				j.panicked = recover()
			}
		}()
		j.returned = false
		if err := r.recordIntent(j); err != nil {
			j.outcome.Err = err
		} else {
			j.outcome.Value, err = r.op.Call(ctx, j.outcome.Input, client.WithOnSend(j.onSend), client.WithResponseInto(&j.response))
			j.outcome.Err = j.markMaybeApplied(err)
		}
		j.returned = true
	}()
}

// onSend records that a method of the client has passed the rate limit.
func (j *job[K, In, Out]) onSend() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.sends++; j.sends == 1 {
		close(j.passed)
	}
}

// cancelUnsent cancels the call if it waits for the rate limit.
func (j *job[K, In, Out]) cancelUnsent() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.sends == 0 {
		j.cancel()
	}
}

// markMaybeApplied adds client.ErrMaybeApplied to err, the error of a call, if an earlier request of
// the call may have been applied and the call is not idempotent.
func (j *job[K, In, Out]) markMaybeApplied(err error) error {
	if err == nil || j.idempotent || errors.Is(err, client.ErrMaybeApplied) || !j.hasEarlierRequest(err) {
		return err
	}
	return fmt.Errorf("bulk: All: an earlier request of the call was sent: %w: %w", client.ErrMaybeApplied, err)
}

// hasEarlierRequest reports whether the call may have sent a request other than the one that failed
// with err.
func (j *job[K, In, Out]) hasEarlierRequest(err error) bool {
	switch {
	case j.sends > 1:
		return true
	case j.sends == 1: // the last method was not sent, or it succeeded and a later one failed
		return j.response.Attempts < 1 || j.response.StatusCode/100 == 2
	case j.response.Attempts != noResponse:
		return false // the only method was not sent
	}
	// The call did not pass its options, unless the arguments were invalid.
	apiErr, ok := errors.AsType[*client.Error](err)
	return ok && (apiErr.StatusCode != 0 || !errors.Is(err, client.ErrInvalid))
}

// errEarlierRun is the error of an input for which the journal records an intent and no result.
var errEarlierRun = fmt.Errorf("bulk: All: an earlier run started the call and did not record its result: check the contact: %w", client.ErrMaybeApplied)

// recordIntent writes the intent to make the call to the journal, unless the call is idempotent. It
// returns an error if the journal cannot record the call.
func (r *run[K, In, Out]) recordIntent(j *job[K, In, Out]) error {
	if r.config.journal == nil {
		return nil
	}
	if j.idempotent || j.hasIntent {
		return r.config.journal.err()
	}
	j.hasIntent = true
	return r.config.journal.record(signIntent, j.journalKey)
}

// recordResult writes the result of a call to the journal. It writes nothing for a call that may
// have been applied, so that its intent remains.
func (r *run[K, In, Out]) recordResult(j *job[K, In, Out]) {
	if r.config.journal == nil {
		return
	}
	// The journal stores the first error. The next call fails with it, and Close returns it.
	switch {
	case j.outcome.Err == nil:
		_ = r.config.journal.record(signDone, j.journalKey)
	case j.hasIntent && !errors.Is(j.outcome.Err, client.ErrMaybeApplied):
		_ = r.config.journal.record(signNotApplied, j.journalKey)
	}
}
