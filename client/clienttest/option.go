package clienttest

import (
	"errors"
	"fmt"
	"time"
)

// Option configures a [Server], for [NewServer] and [Start].
type Option func(*config) error

// config is what the options set, before a server is created from it.
type config struct {
	seed       uint64
	token      string
	locationID string
	locations  []Location
	tokens     []Token
	limit      RateLimit
	behavior   Behavior
	validate   bool
	socket     bool
	address    string
	statePath  string
	stateSync  bool
	requests   int
	hook       func(Request)
	now        func() time.Time
	app        App
	consent    *Grant
}

func defaultConfig() config {
	return config{ //nolint:gosec // the token gives access to nothing
		token:      "pit-3b1f0d52-6a7c-4e0d-9a41-5c2f7e8d9b10",
		locationID: "ve9EPM428h8vShlRW1KT",
		limit:      ProductionLimit,
		validate:   true,
		socket:     true,
		address:    "127.0.0.1:0",
		requests:   10_000,
		now:        time.Now,
	}
}

// WithSeed selects another sequence of IDs. A seed gives the same IDs in every run; the default is
// 0.
func WithSeed(seed uint64) Option {
	return func(c *config) error {
		c.seed = seed
		return nil
	}
}

// WithDefaultToken sets [Server.Token], a private integration token for the server's own location
// with both contact scopes.
func WithDefaultToken(token string) Option {
	return func(c *config) error {
		if token == "" {
			return errors.New("WithDefaultToken: the token is empty")
		}
		c.token = token
		return nil
	}
}

// WithToken adds a token that the fake accepts. See also [Server.AddToken].
func WithToken(t Token) Option {
	return func(c *config) error {
		if t.Value == "" {
			return errors.New("WithToken: the token is empty")
		}
		c.tokens = append(c.tokens, t)
		return nil
	}
}

// WithDefaultLocation sets [Server.LocationID].
func WithDefaultLocation(id string) Option {
	return func(c *config) error {
		if id == "" {
			return errors.New("WithDefaultLocation: the ID is empty")
		}
		c.locationID = id
		return nil
	}
}

// WithLocation describes a location: the server's own if the ID is empty, else another one.
// Locations that are not described have the settings of the zero Location.
func WithLocation(l Location) Option {
	return func(c *config) error {
		if err := validateFields(l.Fields); err != nil {
			return fmt.Errorf("WithLocation: %w", err)
		}
		if l.Country != "" && len(l.Country) != 2 {
			return fmt.Errorf("WithLocation: country %q is not a two-letter code", l.Country)
		}
		c.locations = append(c.locations, l)
		return nil
	}
}

// WithRateLimit sets the limit of each location, [ProductionLimit] by default. The zero RateLimit
// is no limit, for tests of more than 100 requests that should not wait: [Server.Client] does not
// pace its requests then.
func WithRateLimit(limit RateLimit) Option {
	return func(c *config) error {
		if limit.Max < 0 || limit.Daily < 0 || limit.Max > 0 && limit.Interval <= 0 {
			return errors.New("WithRateLimit: set Max and Interval to more than zero")
		}
		c.limit = limit
		return nil
	}
}

// WithBehavior selects between alternatives of the API's behavior.
func WithBehavior(b Behavior) Option {
	return func(c *config) error {
		c.behavior = b
		return nil
	}
}

// WithoutValidation disables the validation of requests and responses against api/contacts.yaml,
// for speed: properties that the API does not know are then ignored instead of rejected. On one
// core the validation takes some 40 µs for a get and 3 ms for a page of 100 contacts.
func WithoutValidation() Option {
	return func(c *config) error {
		c.validate = false
		return nil
	}
}

// WithoutSocket opens no socket: only [Server.HTTPClient], [Server.Client] and [Server.Handler]
// reach the fake. Such a server works in a testing/synctest bubble, where its delays and its clock
// are those of the bubble.
func WithoutSocket() Option {
	return func(c *config) error {
		c.socket = false
		return nil
	}
}

// WithAddress sets the address to listen on, 127.0.0.1 and a free port by default.
func WithAddress(address string) Option {
	return func(c *config) error {
		c.address = address
		return nil
	}
}

// WithState stores the contacts in a file of JSON lines, and starts with those that it contains.
// What was confirmed with a 2xx survives the end of the process at any time; see [WithStateSync]
// for that of the machine. [Server.Seed] writes to the file too. One server at a time can use a
// file: a second one fails to start, with an error that names the process that uses it. The lock is
// a file beside it, with the suffix ".lock".
func WithState(path string) Option {
	return func(c *config) error {
		if path == "" {
			return errors.New("WithState: the path is empty")
		}
		c.statePath = path
		return nil
	}
}

// WithStateSync writes each change to the disk before it is confirmed, so that the state survives a
// crash of the machine too. It needs [WithState].
func WithStateSync() Option {
	return func(c *config) error {
		c.stateSync = true
		return nil
	}
}

// WithRequestLog sets how many requests [Server.Requests] returns, the last 10,000 by default.
func WithRequestLog(requests int) Option {
	return func(c *config) error {
		if requests < 0 {
			return errors.New("WithRequestLog: the number is negative")
		}
		c.requests = requests
		return nil
	}
}

// WithRequestHook sets a function that is called for each request, after its response is known and
// before it is sent. It is called concurrently.
func WithRequestHook(hook func(Request)) Option {
	return func(c *config) error {
		c.hook = hook
		return nil
	}
}

// WithClock sets the clock, time.Now by default. See also [Server.Advance].
func WithClock(now func() time.Time) Option {
	return func(c *config) error {
		if now == nil {
			return errors.New("WithClock: the clock is nil")
		}
		c.now = now
		return nil
	}
}

// WithApp describes the marketplace app of OAuth.
func WithApp(a App) Option {
	return func(c *config) error {
		c.app = a
		return nil
	}
}

// WithConsent makes GET /oauth/chooselocation redirect to the app at once, as if a person had
// allowed the grant. Without this option the consent page waits for a person. The scopes of the
// request apply if the grant has none. See also [Server.SetConsent].
func WithConsent(g Grant) Option {
	return func(c *config) error {
		c.consent = &g
		return nil
	}
}
