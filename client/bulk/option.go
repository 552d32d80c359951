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

// WithMaxInFlight sets the maximum number of calls in flight, 100 by default. A number below 1 has
// no effect. The rate limit may allow fewer.
func WithMaxInFlight(n int) Option {
	return func(c *config) {
		if n > 0 {
			c.maxInFlight = n
		}
	}
}

// WithProgress sets a function that is called before each outcome is yielded, on the caller's
// goroutine.
func WithProgress(progress func(Progress)) Option {
	return func(c *config) { c.progress = progress }
}

// WithKey sets the rule for which inputs are about the same contact: inputs for which key returns
// the same string. Inputs with an empty string are independent. The type In must be that of the
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

// WithJournal records the run in j and skips the inputs that j records as done. The function key
// returns the key of an input as a string. It must return the same string for an input in every
// run, and different strings for different inputs. The type K must be that of the keys, otherwise
// All panics.
//
// An input is recorded as done after the loop body has handled its outcome. Inputs that failed are
// sent again by the next run.
//
// Before a call that is not idempotent, the intent to make it is written to the disk. Such calls
// are a create, an upsert that always creates a contact, and any call with an input of another
// type. If an earlier run recorded the intent and no result, the input is not sent. Its outcome has
// an error that matches [client.ErrMaybeApplied].
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
	Done      int              // all outcomes
	Failed    int              // outcomes with an error
	Ambiguous int              // outcomes that match client.ErrMaybeApplied
	Rate      float64          // recent outcomes per second
	Limit     client.RateLimit // of the latest response
}

// rateWindow is the number of the latest outcomes from which Progress.Rate is computed.
const rateWindow = 200

// progress counts outcomes.
type progress struct {
	Progress
	times [rateWindow]time.Time // of the latest outcomes, a ring buffer
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
