package oauth

import (
	"context"

	"github.com/highlevel-contacts/contacts-go/client"
)

// LocationSource provides access tokens of a location, which it requests with the access token of
// the agency. It is a [client.TokenSource] and safe for concurrent use. Its tokens are stored in
// memory only, and each is valid for a day. A new process requests new ones.
type LocationSource struct {
	cache tokenCache
}

var _ client.TokenSource = (*LocationSource)(nil)

// Location returns the source of the tokens of the location (sub-account) id. The credential in the
// store of s must be that of an agency, and the app must have the scope oauth.write. Calls with the
// same ID return the same source, except that s forgets locations for which the API has issued no
// token when there are 1,000 of them.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/oauth/get-location-access-token.
func (s *Source) Location(id string) *LocationSource {
	source, _ := s.locations.get(id, func() (*LocationSource, error) {
		return &LocationSource{tokenCache{app: s.cache.app, refresher: &locationRefresher{agency: s, location: id}}}, nil
	})
	return source
}

// Token returns an access token of the location that has not expired and that the API has not
// rejected. The error matches [ErrReinstallRequired] if a user of the agency must install the app
// again, and [client.ErrForbidden] if the location has not approved the app. Other non-2xx
// responses are returned as a [client.Error].
func (l *LocationSource) Token(ctx context.Context) (string, error) { return l.cache.token(ctx) }

// Invalidate reports that the API rejected token as invalid or expired. The next call of Token
// requests another one. Invalidate ignores a token that is not the current one.
func (l *LocationSource) Invalidate(token string) { l.cache.invalidate(token) }

func (l *LocationSource) hasIssued() bool { return l.cache.hasIssued() }

// locationRefresher requests tokens of a location with the access token of its agency.
type locationRefresher struct {
	agency    *Source
	location  string
	rejection rejection // the last refusal, with the access token of the agency
}

var _ refresher = (*locationRefresher)(nil)

// load returns the zero Credential, because tokens of locations are not stored.
func (r *locationRefresher) load(context.Context) (Credential, error) { return Credential{}, nil }

// refresh requests a token, unless the API has refused the access token of the agency within the
// last minute. If the API refuses it now, another process may have stored the credential of a new
// installation, or the token may have been rejected. So refresh requests the token once more if the
// agency then has another access token.
func (r *locationRefresher) refresh(ctx context.Context, _ Credential, _ client.Secret) (Credential, error) {
	if r.location == "" {
		return Credential{}, errNoLocation
	}
	for attempt := 1; ; attempt++ {
		agency, err := r.agency.cache.credential(ctx)
		if err != nil {
			return Credential{}, err
		}
		if agency.inferredUserType() != UserTypeCompany {
			return Credential{}, errNotAgency
		}
		if err := r.rejection.errFor(agency.AccessToken); err != nil {
			return Credential{}, err
		}
		next, err := r.agency.cache.app.requestLocationToken(ctx, agency, r.location)
		r.rejection = rejectionOf(agency.AccessToken, err)
		switch {
		case r.rejection.err == nil || attempt == 2:
			return next, err
		case client.KindOf(err) == client.ErrUnauthorized:
			r.agency.Invalidate(agency.AccessToken.Reveal())
		default:
			changes.add(agency) // the agency's source loads it again
		}
	}
}
