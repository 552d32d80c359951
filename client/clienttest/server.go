package clienttest

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/nettest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// Server is a fake HighLevel. It is safe for concurrent use, and independent of every other Server.
type Server struct {
	// URL is where the server is, without a slash at the end. Without a socket it is an address that only HTTPClient reaches.
	URL string
	// Token is a private integration token for LocationID, with both contact scopes.
	Token string
	// LocationID is the location (sub-account) that the server has from the start.
	LocationID string
	// CompanyID is the agency that locations belong to, if nothing else is said of them.
	CompanyID string
	// App is the marketplace app of OAuth.
	App App

	clock       clock
	behavior    Behavior
	defaults    Location
	locations   map[string]*Location // those that options have described, and the server's own
	locationIDs []string             // of the locations but the server's own, in the order of the options
	tokens      tokens
	oauth       oauth
	budgets     budgets
	store       *store
	document    *document
	operations  []*operation
	faults      faults
	requests    requests
	contactIDs  ids // apart from traceIDs, so that the ids of contacts do not depend on the number of requests
	traceIDs    ids
	creator     *gen.CreatedBy
	bodies      sync.Pool   // of *object, for lists
	complain    func(error) // of an answer that the document forbids; nil answers 500 instead

	network *nettest.Server
	closed  atomic.Bool
}

// NewServer starts a fake that ends with the test. An answer of its that api/contacts.yaml forbids, without a [Fault] that
// asked for it, fails the test.
func NewServer(tb testing.TB, opts ...Option) *Server {
	tb.Helper()
	s, err := start(func(err error) { tb.Errorf("clienttest: %v", err) }, opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.close(); err != nil {
			tb.Errorf("clienttest: %v", err)
		}
	})
	return s
}

// Start starts a fake for a program. The caller must Close it. An answer that api/contacts.yaml forbids becomes a 500.
func Start(opts ...Option) (*Server, error) {
	return start(nil, opts)
}

func start(complain func(error), opts []Option) (*Server, error) {
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
		clock:      clock{base: c.now},
		behavior:   c.behavior.withDefaults(),
		tokens:     tokens{known: map[string]*Token{}},
		oauth:      oauth{app: app, consent: c.consent, codes: map[string]Grant{}, refreshes: map[string]*refresh{}},
		budgets:    budgets{limit: c.limit, spent: map[string]*spending{}},
		store:      newStore(),
		operations: operations(),
		requests:   requests{size: c.requests, observe: c.onRequest},
		contactIDs: ids{seed: c.seed},
		traceIDs:   ids{seed: ^c.seed},
		creator:    &gen.CreatedBy{Source: "INTEGRATION", Channel: "OAUTH"},
		complain:   complain,
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

// open does what can fail.
func (s *Server) open(c *config) (err error) {
	if c.validate {
		if s.document, err = newDocument(); err != nil {
			return err
		}
	}
	if c.statePath != "" {
		if err := openJournal(c.statePath, c.stateSync, s.store); err != nil {
			return err
		}
	}
	if err := s.listen(c); err != nil {
		return errors.Join(err, s.store.journal.close())
	}
	s.URL = s.network.URL
	return nil
}

func (s *Server) addLocations(described []Location) {
	s.defaults = s.complete(Location{})
	s.locations = map[string]*Location{s.LocationID: new(s.complete(Location{}))}
	for _, l := range described {
		l = s.complete(l)
		s.locations[l.ID] = &l
		if l.ID != s.LocationID && !slices.Contains(s.locationIDs, l.ID) {
			s.locationIDs = append(s.locationIDs, l.ID)
		}
	}
}

// complete fills in what the description of a location leaves out.
func (s *Server) complete(l Location) Location {
	l.ID = cmp.Or(l.ID, s.LocationID)
	l.CompanyID = cmp.Or(l.CompanyID, s.CompanyID)
	l.Country = cmp.Or(l.Country, "US")
	if l.Fields == nil {
		l.Fields = SampleFields()
	}
	return l
}

// Client returns a client of the fake with its token, address, location and HTTP client. It paces its requests as any client
// does, unless the fake has no rate limit. Options come after these and may replace them.
func (s *Server) Client(opts ...client.Option) *client.Client {
	c, err := s.NewClient(opts...)
	if err != nil {
		panic(err) // the test's own options are wrong
	}
	return c
}

// NewClient is Client for options that may be wrong.
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

// Handler returns the fake as a handler, to be served by other means than its own socket.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(s.serve)
}

// Close ends the server and every answer under way, and closes the file of its state. A second Close does nothing.
func (s *Server) Close() {
	_ = s.close() // what was written has been written, and what was served is over
}

func (s *Server) close() error {
	if s.closed.Swap(true) {
		return nil
	}
	err := s.network.Close()
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	return errors.Join(err, s.store.journal.close())
}
