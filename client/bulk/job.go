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
	journalKey  string
	idempotent  bool
	hasIntent   bool // the intent has been written to the journal
	tries       int  // number of calls
	response    client.Response
	cancel      context.CancelFunc
	returned    bool // false after a panic or runtime.Goexit in the call
	panicked    any  // the value of the panic

	sent   chan struct{} // closed when the call has passed the rate limit
	mu     sync.Mutex    // guards isSent while the call is in flight
	isSent bool          // sent is closed
}

// start makes the call of j on a new goroutine, which sends j to results when the call ends.
func (r *run[K, In, Out]) start(j *job[K, In, Out]) {
	ctx, cancel := context.WithCancel(r.ctx)
	j.cancel, j.sent, j.isSent, j.tries = cancel, make(chan struct{}), false, j.tries+1
	r.inFlight++
	r.waiter = j
	go func() {
		defer func() { r.results <- j }() // does not block: the buffer holds all jobs in flight
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
			j.outcome.Value, j.outcome.Err = r.call(ctx, j.outcome.Input, client.WithOnSend(j.markSent), client.WithResponseInto(&j.response))
		}
		j.returned = true
	}()
}

// markSent records that the call has passed the rate limit.
func (j *job[K, In, Out]) markSent() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.isSent { // the caller's function may call several methods of the client
		j.isSent = true
		close(j.sent)
	}
}

// cancelUnsent cancels the call if it waits for the rate limit.
func (j *job[K, In, Out]) cancelUnsent() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.isSent {
		j.cancel()
	}
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
		return r.config.journal.failure()
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
