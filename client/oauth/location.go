package oauth

import (
	"context"
	"runtime"
	"slices"
	"weak"

	"github.com/highlevel-contacts/contacts-go/client"
)

// LocationSource provides access tokens of a location, which it requests with the access token of
// the agency. It is a [client.TokenSource] and safe for concurrent use. Its tokens are stored in
// memory only, and each is valid for a day. A new process requests new ones.
type LocationSource struct {
	agency   *Source
	location string
	cache    *tokenCache
}

var _ client.TokenSource = (*LocationSource)(nil)

// Location returns the source of the tokens of the location (sub-account) id. The credential in the
// store of s must be that of the agency. The app must be installed in the location and have the
// scope oauth.write. Location makes no requests.
//
// Calls with the same ID return the same source, so its tokens are shared. A source remains in
// memory if the API has issued a token for its location, or if [Credential.ApprovedLocations] of
// the loaded credential contains the location. Any other source is garbage collected when the
// program no longer uses it, so requests with invalid IDs do not fill the memory.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/oauth/get-location-access-token.
func (s *Source) Location(id string) *LocationSource {
	approved := slices.Contains(s.cache.peek().ApprovedLocations, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.locations[id].Value(); l != nil {
		return l
	}
	l := &LocationSource{agency: s, location: id, cache: newTokenCache(s.app, &locationRefresher{agency: s, location: id})}
	s.locations[id] = weak.Make(l)
	if approved {
		s.retained[id] = l
		return l
	}
	// A strong reference from the cleanup to s would prevent the collection of s and its sources.
	runtime.AddCleanup(l, func(agency weak.Pointer[Source]) { agency.Value().forget(id) }, weak.Make(s))
	return l
}

// retain prevents the collection of l, because the API issued a token for its location.
func (s *Source) retain(l *LocationSource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retained[l.location] = l
}

// forget removes the entry of a location whose source has been garbage collected. s is nil if s has
// been collected too.
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
// rejected. The error matches [ErrReinstallRequired] if a user of the agency must install the app
// again, and [client.ErrForbidden] if the location has not approved the app. Other non-2xx
// responses are returned as an [*Error].
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

func (l *LocationSource) credential(ctx context.Context) (Credential, error) {
	credential, err := l.cache.credential(ctx)
	if err == nil {
		l.agency.retain(l)
	}
	return credential, err
}

// Invalidate reports that the API rejected token as invalid or expired. The next call of Token
// requests another one. Invalidate ignores a token that is not the current one.
func (l *LocationSource) Invalidate(token string) { l.cache.invalidate(token) }

// String returns the name of the type and the location ID, without a secret.
func (l *LocationSource) String() string { return "oauth.LocationSource(" + l.location + ")" }

// GoString returns what String returns.
func (l *LocationSource) GoString() string { return l.String() }

// locationRefresher requests tokens of a location with the access token of its agency.
type locationRefresher struct {
	agency    *Source
	location  string
	rejection rejection // of the last access token of the agency, for this location
}

var _ refresher = (*locationRefresher)(nil)

// load returns the zero Credential, because tokens of locations are not stored.
func (r *locationRefresher) load(context.Context) (Credential, error) { return Credential{}, nil }

// refresh requests a token. If the API rejects the access token of the agency, it tries again with
// a new one.
func (r *locationRefresher) refresh(ctx context.Context, _ Credential, _ Secret) (Credential, error) {
	if r.location == "" {
		return Credential{}, errNoLocation
	}
	next, agency, err := r.request(ctx)
	if isRejectedToken(err) {
		r.agency.Invalidate(agency.AccessToken.Reveal())
		next, agency, err = r.request(ctx)
	}
	if err != nil && !agency.AccessToken.IsZero() {
		r.rejection = rejectionOf(agency.AccessToken, err)
	}
	return next, err
}

// request requests a token. It also returns the agency's credential that it used, or the zero
// Credential if no request was sent.
func (r *locationRefresher) request(ctx context.Context) (next, agency Credential, err error) {
	agency, err = r.agency.cache.credential(ctx)
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
	return next, agency, err
}
