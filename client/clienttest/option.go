package clienttest

import (
	"errors"
	"fmt"
)

// Option configures a [Server], for [NewServer] and [Start]. Both report invalid values.
type Option func(*Server) error

// setIf returns an option that fails with a problem unless the value is valid.
func setIf(valid bool, problem string, apply func(*Server)) Option {
	return func(s *Server) error {
		if !valid {
			return errors.New(problem)
		}
		apply(s)
		return nil
	}
}

// WithSeed selects the sequence of generated IDs, which is the same in every run with the same
// seed. The default is 0.
func WithSeed(seed uint64) Option {
	return setIf(true, "", func(s *Server) { s.contactIDs.Seed = seed })
}

// WithDefaultToken sets [Server.Token], the private integration token of the default location. By
// default every server has another one. See [Server.AddToken] for tokens of other locations.
func WithDefaultToken(token string) Option {
	return setIf(token != "", "WithDefaultToken: token is empty", func(s *Server) { s.Token = token })
}

// WithDefaultLocationID sets [Server.LocationID], the ID of the default location. See
// [WithLocationSettings] for its settings and for other locations.
func WithDefaultLocationID(id string) Option {
	return setIf(id != "", "WithDefaultLocationID: ID is empty", func(s *Server) { s.LocationID = id })
}

// WithLocationSettings adds a location, or sets the settings of the default location if l.ID is
// empty. A location that no option describes has the settings of the zero Location.
func WithLocationSettings(l Location) Option {
	return func(s *Server) error {
		if err := validateFields(l.Fields); err != nil {
			return fmt.Errorf("WithLocationSettings: %w", err)
		}
		if l.Country != "" && len(l.Country) != 2 {
			return fmt.Errorf("WithLocationSettings: Country %q is not a two-letter code", l.Country)
		}
		s.settings = append(s.settings, l)
		return nil
	}
}

// WithRateLimit sets the rate limit of each location, [ProductionLimit] by default. The zero
// RateLimit disables it, and clients of [Server.Client] then do not wait: use it in tests that send
// more than 100 requests.
func WithRateLimit(limit RateLimit) Option {
	return setIf(limit.Max >= 0 && limit.Daily >= 0 && (limit.Max == 0 || limit.Interval > 0),
		"WithRateLimit: limit: set Interval together with Max, and no negative value", func(s *Server) { s.limiter.limit = limit })
}

// WithBehavior sets which alternatives of the API's behavior the fake reproduces.
func WithBehavior(b Behavior) Option {
	return setIf(b.IndexLag >= 0 && b.SearchLag >= 0 && b.ListEnd >= ListEndNull && b.ListEnd <= ListEndNoMeta,
		"WithBehavior: behavior: a lag is negative or ListEnd is unknown", func(s *Server) { s.behavior = b })
}

// WithoutValidation disables the validation of the fake's responses against api/contacts.yaml, for
// speed. On one core it needs about 40 µs for a get and 3 ms for a page of 100 contacts.
func WithoutValidation() Option { return setIf(true, "", func(s *Server) { s.validate = false }) }

// WithoutSocket makes the fake open no socket: only [Server.HTTPClient], [Server.Client] and
// [Server.Handler] reach it. Such a server works in a testing/synctest bubble, and its clock and
// its delays follow the time of the bubble.
func WithoutSocket() Option { return setIf(true, "", func(s *Server) { s.inMemory = true }) }

// WithRequestLog sets how many of the last requests [Server.Requests] returns, 10,000 by default.
// With 0 it returns none.
func WithRequestLog(requests int) Option {
	return setIf(requests >= 0, "WithRequestLog: number of requests is negative", func(s *Server) { s.requests.max = requests })
}

// WithRequestHook sets a function that the fake calls for each request, before it sends the
// response. The function must be safe for concurrent use.
func WithRequestHook(hook func(Request)) Option {
	return setIf(hook != nil, "WithRequestHook: function is nil", func(s *Server) { s.requests.hook = hook })
}

// WithApp sets [Server.App], the marketplace app that uses OAuth.
func WithApp(a App) Option { return setIf(true, "", func(s *Server) { s.App = a }) }

// WithConsent makes GET /oauth/chooselocation redirect to the app immediately, as if a person had
// agreed to the grant. Without this option the consent page waits for a person. If the grant has no
// scopes, those of the request are used.
func WithConsent(g Grant) Option {
	return setIf(g.UserType == "" || g.UserType == UserTypeLocation || g.UserType == UserTypeCompany,
		"WithConsent: grant: UserType is unknown", func(s *Server) { s.oauth.consent = &g })
}
