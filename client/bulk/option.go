package bulk

import (
	"fmt"

	"github.com/highlevel-contacts/contacts-go/client"
)

// An Option configures [All].
type Option func(*config) error

type config struct {
	maxInFlight int
	progress    func(Progress) // nil if the program does not observe it
	journal     *Journal       // nil if the run is not recorded
	journalKey  any            // a func(K) string, where K is the type of the keys
}

const defaultMaxInFlight = 100

// invalid returns the error of an argument or an option.
func invalid(format string, args ...any) error {
	return fmt.Errorf("bulk: All: %w: %w", client.ErrInvalid, fmt.Errorf(format, args...))
}

// WithMaxInFlight sets the maximum number of calls in flight, at least 1, and 100 by default. The
// rate limit may allow fewer.
func WithMaxInFlight(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return invalid("WithMaxInFlight: %d: want at least 1", n)
		}
		c.maxInFlight = n
		return nil
	}
}

// WithProgress sets a function that the iterator calls before it yields each outcome, on the
// caller's goroutine.
func WithProgress(progress func(Progress)) Option {
	return func(c *config) error {
		if progress == nil {
			return invalid("WithProgress: the function is nil")
		}
		c.progress = progress
		return nil
	}
}

// WithJournal records the run in j and skips the inputs that j records as done. See the section
// Resuming of the package documentation. The function journalKey returns the key of an input as a
// string. It must return the same string for an input in every run, and different strings for
// different inputs. K is the type of the keys of the inputs.
func WithJournal[K any](j *Journal, journalKey func(K) string) Option {
	return func(c *config) error {
		if j == nil || journalKey == nil {
			return invalid("WithJournal: the journal or the function is nil")
		}
		c.journal, c.journalKey = j, journalKey
		return nil
	}
}
