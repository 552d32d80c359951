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
	inMemory   bool       // whether there is no socket
	settings   []Location // of the options
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
	s, err := Start(append(slices.Clone(opts), setIf(true, "", func(s *Server) { s.tb = tb }))...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	return s
}

// Start starts a fake for a program. The caller must close it. It returns an error if an option is
// invalid. A response that violates api/contacts.yaml is replaced by a 500.
func Start(opts ...Option) (*Server, error) {
	random := rand.Uint64() //nolint:gosec // the token gives access to nothing
	s := &Server{
		LocationID: "ve9EPM428h8vShlRW1KT",
		CompanyID:  "5DP4iH6HLkQsiKESj6rh",
		validate:   true,
		oauth:      oauth{codes: map[string]Grant{}, tokens: map[string]Token{}, refreshTokens: map[string]*refreshToken{}},
		limiter:    rateLimiter{limit: ProductionLimit, locations: map[string]*history{}},
		operations: operations(),
		requests:   requestLog{max: 10_000},
		randomIDs:  ids.Source{Seed: random},
		webhooks:   newWebhooks(),
	}
	for i, opt := range opts {
		if opt == nil {
			return nil, fmt.Errorf("clienttest: option %d is nil", i+1)
		}
		if err := opt(s); err != nil {
			return nil, fmt.Errorf("clienttest: %w", err)
		}
	}
	s.Token = cmp.Or(s.Token, "pit-"+s.randomIDs.UUID())
	s.App.ClientID = cmp.Or(s.App.ClientID, "60e1f3f2a8b7c40001a1b2c3-kq2x9d1e")
	s.App.ClientSecret = cmp.Or(s.App.ClientSecret, "0b7f6b1e-7d0c-4f5a-8a58-7c1f0f6f2a11")
	s.App.RefreshTokenGracePeriod = cmp.Or(s.App.RefreshTokenGracePeriod, 30*time.Second)
	s.store = store.New(s.behavior.IndexLag, s.behavior.SearchLag)
	s.traceIDs.Seed = ^s.contactIDs.Seed
	s.locations = []Location{s.locationWithDefaults(Location{})}
	for _, l := range s.settings {
		if l = s.locationWithDefaults(l); l.ID == s.LocationID {
			s.locations[0] = l
		} else {
			s.locations = append(s.locations, l)
		}
	}
	s.AddToken(s.Token, Grant{})
	return s, s.open()
}

// open loads the OpenAPI document and starts the network and the delivery of webhooks.
func (s *Server) open() (err error) {
	if s.spec, err = spec.Load(); err != nil {
		return fmt.Errorf("clienttest: %w", err)
	}
	s.handler = s.newHandler()
	if s.inMemory {
		s.network = nettest.Memory(s.handler)
	} else if s.network, err = nettest.Listen(s.handler); err != nil {
		return fmt.Errorf("clienttest: %w", err)
	}
	s.URL = s.network.URL
	go s.deliverWebhooks()
	return nil
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
