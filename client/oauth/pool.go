package oauth

import (
	"fmt"
	"net/http"
	"sync"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
)

// ClientPool holds one client for each location of an agency. The clients share one HTTP transport.
// Each client has its own rate limiter, because the API limits the requests of each location. A
// ClientPool is safe for concurrent use. 10,000 clients use less than 100 MB.
type ClientPool struct {
	source     *Source
	options    func(locationID string) []client.Option
	httpClient *http.Client // shared by all clients
	mu         sync.Mutex   // held while a client is created, so that each location has one
}

// NewClientPool returns a pool of clients for the locations of an agency. source provides the
// tokens of the agency. If options is not nil, it returns more options for the client of a
// location, such as a rate limiter that is shared with other processes. NewClientPool makes no
// requests. Create one pool for a Source, because the Source keeps the clients of its pools.
func NewClientPool(source *Source, options func(locationID string) []client.Option) *ClientPool {
	return &ClientPool{source: source, options: options, httpClient: &http.Client{Transport: httpx.NewTransport()}}
}

// Client returns the client of a location, with the location as its default. Client makes no
// requests: if the location has not approved the app, the calls of the client return errors that
// match [client.ErrForbidden]. Calls with the same ID return the same client, as long as
// [Source.Location] returns the same source for it.
func (p *ClientPool) Client(locationID string) (*client.Client, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	source := p.source.Location(locationID)
	if c, ok := source.clients.Load(p); ok {
		return c.(*client.Client), nil //nolint:forcetypeassert // only this method stores values
	}
	opts := []client.Option{client.WithLocation(locationID), client.WithHTTPClient(p.httpClient)}
	if p.options != nil {
		opts = append(opts, p.options(locationID)...)
	}
	c, err := client.New(source, opts...)
	if err != nil {
		return nil, fmt.Errorf("oauth: ClientPool: Client: %w", err)
	}
	source.clients.Store(p, c)
	return c, nil
}

// CloseIdleConnections closes the connections of the shared transport that are idle.
func (p *ClientPool) CloseIdleConnections() { p.httpClient.CloseIdleConnections() }
