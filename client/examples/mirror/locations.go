package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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
//   - uninstalled: a webhook has reported it. The next run deletes its contacts.
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

// disconnect ends the mirroring of a location whose token is no longer valid. It is the function
// Uninstalled of exportjob.Settings.
func disconnect(ctx context.Context, tx pgx.Tx, locationID string) error {
	_, err := tx.Exec(ctx, `UPDATE mirror_locations SET state = 'disconnected' WHERE location_id = $1 AND state = 'installed'`, locationID)
	return err
}

func (m *mirror) store(installation string) *postgres.TokenStore {
	return postgres.NewTokenStore(m.db, installation, m.keys)
}

// checkKeys returns an error if a stored credential cannot be decrypted.
func (m *mirror) checkKeys(ctx context.Context) error {
	names, err := postgres.Installations(ctx, m.db)
	for _, name := range names {
		if _, err := m.store(name).Load(ctx); err != nil && !errors.Is(err, oauth.ErrNoCredential) {
			return fmt.Errorf("TOKEN_KEY does not decrypt the token of installation %s: %w", name, err)
		}
	}
	return err
}

// client returns a client of a location. It is the function Clients of exportjob.Settings. The clients
// of all processes share the rate limit of the location.
func (m *mirror) client(locationID string) (*client.Client, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var installation string
	err := m.pool.QueryRow(ctx, `SELECT installation FROM mirror_locations WHERE location_id = $1 AND state = 'installed'`,
		locationID).Scan(&installation)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNotInstalled
	}
	if err != nil {
		return nil, err
	}
	var tokens client.TokenSource = m.source(installation)
	if installation != locationID {
		tokens = m.source(installation).Location(locationID)
	}
	return m.newClient(tokens, client.WithLocation(locationID), client.WithPacer(m.pacers.Pacer("mirror/"+locationID)))
}

func (m *mirror) newClient(tokens client.TokenSource, opts ...client.Option) (*client.Client, error) {
	if base := m.oauthConfig.BaseURL; base != "" {
		opts = append(opts, client.WithBaseURL(base))
	}
	return client.New(tokens, append(opts, client.WithHTTPClient(http.DefaultClient), client.WithLogger(m.logger))...)
}

// source returns the tokens of an installation.
func (m *mirror) source(installation string) *oauth.Source {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sources[installation] == nil {
		m.sources[installation] = m.app.Source(m.store(installation))
	}
	return m.sources[installation]
}

// install stores the credential of a new installation, and starts the export of its locations.
func (m *mirror) install(ctx context.Context, credential oauth.Credential) error {
	installation, ids := credential.LocationID, []string{credential.LocationID}
	if credential.UserType == oauth.UserTypeCompany {
		installation, ids = credential.CompanyID, credential.ApprovedLocations
	}
	if err := oauth.Save(ctx, m.store(installation), credential); err != nil {
		return err
	}
	if err := m.add(ctx, installation, credential.IssuedAt, true, ids...); err != nil {
		return err
	}
	return m.insert(ctx, startArgs{})
}

// add stores that the app was installed in locations at a time. An installation in a location
// has its own token, which is used rather than that of the agency. Unless renew is set, locations
// that are installed remain as they are.
func (m *mirror) add(ctx context.Context, installation string, at time.Time, renew bool, ids ...string) error {
	_, err := m.pool.Exec(ctx, `INSERT INTO mirror_locations AS l (location_id, installation, state, changed_at)
		SELECT unnest($4::text[]), $1, 'installed', $2
		ON CONFLICT (location_id) DO UPDATE SET state = 'installed', changed_at = excluded.changed_at,
			installation = CASE WHEN l.state = 'installed' AND l.installation = l.location_id THEN l.installation ELSE excluded.installation END,
			full_due = CASE WHEN l.state = 'installed' THEN l.full_due ELSE now() END
		WHERE l.changed_at < excluded.changed_at AND ($3 OR l.state <> 'installed')`, installation, at, renew, ids)
	return err
}

// uninstalled handles the webhook of the removal of the app from a location or an agency. It deletes
// the credential and ends the mirroring, unless the app was installed again after the time at.
func (m *mirror) uninstalled(ctx context.Context, installation string, at time.Time) error {
	if err := oauth.Delete(ctx, m.store(installation), at); err != nil {
		return err
	}
	_, err := m.pool.Exec(ctx, `UPDATE mirror_locations SET state = 'uninstalled', changed_at = $2
		WHERE (location_id = $1 OR installation = $1) AND changed_at <= $2`, installation, at)
	return err
}

// discover finds the locations that agencies have approved since the installation, and ends the
// mirroring of those that the API no longer lists, in case that a webhook was lost.
func (m *mirror) discover(ctx context.Context) error {
	names, err := postgres.Installations(ctx, m.db)
	if err != nil {
		return err
	}
	for _, name := range names {
		credential, err := m.store(name).Load(ctx)
		if errors.Is(err, oauth.ErrNoCredential) || err == nil && credential.UserType != oauth.UserTypeCompany {
			continue
		}
		if err != nil {
			return err
		}
		at := time.Now()
		ids, err := m.list(ctx, name)
		if err != nil {
			m.logger.WarnContext(ctx, "the API did not list the locations of an agency", "installation", name, "error", err)
			continue
		}
		if err := m.add(ctx, name, at, false, ids...); err != nil {
			return err
		}
		if _, err := m.pool.Exec(ctx, `UPDATE mirror_locations SET state = 'disconnected'
			WHERE installation = $1 AND state = 'installed' AND changed_at < $2 AND location_id <> ALL ($3)`, name, at, ids); err != nil {
			return err
		}
	}
	return nil
}

// list returns the locations in which an agency has installed the app.
func (m *mirror) list(ctx context.Context, companyID string) (ids []string, err error) {
	c, err := m.newClient(m.source(companyID))
	if err != nil {
		return nil, err
	}
	for {
		var page struct {
			Locations []struct {
				ID string `json:"_id"`
			} `json:"locations"`
		}
		appID, _, _ := strings.Cut(m.oauthConfig.ClientID, "-")
		query := url.Values{
			"companyId": {companyID}, "appId": {appID}, "isInstalled": {"true"}, "limit": {"100"}, "skip": {strconv.Itoa(len(ids))},
		}
		if err := c.Do(ctx, http.MethodGet, "/oauth/installedLocations", query, nil, &page); err != nil || len(page.Locations) == 0 {
			return ids, err
		}
		for _, location := range page.Locations {
			ids = append(ids, location.ID)
		}
	}
}
