package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/postgres"
)

// createLocations creates the table of the locations. The state of a location is
//
//   - installed: its contacts are mirrored.
//   - disconnected: the app must be installed again. Its contacts remain.
//   - uninstalled: a webhook has reported it. Its contacts are deleted.
const createLocations = `
CREATE TABLE IF NOT EXISTS mirror_locations (
	location_id text PRIMARY KEY,
	installation text NOT NULL,      -- location or agency whose token is used; its name in the token store
	state text NOT NULL,
	changed_at timestamptz NOT NULL, -- time of the latest installation or removal; older events have no effect
	full_due timestamptz NOT NULL DEFAULT now(), -- time from which a full run is due
	checked_at timestamptz           -- end of the latest run
);`

// errNotInstalled ends the export of a location, because it matches oauth.ErrReinstallRequired.
var errNotInstalled = fmt.Errorf("the app is not installed in the location: %w", oauth.ErrNoCredential)

// lockInstalled returns errNotInstalled unless the app is installed in the location. Until the end
// of tx, the location cannot be removed.
func lockInstalled(ctx context.Context, tx pgx.Tx, locationID string) error {
	err := tx.QueryRow(ctx, `SELECT FROM mirror_locations WHERE location_id = $1 AND state = 'installed' FOR SHARE`, locationID).Scan()
	if errors.Is(err, pgx.ErrNoRows) {
		return errNotInstalled
	}
	return err
}

// disconnect ends the mirroring of a location whose token is no longer valid. It is the function
// Uninstalled of exportjob.Settings.
func disconnect(ctx context.Context, tx pgx.Tx, locationID string) error {
	_, err := tx.Exec(ctx, `UPDATE mirror_locations SET state = 'disconnected' WHERE location_id = $1 AND state = 'installed'`, locationID)
	return err
}

const disconnected = "disconnected" // a state

// locations finds the locations in which the app is installed, and returns their clients.
type locations struct {
	*mirror

	pacers *postgres.Pacers
	http   *http.Client

	mu      sync.Mutex
	sources map[string]*oauth.Source     // by installation
	clients map[[2]string]*client.Client // by location and installation
}

func newLocations(m *mirror) (*locations, error) {
	pacers, err := postgres.NewPacers(m.db, postgres.PacerSettings{Logger: m.logger})
	return &locations{
		mirror: m, pacers: pacers, sources: map[string]*oauth.Source{}, clients: map[[2]string]*client.Client{},
		http: &http.Client{Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 100, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second,
		}},
	}, err
}

func (l *locations) store(installation string) *postgres.TokenStore {
	return postgres.NewTokenStore(l.db, installation, l.keys)
}

// checkKeys returns an error if a stored credential cannot be decrypted.
func (l *locations) checkKeys(ctx context.Context) error {
	names, err := postgres.Installations(ctx, l.db)
	for _, name := range names {
		if _, err := l.store(name).Load(ctx); err != nil && !errors.Is(err, oauth.ErrNoCredential) {
			return fmt.Errorf("TOKEN_KEY does not decrypt the token of installation %s: %w", name, err)
		}
	}
	return err
}

// export returns the client of a location. It is the function Clients of exportjob.Settings.
func (l *locations) export(locationID string) (*client.Client, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return l.client(ctx, locationID)
}

// client returns the client of a location. Its processes share the rate limit of the location.
func (l *locations) client(ctx context.Context, locationID string) (*client.Client, error) {
	var installation string
	err := l.pool.QueryRow(ctx, `SELECT installation FROM mirror_locations WHERE location_id = $1 AND state = 'installed'`,
		locationID).Scan(&installation)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNotInstalled
	}
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	key := [2]string{locationID, installation}
	if c, ok := l.clients[key]; ok {
		return c, nil
	}
	source := l.source(installation)
	var tokens client.TokenSource = source
	if installation != locationID {
		tokens = source.Location(locationID)
	}
	c, err := l.newClient(tokens, client.WithLocation(locationID), client.WithPacer(l.pacers.Pacer("mirror/"+locationID)))
	if err == nil {
		l.clients[key] = c
	}
	return c, err
}

// source returns the tokens of an installation. The caller must hold l.mu.
func (l *locations) source(installation string) *oauth.Source {
	source, ok := l.sources[installation]
	if !ok {
		source = l.app.Source(l.store(installation))
		l.sources[installation] = source
	}
	return source
}

func (l *locations) newClient(tokens client.TokenSource, opts ...client.Option) (*client.Client, error) {
	opts = append(opts, client.WithHTTPClient(l.http), client.WithLogger(l.logger))
	if l.baseURL != "" {
		opts = append(opts, client.WithBaseURL(l.baseURL))
	}
	return client.New(tokens, opts...)
}

