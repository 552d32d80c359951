package oauth

import (
	"context"
	"runtime"
	"slices"
	"weak"

	"github.com/highlevel-contacts/contacts-go/client"
)

// LocationSource hands out the token of a location, made from that of its agency, and makes a new one when it is due. It is a
// [client.TokenSource], and safe for concurrent use. Its tokens are kept in memory: a new process makes new ones, which costs
// one request for a location and day.
type LocationSource struct {
	agency   *Source
	location string
	keeper   keeper
	refusal  refusal // of the agency's access token, for this location; only the caller that renews touches it
}

var _ client.TokenSource = (*LocationSource)(nil)

// Location returns the source of the tokens of the location (sub-account) id, which belongs to the
// agency whose credential s has. The app must be installed in the location and have the scope
// oauth.write.
//
// The same ID gives the same source, so its tokens are shared. s keeps the sources of locations that
// are known: the API issued a token for them, or they are among [Credential.ApprovedLocations] of the
// credential in use. It keeps others only as long as the caller does, so that invalid IDs from outside
// use no memory.
//
// See https://marketplace.gohighlevel.com/docs/ghl/oauth/get-location-access-token.
func (s *Source) Location(id string) *LocationSource {
	held, _ := s.keeper.look()
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.locations[id].Value(); l != nil {
		return l
	}
	l := &LocationSource{agency: s, location: id}
	l.keeper = keeper{renewal: l.renew, margin: s.app.config.RefreshBefore, logger: s.app.logger}
	s.locations[id] = weak.Make(l)
	if slices.Contains(held.ApprovedLocations, id) {
		s.known[id] = l
	} else {
		runtime.AddCleanup(l, s.forget, id)
	}
	return l
}

// remember keeps l: the API issued a token for its location.
func (s *Source) remember(l *LocationSource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[l.location] = l
}

// forget is called when the source of a location has been collected.
func (s *Source) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locations[id].Value() == nil {
		delete(s.locations, id)
	}
}

// Token returns an access token of the location that works, as far as can be told without asking. Its error matches
// [ErrReinstallRequired] if the agency's credential is dead.
func (l *LocationSource) Token(ctx context.Context) (string, error) {
	credential, err := l.keeper.credential(ctx)
	return credential.AccessToken.Reveal(), err
}

// Credential returns the credential whose access token [LocationSource.Token] returns. It has no refresh token.
func (l *LocationSource) Credential(ctx context.Context) (Credential, error) {
	return l.keeper.credential(ctx)
}

// Invalidate tells that the API calls token bad or expired. The next Token makes another. A token that is no longer handed out is
// ignored.
func (l *LocationSource) Invalidate(token string) { l.keeper.invalidate(token) }

// String tells what it is, without a secret.
func (l *LocationSource) String() string { return "oauth.LocationSource(" + l.location + ")" }

// GoString tells what it is, without a secret.
func (l *LocationSource) GoString() string { return l.String() }

// renew makes a token, and tries once more if the agency's was bad.
func (l *LocationSource) renew(ctx context.Context) (Credential, error) {
	if l.location == "" {
		return Credential{}, errNoLocation
	}
	next, agency, err := l.request(ctx)
	if meansBadToken(err) {
		l.agency.Invalidate(agency.AccessToken.Reveal())
		next, agency, err = l.request(ctx)
	}
	if err != nil && !agency.AccessToken.IsZero() {
		l.refusal = refusalOf(agency.AccessToken, err)
	}
	if err == nil {
		l.agency.remember(l)
	}
	return next, err
}

// request asks for a token, with the agency's token that it returns too.
func (l *LocationSource) request(ctx context.Context) (next, agency Credential, err error) {
	agency, err = l.agency.Credential(ctx)
	if err != nil {
		return Credential{}, Credential{}, err
	}
	if agency.userType() != UserTypeCompany {
		return Credential{}, Credential{}, errNotAgency
	}
	if err := l.refusal.against(agency.AccessToken); err != nil {
		return Credential{}, Credential{}, err
	}
	next, err = l.agency.app.requestLocationToken(ctx, agency, l.location)
	return next, agency, err
}
