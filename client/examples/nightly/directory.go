package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/postgres"
)

// directory finds the locations of all installations, and returns the client of each location.
type directory struct {
	app     *oauth.App
	db      *sql.DB
	keys    postgres.Keys
	baseURL string // of the API; empty for the real one
	logger  *slog.Logger
	shared  *http.Client

	mu      sync.Mutex
	clients map[string]*client.Client   // by location ID; a location has one client, because the client has its pacer
	sources map[string]*oauth.Source    // by installation
	owners  map[string]oauth.Credential // by location ID, when they were last loaded
}

func newDirectory(app *oauth.App, baseURL string, db *sql.DB, keys postgres.Keys, logger *slog.Logger) *directory {
	return &directory{
		app: app, db: db, keys: keys, baseURL: baseURL, logger: logger, shared: newHTTPClient(),
		clients: map[string]*client.Client{}, sources: map[string]*oauth.Source{},
	}
}

func newHTTPClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 100, IdleConnTimeout: 90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
	}}
}

// installationName names an installation in the token store.
func installationName(credential oauth.Credential) string {
	if credential.UserType == oauth.UserTypeCompany {
		return credential.CompanyID
	}
	return credential.LocationID
}

// load loads the credential of each location into d.owners. If the app is installed both in a
// location and in its agency, that is the credential of the location. The caller must hold d.mu.
func (d *directory) load(ctx context.Context) error {
	names, err := postgres.Installations(ctx, d.db)
	if err != nil {
		return err
	}
	owners := map[string]oauth.Credential{}
	for _, name := range names {
		credential, err := postgres.NewTokenStore(d.db, name, d.keys).Load(ctx)
		switch {
		case err != nil: // the other installations are exported
			d.logger.ErrorContext(ctx, "installation is not readable", "installation", name, "error", err)
		case credential.UserType != oauth.UserTypeCompany:
			owners[credential.LocationID] = credential
		case len(credential.ApprovedLocations) == 0:
			d.logger.WarnContext(ctx, "agency lists no locations", "installation", name)
		default:
			for _, location := range credential.ApprovedLocations {
				if owners[location].LocationID == "" {
					owners[location] = credential
				}
			}
		}
	}
	d.owners = owners
	return nil
}

// locations returns the IDs of all locations, in order.
func (d *directory) locations(ctx context.Context) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.load(ctx); err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(d.owners)), nil
}

// client returns the client of a location. The client reads the credential from the store when it
// needs it, so it continues after a new installation.
func (d *directory) client(locationID string) (*client.Client, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c, ok := d.clients[locationID]; ok {
		return c, nil
	}
	owner, ok := d.owners[locationID]
	if !ok { // this process did not start the export of the night, or the installation is new
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := d.load(ctx); err != nil {
			return nil, err
		}
		owner, ok = d.owners[locationID]
	}
	if !ok {
		return nil, fmt.Errorf("no installation has the location: %w", oauth.ErrNoCredential)
	}
	c, err := client.New(d.tokens(owner, locationID), append(d.options(), client.WithLocation(locationID))...)
	if err != nil {
		return nil, err
	}
	d.clients[locationID] = c
	return c, nil
}

// tokens returns the token source of a location. The locations of an agency share its source. The
// caller must hold d.mu.
func (d *directory) tokens(owner oauth.Credential, locationID string) client.TokenSource {
	name := installationName(owner)
	source, ok := d.sources[name]
	if !ok {
		source = d.app.Source(postgres.NewTokenStore(d.db, name, d.keys))
		d.sources[name] = source
	}
	if owner.UserType == oauth.UserTypeCompany {
		return source.Location(locationID)
	}
	return source
}

// options returns the options of each client. If other programs call the API for the same
// locations, add client.WithPacer with a postgres.NewPacer that all of them share.
func (d *directory) options() []client.Option {
	opts := []client.Option{client.WithHTTPClient(d.shared)}
	if d.baseURL != "" {
		opts = append(opts, client.WithBaseURL(d.baseURL))
	}
	return opts
}
