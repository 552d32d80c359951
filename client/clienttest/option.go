package clienttest

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// Option configures a [Server], for [NewServer] and [Start]. Both report invalid values.
type Option func(*config) error

// config holds the values of the options.
type config struct {
	seed       uint64
	token      string
	locationID string
	locations  []Location
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
	tb         testing.TB // set by NewServer
}

// set returns an option that cannot fail.
func set(apply func(*config)) Option {
	return func(c *config) error {
		apply(c)
		return nil
	}
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

// WithSeed selects the sequence of generated IDs, which is the same in every run with the same
// seed. The default is 0.
func WithSeed(seed uint64) Option { return set(func(c *config) { c.seed = seed }) }

// WithDefaultToken sets [Server.Token], the private integration token of the default location. See
// [Server.AddToken] for tokens of other locations.
func WithDefaultToken(token string) Option {
	return func(c *config) error {
		if token == "" {
			return errors.New("WithDefaultToken: token is empty")
		}
		c.token = token
		return nil
	}
}

// WithDefaultLocationID sets [Server.LocationID], the ID of the default location. See
// [WithLocationSettings] for its settings and for other locations.
func WithDefaultLocationID(id string) Option {
	return func(c *config) error {
		if id == "" {
			return errors.New("WithDefaultLocationID: ID is empty")
		}
		c.locationID = id
		return nil
	}
}

// WithLocationSettings adds a location, or sets the settings of the default location if l.ID is
// empty. It replaces earlier settings of the same location. A location that no option describes has
// the settings of the zero Location.
func WithLocationSettings(l Location) Option {
	return func(c *config) error {
		if err := validateFields(l.Fields); err != nil {
			return fmt.Errorf("WithLocationSettings: %w", err)
		}
		if l.Country != "" && len(l.Country) != 2 {
			return fmt.Errorf("WithLocationSettings: Country %q is not a two-letter code", l.Country)
		}
		c.locations = append(c.locations, l)
		return nil
	}
}

// WithRateLimit sets the rate limit of each location, [ProductionLimit] by default. The zero
// RateLimit disables it, and clients of [Server.Client] then do not wait: use it in tests that send
// more than 100 requests.
func WithRateLimit(limit RateLimit) Option {
	return func(c *config) error {
		if limit.Max < 0 || limit.Daily < 0 || limit.Max > 0 && limit.Interval <= 0 {
			return errors.New("WithRateLimit: limit: set Interval together with Max, and no negative value")
		}
		c.limit = limit
		return nil
	}
}

// WithBehavior sets which alternatives of the API's behavior the fake reproduces.
func WithBehavior(b Behavior) Option { return set(func(c *config) { c.behavior = b }) }

// WithoutValidation disables the validation of requests and responses against api/contacts.yaml,
// for speed. The fake then ignores unknown properties instead of rejecting them. On one core the
// validation needs about 40 µs for a get and 3 ms for a page of 100 contacts.
func WithoutValidation() Option { return set(func(c *config) { c.validate = false }) }

// WithoutSocket makes the fake open no socket: only [Server.HTTPClient], [Server.Client] and
// [Server.Handler] reach it. Such a server works in a testing/synctest bubble, and its clock and
// its delays follow the time of the bubble.
func WithoutSocket() Option { return set(func(c *config) { c.socket = false }) }

// WithAddress sets the host and port to listen on, "127.0.0.1:0" by default; port 0 selects a free
// port. A server without a socket ignores the address.
func WithAddress(address string) Option { return set(func(c *config) { c.address = address }) }

// WithState stores the contacts in a file of JSON lines. The server starts with the contacts that
// the file contains. A write that was confirmed with a 2xx survives a crash of the process; see
// [WithStateSync] for a crash of the machine. [Server.Seed] writes to the file too. A missing file
// is created. Only one server at a time can use a file: the error of a second one names the process
// that uses it. The lock is a file with the same name and the suffix ".lock".
func WithState(path string) Option {
	return func(c *config) error {
		if path == "" {
			return errors.New("WithState: path is empty")
		}
		c.statePath = path
		return nil
	}
}

// WithStateSync makes [WithState] write each change to the disk before it is confirmed, so that the
// state survives a crash of the machine too. Without WithState it has no effect.
func WithStateSync() Option { return set(func(c *config) { c.stateSync = true }) }

// WithRequestLog sets how many of the last requests [Server.Requests] returns, 10,000 by default.
// With 0 it returns none.
func WithRequestLog(requests int) Option {
	return func(c *config) error {
		if requests < 0 {
			return errors.New("WithRequestLog: number of requests is negative")
		}
		c.requests = requests
		return nil
	}
}

// WithRequestHook sets a function that the fake calls for each request, before it sends the
// response. The function must be safe for concurrent use.
func WithRequestHook(hook func(Request)) Option { return set(func(c *config) { c.hook = hook }) }

// WithClock sets the function that returns the current time, time.Now by default. The function must
// be safe for concurrent use. See also [Server.Advance].
func WithClock(now func() time.Time) Option {
	return func(c *config) error {
		if now == nil {
			return errors.New("WithClock: function is nil")
		}
		c.now = now
		return nil
	}
}

// WithApp sets [Server.App], the marketplace app that uses OAuth.
func WithApp(a App) Option { return set(func(c *config) { c.app = a }) }

// WithConsent makes GET /oauth/chooselocation redirect to the app immediately, as if a person had
// agreed to the grant. Without this option the consent page waits for a person. If the grant has no
// scopes, those of the request are used. See also [Server.SetConsent].
func WithConsent(g Grant) Option { return set(func(c *config) { c.consent = &g }) }
