package clienttest

import (
	"errors"
	"fmt"
	"testing"
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
	requests   int
	hook       func(Request)
	app        App
	consent    *Grant
	webhooks   string     // URL
	tb         testing.TB // set by NewServer
}

// configure applies the options to the defaults.
func configure(opts []Option) (*config, error) {
	c := &config{
		locationID: "ve9EPM428h8vShlRW1KT",
		limit:      ProductionLimit,
		validate:   true,
		socket:     true,
		requests:   10_000,
	}
	for i, opt := range opts {
		if opt == nil {
			return nil, fmt.Errorf("option %d is nil", i+1)
		}
		if err := opt(c); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// set returns an option that cannot fail.
func set(apply func(*config)) Option {
	return func(c *config) error {
		apply(c)
		return nil
	}
}

// setIf returns an option that fails with a problem unless the value is valid.
func setIf(valid bool, problem string, apply func(*config)) Option {
	return func(c *config) error {
		if !valid {
			return errors.New(problem)
		}
		apply(c)
		return nil
	}
}

// WithSeed selects the sequence of generated IDs, which is the same in every run with the same
// seed. The default is 0.
func WithSeed(seed uint64) Option { return set(func(c *config) { c.seed = seed }) }

// WithDefaultToken sets [Server.Token], the private integration token of the default location. By
// default every server has another one. See [Server.AddToken] for tokens of other locations.
func WithDefaultToken(token string) Option {
	return setIf(token != "", "WithDefaultToken: token is empty", func(c *config) { c.token = token })
}

// WithDefaultLocationID sets [Server.LocationID], the ID of the default location. See
// [WithLocationSettings] for its settings and for other locations.
func WithDefaultLocationID(id string) Option {
	return setIf(id != "", "WithDefaultLocationID: ID is empty", func(c *config) { c.locationID = id })
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
	return setIf(limit.Max >= 0 && limit.Daily >= 0 && (limit.Max == 0 || limit.Interval > 0),
		"WithRateLimit: limit: set Interval together with Max, and no negative value", func(c *config) { c.limit = limit })
}

// WithBehavior sets which alternatives of the API's behavior the fake reproduces.
func WithBehavior(b Behavior) Option {
	return setIf(b.IndexLag >= 0 && b.SearchLag >= 0 && b.ListEnd >= ListEndNull && b.ListEnd <= ListEndNoMeta,
		"WithBehavior: behavior: a lag is negative or ListEnd is unknown", func(c *config) { c.behavior = b })
}

// WithoutValidation disables the validation of the fake's responses against api/contacts.yaml, for
// speed. On one core it needs about 40 µs for a get and 3 ms for a page of 100 contacts.
func WithoutValidation() Option { return set(func(c *config) { c.validate = false }) }

// WithoutSocket makes the fake open no socket: only [Server.HTTPClient], [Server.Client] and
// [Server.Handler] reach it. Such a server works in a testing/synctest bubble, and its clock and
// its delays follow the time of the bubble.
func WithoutSocket() Option { return set(func(c *config) { c.socket = false }) }

// WithRequestLog sets how many of the last requests [Server.Requests] returns, 10,000 by default.
// With 0 it returns none.
func WithRequestLog(requests int) Option {
	return setIf(requests >= 0, "WithRequestLog: number of requests is negative", func(c *config) { c.requests = requests })
}

// WithRequestHook sets a function that the fake calls for each request, before it sends the
// response. The function must be safe for concurrent use.
func WithRequestHook(hook func(Request)) Option {
	return setIf(hook != nil, "WithRequestHook: function is nil", func(c *config) { c.hook = hook })
}

// WithApp sets [Server.App], the marketplace app that uses OAuth.
func WithApp(a App) Option { return set(func(c *config) { c.app = a }) }

// WithConsent makes GET /oauth/chooselocation redirect to the app immediately, as if a person had
// agreed to the grant. Without this option the consent page waits for a person. If the grant has no
// scopes, those of the request are used.
func WithConsent(g Grant) Option {
	return setIf(g.UserType == "" || g.UserType == UserTypeLocation || g.UserType == UserTypeCompany,
		"WithConsent: grant: UserType is unknown", func(c *config) { c.consent = &g })
}
