package bulk

import "fmt"

// An Option configures [All].
type Option func(*config)

type config struct {
	maxInFlight int
	progress    func(Progress)
	contactKeys func(input any) []string // inputs that share a key are about the same contact
	journal     *Journal                 // nil if the run is not recorded
	journalKey  func(key any) string
}

const defaultMaxInFlight = 100

func newConfig(opts []Option) config {
	c := config{maxInFlight: defaultMaxInFlight, contactKeys: defaultContactKeys}
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

// WithProgress sets a function that the iterator calls before it yields each outcome, on the
// caller's goroutine.
func WithProgress(progress func(Progress)) Option {
	return func(c *config) { c.progress = progress }
}

// WithContactKey replaces the rule that decides which inputs are about the same contact. The
// function contactKey returns the contact key of an input. Calls for inputs with the same contact
// key run one after another. An input whose contact key is empty does not wait for others. The type
// In must be the type of the inputs, otherwise the loop panics.
func WithContactKey[In any](contactKey func(In) string) Option {
	return func(c *config) {
		c.contactKeys = func(input any) []string {
			in, ok := input.(In)
			if !ok {
				panic(fmt.Sprintf("bulk: WithContactKey: the function takes a %T, the input is a %T", in, input))
			}
			return appendKey(nil, "", contactKey(in))
		}
	}
}

// WithJournal records the run in j and skips the inputs that j records as done. The function
// journalKey returns the key of an input as a string. It must return the same string for an input
// in every run, and different strings for different inputs. The type K must be the type of the
// keys, otherwise the loop panics. If j is nil, the run is not recorded.
//
// An input is recorded as done if its call succeeded, after the loop body has handled its outcome.
// If the loop body breaks, inputs whose calls succeeded and whose outcomes are lost are recorded
// too. The next run skips these inputs, and makes the calls that failed again.
//
// Before a call that is not idempotent, the intent to make it is written to the disk. If an earlier
// run recorded an intent and no result, the call is not made. Its outcome has an error that matches
// [client.ErrMaybeApplied]. A call is assumed to be idempotent if its input is a string, a
// [Change], or a [client.UpsertContactRequest] that does not always create a contact.
//
// If a record cannot be written, no further call is made. The outcomes of the remaining inputs have
// the error, and [Journal.Close] returns it.
func WithJournal[K any](j *Journal, journalKey func(K) string) Option {
	return func(c *config) {
		c.journal = j
		c.journalKey = func(key any) string {
			k, ok := key.(K)
			if !ok {
				panic(fmt.Sprintf("bulk: WithJournal: the function takes a %T, the key is a %T", k, key))
			}
			return journalKey(k)
		}
	}
}
