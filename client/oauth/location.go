package oauth

import (
	"context"
	"maps"

	"github.com/highlevel-contacts/contacts-go/client"
)

// Location returns the source of the tokens of the location (sub-account) id, which it requests with
// the access token of s. The credential in the store of s must be that of an agency, and the app must
// have the scope oauth.write. If the location has not approved the app, the error of Token matches
// [client.ErrForbidden]. The tokens are stored in memory only, and each is valid for a day.
//
// Calls with the same ID return the same source. But each time s has added 1,000 locations, it forgets
// those for which the API has issued no token, because their IDs may not exist.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/oauth/get-location-access-token.
func (s *Source) Location(id string) *Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	if source, ok := s.locations[id]; ok {
		return source
	}
	if s.locations == nil {
		s.locations = map[string]*Source{}
	}
	if s.added++; s.added > maxUnissued {
		maps.DeleteFunc(s.locations, func(_ string, source *Source) bool { return !source.hasIssued() })
		s.added = 1
	}
	source := &Source{app: s.app, refresher: &locationRefresher{agency: s, location: id}}
	s.locations[id] = source
	return source
}

// maxUnissued is the number of locations without an issued token that a Source can hold.
const maxUnissued = 1000

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
		agency, err := r.agency.credential(ctx)
		if err != nil {
			return Credential{}, err
		}
		if agency.inferredUserType() != UserTypeCompany {
			return Credential{}, errNotAgency
		}
		if err := r.rejection.errFor(agency.AccessToken); err != nil {
			return Credential{}, err
		}
		next, err := r.agency.app.requestLocationToken(ctx, agency, r.location)
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
