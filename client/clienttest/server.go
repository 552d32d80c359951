package clienttest

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/ids"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/nettest"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/spec"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/store"
)

// Server is a fake HighLevel API. It is safe for concurrent use and independent of other servers.
type Server struct {
	// URL is the address of the server, without a trailing slash. Without a socket only HTTPClient
	// reaches it.
	URL string
	// Token is a private integration token for LocationID, with both contact scopes.
	Token string
	// LocationID is the location (sub-account) that the server has from the start.
	LocationID string
	// CompanyID is the agency of locations that do not name one.
	CompanyID string
	// App is the marketplace app of OAuth.
	App App

	now         func() time.Time
	advanced    atomic.Int64 // by how much Advance has moved the clock
	behavior    Behavior
	locations   map[string]*Location // those that options have described, and the server's own
	locationIDs []string             // of the locations except the server's own, in the order of the options
	tokens      tokens
	oauth       oauth
	limiter     rateLimiter
	store       *store.Store
	spec        *spec.Spec // nil without validation
	operations  []*operation
	faults      faults
	requests    requestLog
	contactIDs  ids.Source // apart from traceIDs, so that contact IDs do not depend on the number of requests
	traceIDs    ids.Source

	network  *nettest.Server
	closed   atomic.Bool
	tb       testing.TB  // nil if the server was not started by a test
	onDefect func(error) // receives the defects of the fake itself; nil sends a 500 instead
}

// NewServer starts a fake that ends with the test. A response that violates api/contacts.yaml,
// unless a [Fault] caused it, fails the test.
func NewServer(tb testing.TB, opts ...Option) *Server {
	tb.Helper()
	s, err := start(func(err error) { tb.Errorf("clienttest: %v", err) }, opts)
	if err != nil {
		tb.Fatal(err)
	}
	s.tb = tb
	tb.Cleanup(func() {
		if err := s.close(); err != nil {
			tb.Errorf("clienttest: %v", err)
		}
	})
	return s
}

// Start starts a fake for a program. The caller must Close it. A response that violates
// api/contacts.yaml becomes a 500.
func Start(opts ...Option) (*Server, error) {
	return start(nil, opts)
}

func start(onDefect func(error), opts []Option) (*Server, error) {
	c := defaultConfig()
	for _, opt := range opts {
		if err := opt(&c); err != nil {
			return nil, fmt.Errorf("clienttest: %w", err)
		}
	}
	app := c.app.withDefaults()
	s := &Server{
		Token:      c.token,
		LocationID: c.locationID,
		CompanyID:  "5DP4iH6HLkQsiKESj6rh",
		App:        app,
		now:        c.now,
		behavior:   c.behavior.withDefaults(),
		tokens:     tokens{known: map[string]*Token{}},
		oauth:      oauth{app: app, consent: c.consent, codes: map[string]Grant{}, refreshes: map[string]*refreshToken{}},
		limiter:    rateLimiter{limit: c.limit, locations: map[string]*history{}},
		store:      store.New(),
		operations: operations(),
		requests:   requestLog{max: c.requests, hook: c.hook},
		contactIDs: ids.Source{Seed: c.seed},
		traceIDs:   ids.Source{Seed: ^c.seed},
		onDefect:   onDefect,
	}
	s.addLocations(c.locations)
	s.AddToken(Token{Value: s.Token})
	for _, t := range c.tokens {
		s.AddToken(t)
	}
	if err := s.open(&c); err != nil {
		return nil, fmt.Errorf("clienttest: %w", err)
	}
	return s, nil
}

// open loads the spec and the saved state, and starts the listener.
func (s *Server) open(c *config) (err error) {
	if c.validate {
		if s.spec, err = spec.New(); err != nil {
			return err
		}
	}
	if c.statePath != "" {
		if s.store, err = store.Open(c.statePath, c.stateSync); err != nil {
			return err
		}
	}
	if c.socket {
		s.network, err = nettest.Listen(c.address, s.Handler())
	} else {
		s.network = nettest.Memory(s.Handler())
	}
	if err != nil {
		return errors.Join(err, s.store.Close())
	}
	s.URL = s.network.URL
	return nil
}

// fail ends the test that has started the server. A program has none: it panics.
func (s *Server) fail(operation string, err error) {
	if s.tb == nil {
		panic(fmt.Sprintf("clienttest: %s: %v", operation, err))
	}
	s.tb.Helper()
	s.tb.Fatalf("clienttest: %s: %v", operation, err)
}

// Client returns a client of the fake with its token, address, location and HTTP client. It paces
// its requests as any client does, unless the fake has no rate limit. Options are applied after
// these and may replace them. An invalid option ends the test. On a server of [Start] it panics:
// programs use NewClient.
func (s *Server) Client(opts ...client.Option) *client.Client {
	c, err := s.NewClient(opts...)
	if err != nil {
		s.fail("Client", err)
	}
	return c
}

// NewClient does what Client does and returns an error for an invalid option.
func (s *Server) NewClient(opts ...client.Option) (*client.Client, error) {
	own := []client.Option{
		client.WithBaseURL(s.URL),
		client.WithLocation(s.LocationID),
		client.WithHTTPClient(s.HTTPClient()),
	}
	if s.RateLimit() == (RateLimit{}) {
		own = append(own, client.WithPacer(client.Unpaced{}))
	}
	return client.New(client.StaticToken(s.Token), append(own, opts...)...)
}

// HTTPClient returns an HTTP client that reaches the fake, over its socket or without one. Other
// addresses are unreachable if there is no socket.
func (s *Server) HTTPClient() *http.Client {
	return s.network.Client()
}

// Handler returns the fake as a handler, to be served by other means than its own listener.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(s.serve)
}

// Now returns the time of the fake's clock, which dates contacts and tokens and measures the rate
// limits.
func (s *Server) Now() time.Time {
	return s.now().Add(time.Duration(s.advanced.Load()))
}

// Advance moves the fake's clock forward at once: rate limit windows pass, tokens expire and late
// list entries appear, without waiting. It does not end the delay of a [Fault], which is a real
// one.
func (s *Server) Advance(d time.Duration) {
	s.advanced.Add(int64(d))
}

// Close ends the server and every request in progress, and closes the state file. Further calls do
// nothing.
func (s *Server) Close() {
	_ = s.close() // writes have been passed to the operating system, and no request is in progress
}

func (s *Server) close() error {
	if s.closed.Swap(true) {
		return nil
	}
	return errors.Join(s.network.Close(), s.store.Close())
}
