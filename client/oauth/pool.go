package oauth

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// maxUnconfirmed is the maximum number of clients for locations that the pool cannot check.
const maxUnconfirmed = 1000

// ClientPool holds one client for each location of an agency. The clients share one HTTP transport.
// Each client has its own rate limiter, because the API limits the requests of each location. A
// ClientPool is safe for concurrent use.
//
// The clients of approved locations remain in the pool: 10,000 clients use less than 100 MB.
type ClientPool struct {
	source     *Source
	options    func(locationID string) []client.Option
	httpClient *http.Client // of all clients

	mu          sync.Mutex
	clients     map[string]*client.Client // by ID of an approved location
	unconfirmed map[string]*client.Client // by ID of a location that the pool cannot check
}

// NewClientPool returns a pool of clients for the locations of an agency. source provides the
// tokens of the agency. If options is not nil, it returns more options for the client of a
// location, such as a rate limiter that is shared with other processes. NewClientPool makes no
// requests.
func NewClientPool(source *Source, options func(locationID string) []client.Option) *ClientPool {
	const idleConnections = 100
	return &ClientPool{
		source:  source,
		options: options,
		httpClient: &http.Client{Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			ForceAttemptHTTP2:   true,
			MaxIdleConns:        idleConnections,
			MaxIdleConnsPerHost: idleConnections,
			IdleConnTimeout:     90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second,
		}},
		clients:     map[string]*client.Client{},
		unconfirmed: map[string]*client.Client{},
	}
}

// Client returns the client of a location, with the location as its default. Calls with the same ID
// return the same client. Client makes no requests.
//
// The pool checks the location with [Credential.ApprovedLocations] of the agency's credential. If
// that list has elements, but not the location, the error matches [client.ErrForbidden]. If the
// list is empty, or the source has not loaded the credential yet, the pool cannot check the
// location. Then the first API call of the client fails if the location has not approved the app.
//
// The pool holds at most 1,000 clients for locations that it cannot check. A new client beyond that
// limit makes the pool discard all of them, with their rate limiters. A discarded client remains
// usable.
func (p *ClientPool) Client(locationID string) (*client.Client, error) {
	if locationID == "" {
		return nil, errors.New("oauth: ClientPool: Client: empty location ID")
	}
	approved := p.source.cache.peek().ApprovedLocations
	confirmed := slices.Contains(approved, locationID)
	if !confirmed && len(approved) > 0 {
		return nil, fmt.Errorf("oauth: ClientPool: Client: the location has not approved the app: %w", client.ErrForbidden)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c, ok := p.clients[locationID]; ok {
		return c, nil
	}
	c, ok := p.unconfirmed[locationID]
	if !ok {
		var err error
		if c, err = p.newClient(locationID); err != nil {
			return nil, err
		}
	}
	switch {
	case confirmed:
		delete(p.unconfirmed, locationID)
		p.clients[locationID] = c
	case !ok:
		if len(p.unconfirmed) >= maxUnconfirmed {
			clear(p.unconfirmed)
		}
		p.unconfirmed[locationID] = c
	}
	return c, nil
}

func (p *ClientPool) newClient(locationID string) (*client.Client, error) {
	opts := []client.Option{client.WithLocation(locationID), client.WithHTTPClient(p.httpClient)}
	if p.options != nil {
		opts = append(opts, p.options(locationID)...)
	}
	c, err := client.New(p.source.Location(locationID), opts...)
	if err != nil {
		return nil, fmt.Errorf("oauth: ClientPool: Client: %w", err)
	}
	return c, nil
}

// CloseIdleConnections closes the connections of the shared transport that are idle.
func (p *ClientPool) CloseIdleConnections() { p.httpClient.CloseIdleConnections() }
