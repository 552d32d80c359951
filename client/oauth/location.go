package oauth

import (
	"context"
	"sync/atomic"

	"github.com/highlevel-contacts/contacts-go/client"
)

// LocationSource provides access tokens of a location, which it requests with the access token of
// the agency. It is a [client.TokenSource] and safe for concurrent use. Its tokens are stored in
// memory only, and each is valid for a day. A new process requests new ones.
type LocationSource struct {
	cache  *tokenCache
	issued atomic.Bool // whether the API has issued a token
}

var _ client.TokenSource = (*LocationSource)(nil)

// Location returns the source of the tokens of the location (sub-account) id. The credential in the
// store of s must be that of an agency, and the app must have the scope oauth.write. Calls with the
// same ID return the same source, except that s forgets a location for which the API has issued no
// token within a minute, or the oldest of more than 1,000 such locations.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/oauth/get-location-access-token.
func (s *Source) Location(id string) *LocationSource {
	source, _ := s.locations.get(id, func() (*LocationSource, error) {
		return &LocationSource{cache: newTokenCache(s.app, &locationRefresher{agency: s, location: id})}, nil
	})
	return source
}

// Token returns an access token of the location that has not expired and that the API has not
// rejected. The error matches [ErrReinstallRequired] if a user of the agency must install the app
// again, and [client.ErrForbidden] if the location has not approved the app. Other non-2xx
// responses are returned as a [client.Error].
func (l *LocationSource) Token(ctx context.Context) (string, error) {
	credential, err := l.credential(ctx)
	return credential.AccessToken.Reveal(), err
}

// Credential returns a copy of the credential whose access token [LocationSource.Token] returns. It
// has no refresh token.
func (l *LocationSource) Credential(ctx context.Context) (Credential, error) {
	credential, err := l.credential(ctx)
	return credential.clone(), err
}

// Invalidate reports that the API rejected token as invalid or expired. The next call of Token
// requests another one. Invalidate ignores a token that is not the current one.
func (l *LocationSource) Invalidate(token string) { l.cache.invalidate(token) }

func (l *LocationSource) credential(ctx context.Context) (Credential, error) {
	credential, err := l.cache.credential(ctx)
	if err == nil {
		l.issued.Store(true)
	}
	return credential, err
}

func (l *LocationSource) hasIssued() bool { return l.issued.Load() }

// locationRefresher requests tokens of a location with the access token of its agency.
type locationRefresher struct {
	agency    *Source
	location  string
	rejection rejection // the last refusal, with the access token of the agency
}

var _ refresher = (*locationRefresher)(nil)

// load returns the zero Credential, because tokens of locations are not stored.
func (r *locationRefresher) load(context.Context) (Credential, error) { return Credential{}, nil }

// changedSince returns false, because tokens of locations are not stored.
func (r *locationRefresher) changedSince(int, Credential) bool { return false }

// refresh requests a token. If the API refuses the access token of the agency, another process may
// have stored the credential of a new installation, or the token may have been rejected. So refresh
// requests the token once more if the agency then has another access token.
func (r *locationRefresher) refresh(ctx context.Context, _ Credential, _ client.Secret) (Credential, error) {
	next, refused, err := r.request(ctx)
	if refused.AccessToken.Reveal() == "" {
		return next, err
	}
	if client.KindOf(err) == client.ErrUnauthorized {
		r.agency.Invalidate(refused.AccessToken.Reveal())
	} else {
		changes.add(refused)
	}
	next, _, err = r.request(ctx)
	return next, err
}

// request requests a token, unless the API has refused the access token of the agency within the
// last minute. It returns the credential of the agency in refused if the API refuses it now.
func (r *locationRefresher) request(ctx context.Context) (next, refused Credential, err error) {
	if r.location == "" {
		return Credential{}, Credential{}, errNoLocation
	}
	agency, err := r.agency.cache.credential(ctx)
	if err != nil {
		return Credential{}, Credential{}, err
	}
	if agency.inferredUserType() != UserTypeCompany {
		return Credential{}, Credential{}, errNotAgency
	}
	if err := r.rejection.errFor(agency.AccessToken); err != nil {
		return Credential{}, Credential{}, err
	}
	next, err = r.agency.app.requestLocationToken(ctx, agency, r.location)
	r.rejection = rejectionOf(agency.AccessToken, err)
	if r.rejection.err != nil {
		refused = agency
	}
	return next, refused, err
}
