package clienttest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
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
// [NewServer] and [Start] set its fields, which must not be changed.
type Server struct {
	// URL is the address of the server, without a trailing slash. If the server has no socket, only
	// HTTPClient reaches it.
	URL string
	// Token is the default token: a private integration token for LocationID that has every scope.
	Token string
	// LocationID is the ID of the default location (sub-account), which every server has.
	LocationID string
	// CompanyID is the ID of the default agency, to which locations belong by default.
	CompanyID string
	// App is the marketplace app that uses OAuth.
	App App

	advanced   atomic.Int64 // by how much Advance has moved the clock
	behavior   Behavior
	validate   bool       // whether responses are validated
	locations  []Location // the default location and those that options describe
	oauth      oauth
	limiter    rateLimiter
	store      *store.Store
	spec       *spec.Spec
	operations []*operation
	faults     faults
	requests   requestLog
	webhooks   *webhooks
	contactIDs ids.Source // separate from traceIDs: contact IDs do not depend on the number of requests
	traceIDs   ids.Source
	randomIDs  ids.Source // of the token and of webhooks: other servers have others
	handler    http.Handler
	network    *nettest.Server
	closeOnce  sync.Once
	tb         testing.TB // nil if the server was not started by a test
}

// NewServer starts a fake and closes it at the end of the test. An invalid option ends the test. A
// response that violates api/contacts.yaml fails the test, unless a [Fault] caused it.
func NewServer(tb testing.TB, opts ...Option) *Server {
	tb.Helper()
	s, err := Start(append(slices.Clone(opts), set(func(c *config) { c.tb = tb }))...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	return s
}

// Start starts a fake for a program. The caller must close it. It returns an error if an option is
// invalid. A response that violates api/contacts.yaml is replaced by a 500.
func Start(opts ...Option) (*Server, error) {
	c, err := configure(opts)
	if err != nil {
		return nil, fmt.Errorf("clienttest: %w", err)
	}
	document, err := spec.Load()
	if err != nil {
		return nil, fmt.Errorf("clienttest: %w", err)
	}
	s := &Server{
		LocationID: c.locationID,
		CompanyID:  "5DP4iH6HLkQsiKESj6rh",
		App: App{
			ClientID:                cmp.Or(c.app.ClientID, "60e1f3f2a8b7c40001a1b2c3-kq2x9d1e"),
			ClientSecret:            cmp.Or(c.app.ClientSecret, "0b7f6b1e-7d0c-4f5a-8a58-7c1f0f6f2a11"),
			RefreshTokenGracePeriod: cmp.Or(c.app.RefreshTokenGracePeriod, 30*time.Second),
		},
		behavior:   c.behavior,
		validate:   c.validate,
		oauth:      oauth{consent: c.consent, codes: map[string]Grant{}, tokens: map[string]Token{}, refreshTokens: map[string]*refreshToken{}},
		limiter:    rateLimiter{limit: c.limit, locations: map[string]*history{}},
		store:      store.New(c.behavior.IndexLag, c.behavior.SearchLag),
		spec:       document,
		operations: operations(),
		requests:   requestLog{max: c.requests, hook: c.hook},
		contactIDs: ids.Source{Seed: c.seed},
		traceIDs:   ids.Source{Seed: ^c.seed},
		randomIDs:  ids.Source{Seed: rand.Uint64()}, //nolint:gosec // the token gives access to nothing
		tb:         c.tb,
	}
	s.Token = cmp.Or(c.token, "pit-"+s.randomIDs.UUID())
	for _, l := range append([]Location{{}}, c.locations...) {
		s.addLocation(l)
	}
	s.AddToken(s.Token, Grant{})
	s.handler = s.newHandler()
	if !c.socket {
		s.network = nettest.Memory(s.handler)
	} else if s.network, err = nettest.Listen(s.handler); err != nil {
		return nil, fmt.Errorf("clienttest: %w", err)
	}
	s.URL = s.network.URL
	s.startWebhooks(c.webhooks)
	return s, nil
}

// fail ends the test that started the server. It panics if a program started it.
func (s *Server) fail(operation string, err error) {
	if s.tb == nil {
		panic(fmt.Sprintf("clienttest: %s: %v", operation, err))
	}
	s.tb.Helper()
	s.tb.Fatalf("clienttest: %s: %v", operation, err)
}

// Client returns a client that uses the fake: its address, HTTP client, default token and default
// location. The client does not pace its requests if the fake has no rate limit when Client is
// called. The options are applied last and may replace these settings. If an option is invalid,
// Client ends the test; if the server was started by [Start], it panics. Programs use
// [Server.NewClient].
func (s *Server) Client(opts ...client.Option) *client.Client {
	c, err := s.NewClient(opts...)
	if err != nil {
		s.fail("Client", err)
	}
	return c
}

// NewClient returns the same client as [Server.Client], or an error if an option is invalid.
func (s *Server) NewClient(opts ...client.Option) (*client.Client, error) {
	own := []client.Option{
		client.WithBaseURL(s.URL),
		client.WithLocation(s.LocationID),
		client.WithHTTPClient(s.HTTPClient()),
	}
	if s.limiter.limit == (RateLimit{}) {
		own = append(own, client.WithPacer(client.Unpaced{}))
	}
	return client.New(client.StaticToken(s.Token), append(own, opts...)...)
}

// HTTPClient returns a new HTTP client that reaches the fake. The caller may change it. If the
// server has no socket, the client reaches no other address.
func (s *Server) HTTPClient() *http.Client { return s.network.Client() }

// Handler returns the fake as a handler, for programs that serve it with a server of their own.
func (s *Server) Handler() http.Handler { return s.handler }

// Now returns the time of the fake's clock. The fake uses this clock for the dates of contacts, the
// expiry of tokens and the rate limits.
func (s *Server) Now() time.Time { return time.Now().Add(time.Duration(s.advanced.Load())) }

// Advance moves the fake's clock forward without waiting: rate limit windows end, tokens expire,
// lists show late writes, and retries of webhooks are due. It does not shorten the delays of a
// [Fault].
func (s *Server) Advance(d time.Duration) {
	s.advanced.Add(int64(d))
	s.webhooks.wakeUp()
}

// Close stops the server and aborts the requests and the webhooks in progress. Further calls do
// nothing.
func (s *Server) Close() {
	s.closeOnce.Do(func() {
		s.network.Close()
		s.webhooks.close()
	})
}
