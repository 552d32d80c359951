package clienttest

import (
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// oauth holds the codes and refresh tokens that have been given out.
type oauth struct {
	mu        sync.Mutex
	app       App
	codes     map[string]Grant
	refreshes map[string]*refresh
	consent   *Grant // what the consent page grants at once; nil if it waits for a person
}

// refresh is a refresh token. It is good for one use, and for a moment after it the same answer is given again.
type refresh struct {
	grant  Grant
	given  time.Time
	used   time.Time // zero if it was not
	answer answer
}

// AuthorizationCode does what a person does on the consent page: it returns a code, good once, for the app to exchange at
// POST /oauth/token.
func (s *Server) AuthorizationCode(g Grant) string {
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	code := s.traceIDs.hex(20)
	s.oauth.codes[code] = s.grantDefaults(g)
	return code
}

// ExpireRefreshToken makes a refresh token unusable, its grace included. It reports whether there is such a token.
func (s *Server) ExpireRefreshToken(value string) bool {
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	_, ok := s.oauth.refreshes[value]
	delete(s.oauth.refreshes, value)
	return ok
}

// getAccessToken answers POST /oauth/token.
func (s *Server) getAccessToken(c *call) answer {
	form, refusal := c.readForm()
	if refusal != nil {
		return *refusal
	}
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	if form.Get("client_id") != s.oauth.app.ClientID || form.Get("client_secret") != s.oauth.app.ClientSecret {
		return unauthorizedGrant("Client not found")
	}
	switch form.Get("grant_type") {
	case "authorization_code":
		return s.exchange(c, form)
	case "refresh_token":
		return s.refresh(c, form)
	default:
		return *unprocessable("grant_type must be one of the following values: authorization_code, refresh_token")
	}
}

// exchange gives a pair of tokens for a code. The caller holds the lock.
func (s *Server) exchange(c *call, form url.Values) answer {
	grant, ok := s.oauth.codes[form.Get("code")]
	if !ok || !isFor(grant, form) {
		return unauthorizedGrant("Authorization code not found")
	}
	delete(s.oauth.codes, form.Get("code"))
	return succeed(http.StatusOK, s.issue(c, grant, true))
}

// refresh gives a new pair of tokens for a refresh token. The caller holds the lock.
func (s *Server) refresh(c *call, form url.Values) answer {
	r := s.oauth.refreshes[form.Get("refresh_token")]
	switch {
	case r == nil || !isFor(r.grant, form) || c.now.Sub(r.given) >= s.oauth.app.RefreshLife:
		return s.usedRefreshToken()
	case r.used.IsZero():
		r.used = c.now
		r.answer = succeed(http.StatusOK, s.issue(c, r.grant, true))
	case c.now.Sub(r.used) >= s.oauth.app.RefreshGrace:
		return s.usedRefreshToken()
	}
	again := r.answer
	again.header = r.answer.header.Clone()
	return again
}

// isFor tells whether the user_type of a request, if it has one, is that of a grant.
func isFor(g Grant, form url.Values) bool {
	asked := form.Get("user_type")
	return asked == "" || asked == string(g.UserType)
}

func (s *Server) usedRefreshToken() answer {
	return succeed(http.StatusUnauthorized, []byte(s.behavior.UsedRefreshToken))
}

func unauthorizedGrant(description string) answer {
	body := newObject(128)
	body.text("error", "UnAuthorized!")
	body.text("error_description", description)
	return succeed(http.StatusUnauthorized, body.end())
}

// getLocationAccessToken answers POST /oauth/locationToken, by which an agency's token mints a location's.
func (s *Server) getLocationAccessToken(c *call) answer {
	form, refusal := c.readForm()
	if refusal != nil {
		return *refusal
	}
	location := form.Get("locationId")
	if location == "" || form.Get("companyId") == "" {
		return *unprocessable("companyId should not be empty", "locationId should not be empty")
	}
	if form.Get("companyId") != c.token.CompanyID || s.locationOf(location).CompanyID != c.token.CompanyID ||
		c.token.approved != nil && !slices.Contains(c.token.approved, location) {
		return *forbidden()
	}
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	grant := s.grantDefaults(Grant{LocationID: location, CompanyID: c.token.CompanyID, Scopes: c.token.Scopes})
	return succeed(http.StatusCreated, s.issue(c, grant, s.oauth.app.LocationRefreshToken))
}
