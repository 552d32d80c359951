package bulk

import (
	"fmt"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// An Option configures [All].
type Option func(*config)

type config struct {
	maxInFlight int
	progress    func(Progress)
	contactKeys func(input any) []string
	journal     *Journal
	journalKey  func(key any) string
}

const defaultMaxInFlight = 100

func newConfig(opts []Option) config {
	c := config{maxInFlight: defaultMaxInFlight, contactKeys: contactKeys}
	for _, opt := range opts {
		if opt != nil {
			opt(&c)
		}
	}
	return c
}

// WithMaxInFlight sets how many calls are in flight at most, 100 by default. Numbers below 1 mean
// the default. Fewer are in flight if the rate limit allows fewer.
func WithMaxInFlight(n int) Option {
	return func(c *config) {
		if n > 0 {
			c.maxInFlight = n
		}
	}
}

// WithProgress calls progress on the caller's goroutine before each outcome is yielded.
func WithProgress(progress func(Progress)) Option {
	return func(c *config) { c.progress = progress }
}

// WithKey sets which inputs are about the same contact: those with the same key. Inputs whose key
// is empty are independent. The function replaces the default rule. It must take the type of the
// inputs, otherwise All panics.
func WithKey[In any](key func(In) string) Option {
	return func(c *config) {
		c.contactKeys = func(input any) []string {
			in, ok := input.(In)
			if !ok {
				panic(fmt.Sprintf("bulk: WithKey: the function takes a %T, the input is a %T", in, input))
			}
			if k := key(in); k != "" {
				return []string{k}
			}
			return nil
		}
	}
}

// WithJournal records the run in j and skips inputs that j records as done. The function returns
// the text form of a key. It must return the same text for the same input in every run, and another
// text for each input. It must take the type of the keys, otherwise All panics.
//
// The intent to make a call that is not idempotent is written to the disk before the call is sent:
// a create, an upsert that always creates a contact, and any input of a type that package bulk does
// not know. If an earlier run recorded the intent and no result, the input is yielded with an error
// that matches [client.ErrMaybeApplied] and is not sent. An input is recorded as done after the
// loop body has handled its outcome. Inputs that failed are sent again by the next run.
func WithJournal[K any](j *Journal, key func(K) string) Option {
	return func(c *config) {
		c.journal = j
		c.journalKey = func(k any) string {
			typed, ok := k.(K)
			if !ok {
				panic(fmt.Sprintf("bulk: WithJournal: the function takes a %T, the key is a %T", typed, k))
			}
			return key(typed)
		}
	}
}

// Progress is the state of a run.
type Progress struct {
	Done      int              // outcomes, the failed ones included
	Failed    int              // outcomes with an error, the ambiguous ones included
	Ambiguous int              // outcomes that match client.ErrMaybeApplied
	Rate      float64          // recent outcomes per second
	Limit     client.RateLimit // of the latest response
}

// rateWindow is the number of outcomes of which Progress.Rate is the rate.
const rateWindow = 200

// progress counts outcomes.
type progress struct {
	Progress
	times [rateWindow]time.Time // of the latest outcomes, a ring; first the start
	n     int
}

func (p *progress) add(err error, limit client.RateLimit, ambiguous bool) {
	now := time.Now()
	p.Done++
	if err != nil {
		p.Failed++
	}
	if ambiguous {
		p.Ambiguous++
	}
	if limit.Known {
		p.Limit = limit
	}
	p.times[p.n%rateWindow] = now
	p.n++
	oldest := p.times[max(0, p.n-rateWindow)%rateWindow]
	if elapsed := now.Sub(oldest).Seconds(); elapsed > 0 {
		p.Rate = float64(min(p.n, rateWindow)-1) / elapsed
	}
}