// save stores the credential of a new installation and its locations.
func (l *locations) save(ctx context.Context, credential oauth.Credential) error {
	installation, ids := credential.LocationID, []string{credential.LocationID}
	if credential.UserType == oauth.UserTypeCompany {
		installation, ids = credential.CompanyID, credential.ApprovedLocations
	}
	if err := oauth.Save(ctx, l.store(installation), credential); err != nil {
		return err
	}
	return l.add(ctx, installation, credential.IssuedAt, ids...)
}

// add stores that the app was installed in locations at a time. An installation in a location
// has its own token, which is used rather than that of the agency.
func (l *locations) add(ctx context.Context, installation string, at time.Time, ids ...string) error {
	_, err := l.pool.Exec(ctx, `INSERT INTO mirror_locations AS l (location_id, installation, state, changed_at)
		SELECT unnest($3::text[]), $1, 'installed', $2
		ON CONFLICT (location_id) DO UPDATE SET state = 'installed', changed_at = excluded.changed_at,
			installation = CASE WHEN l.state = 'installed' AND l.installation = l.location_id THEN l.installation ELSE excluded.installation END,
			full_due = CASE WHEN l.state = 'installed' THEN l.full_due ELSE now() END
		WHERE l.changed_at < excluded.changed_at`, installation, at, ids)
	return err
}

// installed handles the webhook of an installation. It stores the location if its agency is
// installed: a location that was approved later has no token of its own. A token of the location
// arrives at /callback.
func (l *locations) installed(ctx context.Context, locationID, companyID string, at time.Time) error {
	for _, installation := range []string{locationID, companyID} {
		_, err := l.store(installation).Load(ctx)
		if errors.Is(err, oauth.ErrNoCredential) || installation == "" {
			continue
		}
		if err == nil {
			err = l.add(ctx, installation, at, locationID)
		}
		return err
	}
	return nil
}

// uninstalled handles the webhook of the removal of the app from a location or an agency. It deletes
// the credential and ends the mirroring, unless the app was installed again after the time at.
func (l *locations) uninstalled(ctx context.Context, installation string, at time.Time) error {
	if err := oauth.Delete(ctx, l.store(installation), at); err != nil {
		return err
	}
	_, err := l.pool.Exec(ctx, `UPDATE mirror_locations SET state = 'uninstalled', changed_at = $2
		WHERE (location_id = $1 OR installation = $1) AND changed_at <= $2`, installation, at)
	return err
}

// discover finds the locations that agencies have approved since the installation, and ends the
// mirroring of those that the API no longer lists, in case that a webhook was lost.
func (l *locations) discover(ctx context.Context) error {
	names, err := postgres.Installations(ctx, l.db)
	if err != nil {
		return err
	}
	for _, name := range names {
		credential, err := l.store(name).Load(ctx)
		if errors.Is(err, oauth.ErrNoCredential) || err == nil && credential.UserType != oauth.UserTypeCompany {
			continue
		}
		if err != nil {
			return err
		}
		at := time.Now()
		ids, err := l.list(ctx, name)
		if err != nil {
			l.logger.WarnContext(ctx, "the API did not list the locations of an agency", "installation", name, "error", err)
			continue
		}
		if _, err = l.pool.Exec(ctx, `INSERT INTO mirror_locations AS l (location_id, installation, state, changed_at)
			SELECT unnest($3::text[]), $1, 'installed', $2
			ON CONFLICT (location_id) DO UPDATE SET state = 'installed', changed_at = excluded.changed_at,
				installation = excluded.installation, full_due = now()
			WHERE l.state <> 'installed' AND l.changed_at < excluded.changed_at`, name, at, ids); err != nil {
			return err
		}
		if _, err = l.pool.Exec(ctx, `UPDATE mirror_locations SET state = 'disconnected'
			WHERE installation = $1 AND state = 'installed' AND changed_at < $2 AND location_id <> ALL ($3)`, name, at, ids); err != nil {
			return err
		}
	}
	return nil
}

// list returns the locations in which an agency has installed the app.
func (l *locations) list(ctx context.Context, companyID string) (ids []string, err error) {
	l.mu.Lock()
	source := l.source(companyID)
	l.mu.Unlock()
	c, err := l.newClient(source)
	if err != nil {
		return nil, err
	}
	for skip := 0; ; {
		var page struct {
			Locations []struct {
				ID          string `json:"_id"`
				IsInstalled bool   `json:"isInstalled"`
			} `json:"locations"`
		}
		query := url.Values{
			"companyId": {companyID}, "appId": {l.appID}, "isInstalled": {"true"}, "limit": {"100"}, "skip": {strconv.Itoa(skip)},
		}
		if err := c.Do(ctx, http.MethodGet, "/oauth/installedLocations", query, nil, &page); err != nil {
			return nil, err
		}
		if len(page.Locations) == 0 {
			return ids, nil
		}
		skip += len(page.Locations)
		for _, location := range page.Locations {
			if location.IsInstalled {
				ids = append(ids, location.ID)
			}
		}
	}
}
