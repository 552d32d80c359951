package clienttest

import (
	"crypto/rand"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
)

// App is the marketplace app that people install. The zero value of each field means its default.
type App struct {
	// ClientID and ClientSecret are the OAuth credentials of the app, sample values by default.
	ClientID     string
	ClientSecret string
	// RefreshTokenGracePeriod is the time after the first use of a refresh token in which it
	// returns the same pair of tokens again, 30 seconds by default.
	RefreshTokenGracePeriod time.Duration
}

// The lifetimes of tokens. The expires_in of responses is one second less, as in the API.
const (
	accessTokenLifetime  = 24 * time.Hour
	refreshTokenLifetime = 365 * 24 * time.Hour
)

// oauth holds the codes and tokens that the fake knows, by value.
type oauth struct {
	mu            sync.Mutex
	codes         map[string]Grant
	tokens        map[string]Token
	refreshTokens map[string]*refreshToken
	consent       *Grant // see WithConsent; nil if the consent page waits for a person
}

// refreshToken is a refresh token and its state.
type refreshToken struct {
	grant    Grant
	issued   time.Time
	used     time.Time   // zero if it has not been used
	response wire.Object // to the first use
}

// sampleUserID is the ID of the person who installs the app.
const sampleUserID = "y0BeYjuRIlDwsDcOHOJo"

// AuthorizationCode returns the code that the app receives when a person agrees to a grant, and
// sends the webhook INSTALL. The app can exchange the code once at POST /oauth/token. The code does
// not expire.
func (s *Server) AuthorizationCode(g Grant) string {
	g = s.withDefaults(g)
	s.sendEvent("INSTALL", g.LocationID, wire.Object{
		"installType": g.UserType, "companyId": g.CompanyID, "userId": sampleUserID, "companyName": "Sample agency",
		"isWhitelabelCompany": false, "whitelabelDetails": wire.Object{"logoUrl": "", "domain": ""}, "trial": wire.Object{},
	})
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	code := rand.Text()
	s.oauth.codes[code] = g
	return code
}

// Uninstall removes the app from a location, or from the default agency if locationID is empty: its
// codes, access tokens and refresh tokens become invalid, and the fake sends the webhook UNINSTALL.
func (s *Server) Uninstall(locationID string) {
	properties := wire.Object{}
	if locationID == "" {
		properties["companyId"] = s.CompanyID
	}
	s.sendEvent("UNINSTALL", locationID, properties)
	isOf := func(g Grant) bool {
		return g.LocationID == locationID && (locationID != "" || g.CompanyID == s.CompanyID)
	}
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	maps.DeleteFunc(s.oauth.codes, func(_ string, g Grant) bool { return isOf(g) })
	maps.DeleteFunc(s.oauth.refreshTokens, func(_ string, r *refreshToken) bool { return isOf(r.grant) })
	maps.DeleteFunc(s.oauth.tokens, func(_ string, t Token) bool { return t.issued && isOf(t.Grant) })
}

// getAccessToken handles POST /oauth/token.
func (s *Server) getAccessToken(c *call) (wire.Response, error) {
	form, err := c.readForm()
	if err != nil {
		return wire.Response{}, err
	}
	if form.Get("client_id") != s.App.ClientID || form.Get("client_secret") != s.App.ClientSecret {
		return wire.Response{}, wire.OAuthError(http.StatusUnauthorized, "UnAuthorized!", "Client not found")
	}
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	switch form.Get("grant_type") {
	case "authorization_code":
		return s.exchangeCode(c, form)
	case "refresh_token":
		return s.refresh(c, form)
	default:
		return wire.Response{}, wire.BadRequest("grant_type must be authorization_code or refresh_token")
	}
}

// exchangeCode issues a pair of tokens for a code. The caller holds the lock.
func (s *Server) exchangeCode(c *call, form url.Values) (wire.Response, error) {
	grant, ok := s.oauth.codes[form.Get("code")]
	if !ok {
		return wire.Response{}, wire.OAuthError(http.StatusUnauthorized, "UnAuthorized!", "Authorization code not found")
	}
	delete(s.oauth.codes, form.Get("code"))
	return wire.JSON(http.StatusOK, s.issuePair(c, grant)), nil
}

// refresh issues a new pair of tokens for a refresh token. The caller holds the lock.
func (s *Server) refresh(c *call, form url.Values) (wire.Response, error) {
	r := s.oauth.refreshTokens[form.Get("refresh_token")]
	isUsed := r != nil && !r.used.IsZero()
	switch {
	case r == nil || c.now.Sub(r.issued) >= refreshTokenLifetime,
		isUsed && c.now.Sub(r.used) >= s.App.RefreshTokenGracePeriod:
		return wire.Response{}, wire.OAuthError(http.StatusBadRequest, "invalid_grant", "This refresh token is invalid")
	case !isUsed:
		r.used, r.response = c.now, s.issuePair(c, r.grant)
	}
	return wire.JSON(http.StatusOK, r.response), nil
}

// getLocationAccessToken handles POST /oauth/locationToken, which creates a token of a location
// from the token of its agency.
func (s *Server) getLocationAccessToken(c *call) (wire.Response, error) {
	form, err := c.readForm()
	if err != nil {
		return wire.Response{}, err
	}
	location, company, approved := form.Get("locationId"), c.token.CompanyID, c.token.ApprovedLocations
	isApproved := approved == nil || slices.Contains(approved, location)
	if form.Get("companyId") != company || s.location(location).CompanyID != company || !isApproved {
		return wire.Response{}, wire.Forbidden()
	}
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	grant := s.withDefaults(Grant{LocationID: location, CompanyID: company, Scopes: c.token.Scopes})
	return wire.JSON(http.StatusCreated, s.issue(c, grant)), nil
}

// issuePair creates an access token and a refresh token, and returns the body of the response. The
// caller holds the lock.
func (s *Server) issuePair(c *call, g Grant) wire.Object {
	body, value := s.issue(c, g), rand.Text()
	s.oauth.refreshTokens[value] = &refreshToken{grant: g, issued: c.now}
	body["refresh_token"], body["refreshTokenId"] = value, rand.Text()
	return body
}

// issue creates an access token, and returns the body of the response. The caller holds the lock.
func (s *Server) issue(c *call, g Grant) wire.Object {
	value := "eyJhbGciOiJSUzI1NiJ9." + rand.Text() + "." + rand.Text()
	s.oauth.tokens[value] = Token{Grant: g, Value: value, Expires: c.now.Add(accessTokenLifetime), issued: true}
	body := wire.Object{
		"access_token": value, "token_type": "Bearer", "expires_in": int64(accessTokenLifetime.Seconds()) - 1,
		"scope": strings.Join(g.Scopes, " "), "userType": g.UserType, "companyId": g.CompanyID, "userId": sampleUserID,
	}
	if g.UserType == UserTypeLocation {
		body["locationId"] = g.LocationID
		return body
	}
	body["isBulkInstallation"] = true
	if g.ApprovedLocations != nil {
		body["approvedLocations"] = g.ApprovedLocations
	}
	return body
}

// readForm reads the body as a form. It removes the secrets from the form for the log.
func (c *call) readForm() (url.Values, error) {
	form, err := url.ParseQuery(string(c.body))
	if err != nil || !strings.HasPrefix(c.request.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return nil, wire.BadRequest("the body must be form-encoded")
	}
	logged := maps.Clone(form)
	for _, secret := range []string{"client_secret", "refresh_token", "code"} {
		if form.Has(secret) {
			logged.Set(secret, "[redacted]")
		}
	}
	c.logged = []byte(logged.Encode())
	return form, nil
}
