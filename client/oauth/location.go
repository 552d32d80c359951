package oauth

import (
	"context"
	"runtime"
	"slices"
	"weak"

	"github.com/highlevel-contacts/contacts-go/client"
)

// LocationSource provides access tokens of a location, which it requests with the access token of
// the agency. It is a [client.TokenSource] and safe for concurrent use. The tokens are stored in
// memory only: a new process requests new ones, which costs one request per location and day.
type LocationSource struct {
	agency   *Source
	location string
	cache    tokenCache
}

var _ client.TokenSource = (*LocationSource)(nil)

// Location returns the source of the tokens of the location (sub-account) id, which belongs to the
// agency whose credential is in the store of s. The app must be installed in the location and have
// the scope oauth.write.
//
// Calls with the same ID return the same source, so its tokens are shared. The sources of known
// locations remain in memory: the API has issued a token for the location, or the location is among
// [Credential.ApprovedLocations] of the current credential. Any other source is garbage collected
// when the program no longer uses it, so that invalid IDs from outside use no memory.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/oauth/get-location-access-token.
func (s *Source) Location(id string) *LocationSource {
	approved := slices.Contains(s.cache.peek().ApprovedLocations, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.locations[id].Value(); l != nil {
		return l
	}
	l := &LocationSource{agency: s, location: id}
	l.cache = tokenCache{
		refresher: &locationRefresher{agency: s, location: id},
		margin:    s.app.config.RefreshBefore,
		logger:    s.app.logger,
	}
	s.locations[id] = weak.Make(l)
	if approved {
		s.known[id] = l
		return l
	}
	// A reference from the cleanup to s would prevent the collection of s and its known sources.
	runtime.AddCleanup(l, func(agency weak.Pointer[Source]) { agency.Value().forget(id) }, weak.Make(s))
	return l
}

// remember makes s reference l, because the API issued a token for its location.
func (s *Source) remember(l *LocationSource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[l.location] = l
}

// forget removes the entry of a location whose source has been garbage collected. s is nil if it
// has been collected too.
func (s *Source) forget(id string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locations[id].Value() == nil {
		delete(s.locations, id)
	}
}

// Token returns an access token of the location that has not expired and that the API has not
// rejected. The error matches [ErrReinstallRequired] if the agency must install the app again,
// and [client.ErrForbidden] if the location has not approved the app.
func (l *LocationSource) Token(ctx context.Context) (string, error) {
	credential, err := l.Credential(ctx)
	return credential.AccessToken.Reveal(), err
}

// Credential returns the credential whose access token [LocationSource.Token] returns. It has no
// refresh token.
func (l *LocationSource) Credential(ctx context.Context) (Credential, error) {
	credential, err := l.cache.credential(ctx)
	if err == nil {
		l.agency.remember(l)
	}
	return credential, err
}

// Invalidate reports that the API rejected token as invalid or expired. The next call of Token
// requests another one. A token that is not the current one is ignored.
func (l *LocationSource) Invalidate(token string) { l.cache.invalidate(token) }

// String returns the name of the type and the location ID, without a secret.
func (l *LocationSource) String() string { return "oauth.LocationSource(" + l.location + ")" }

// GoString returns what String returns.
func (l *LocationSource) GoString() string { return l.String() }

// locationRefresher requests tokens of a location with the credential of its agency.
type locationRefresher struct {
	agency    *Source
	location  string
	rejection rejection // of the agency's access token, for this location
}

var _ refresher = (*locationRefresher)(nil)

// load returns the zero credential, because tokens of locations are not stored.
func (r *locationRefresher) load(context.Context) (Credential, error) { return Credential{}, nil }

// refresh requests a token, and retries once if the API rejected the access token of the agency.
func (r *locationRefresher) refresh(ctx context.Context, _ Credential, _ Secret) (Credential, error) {
	if r.location == "" {
		return Credential{}, errNoLocation
	}
	next, agency, err := r.request(ctx)
	if isTokenError(err) {
		r.agency.Invalidate(agency.AccessToken.Reveal())
		next, agency, err = r.request(ctx)
	}
	if err != nil && !agency.AccessToken.IsZero() {
		r.rejection = rejectionOf(agency.AccessToken, err)
	}
	return next, err
}

// request requests a token. It also returns the credential of the agency that the request used.
func (r *locationRefresher) request(ctx context.Context) (next, agency Credential, err error) {
	agency, err = r.agency.Credential(ctx)
	if err != nil {
		return Credential{}, Credential{}, err
	}
	if agency.userType() != UserTypeCompany {
		return Credential{}, Credential{}, errNotAgency
	}
	if err := r.rejection.errFor(agency.AccessToken); err != nil {
		return Credential{}, Credential{}, err
	}
	next, err = r.agency.app.requestLocationToken(ctx, agency, r.location)
	return next, agency, err
}
