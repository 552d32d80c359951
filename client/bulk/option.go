package bulk

import (
	"fmt"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
)

// Option configures [All].
type Option func(*config)

type config struct {
	maxInFlight int
	progress    func(Progress)
	keys        func(input any) []string
}

// Progress is the state of a run after an outcome.
type Progress struct {
	Done      int     // outcomes, including those that failed
	Failed    int     // outcomes with an error
	Ambiguous int     // outcomes whose error matches [client.ErrMaybeApplied]
	Rate      float64 // outcomes per second since the start of the run
	Limit     client.RateLimit
}

// WithMaxInFlight sets how many calls may be in flight at a time, 100 by default. A number below 1
// has no effect.
func WithMaxInFlight(n int) Option {
	return func(c *config) {
		if n > 0 {
			c.maxInFlight = n
		}
	}
}

// WithProgress calls progress before each outcome is yielded, on the goroutine of the caller.
func WithProgress(progress func(Progress)) Option {
	return func(c *config) { c.progress = progress }
}

// WithKey sets what inputs of type In are about, for types that this package does not know. Calls for
// inputs with the same key run one after another; an empty key is about nothing else.
func WithKey[In any](key func(In) string) Option {
	return func(c *config) {
		c.keys = func(input any) []string {
			in, ok := input.(In)
			if !ok {
				return contactKeys(input)
			}
			if text := key(in); text != "" {
				return []string{text}
			}
			return nil
		}
	}
}

// contactKeys returns what identifies the contact that an input is about: its ID, email address or
// phone number.
func contactKeys(input any) []string {
	switch input := input.(type) {
	case string:
		return appendKey(nil, "id", input)
	case Change:
		email, _ := input.Set.Email.Get()
		phone, _ := input.Set.Phone.Get()
		return identifiers(input.ID, email, phone)
	case client.CreateContactRequest:
		return identifiers("", input.Email, input.Phone)
	case client.UpsertContactRequest:
		email, _ := input.Email.Get()
		phone, _ := input.Phone.Get()
		return identifiers("", email, phone)
	}
	return nil
}

func identifiers(id, email, phone string) []string {
	keys := appendKey(nil, "id", id)
	keys = appendKey(keys, "email", strings.ToLower(strings.TrimSpace(email)))
	return appendKey(keys, "phone", phoneKey(phone))
}

func appendKey(keys []string, kind, value string) []string {
	if value == "" {
		return keys
	}
	return append(keys, fmt.Sprintf("%s:%s", kind, value))
}

// phoneKey returns the last nine digits of a number, which are the same with and without a country
// code or trunk prefix.
func phoneKey(phone string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
	return digits[max(len(digits)-9, 0):]
}
