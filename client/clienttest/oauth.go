package clienttest

import (
	"cmp"
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
	// RedirectURI is the only redirect_uri that the consent page accepts. By default it accepts
	// every absolute URL.
	RedirectURI string
	// AccessTokenLifetime is the lifetime of an access token, 24 hours by default. The expires_in
	// of responses is one second less, as in the API.
	AccessTokenLifetime time.Duration
	// RefreshTokenLifetime is the lifetime of a refresh token that is not used, 365 days by
	// default.
	RefreshTokenLifetime time.Duration
	// RefreshTokenGracePeriod is the time after the first use of a refresh token in which it
	// returns the same pair of tokens again, 30 seconds by default.
	RefreshTokenGracePeriod time.Duration
}

func (a App) withDefaults() App {
	a.ClientID = cmp.Or(a.ClientID, "60e1f3f2a8b7c40001a1b2c3-kq2x9d1e")
	a.ClientSecret = cmp.Or(a.ClientSecret, "0b7f6b1e-7d0c-4f5a-8a58-7c1f0f6f2a11")
	a.AccessTokenLifetime = cmp.Or(a.AccessTokenLifetime, 24*time.Hour)
	a.RefreshTokenLifetime = cmp.Or(a.RefreshTokenLifetime, 365*24*time.Hour)
	a.RefreshTokenGracePeriod = cmp.Or(a.RefreshTokenGracePeriod, 30*time.Second)
	return a
}

// Grant describes what a person agrees to on the consent page.
type Grant struct {
	// UserType selects whether the app is installed for a location, the default, or for an agency.
	UserType UserType
	// LocationID is the location for which the app is installed; empty means [Server.LocationID].
	// Leave it empty for an agency.
	LocationID string
	// CompanyID is the agency of the location, or the agency for which the app is installed; empty
	// means [Server.CompanyID].
	CompanyID string
	// ApprovedLocations are the locations for which the token of an agency can create tokens; nil
	// means all locations of the agency.
	ApprovedLocations []string
	// Scopes are the scopes of the tokens; nil means every scope that the fake knows.
	Scopes []string
}

// oauth holds the codes and refresh tokens that have been issued.
type oauth struct {
	mu            sync.Mutex
	app           App
	codes         map[string]Grant
	refreshTokens map[string]*refreshToken
	consent       *Grant // see WithConsent; nil if the consent page waits for a person
}

// refreshToken is a refresh token and its state.
type refreshToken struct {
	grant    Grant
	issued   time.Time
	used     time.Time // zero if it has not been used
	response []byte    // to the first use
}

// sampleUserID is the ID of the person who installs the app.
const sampleUserID = "y0BeYjuRIlDwsDcOHOJo"

// AuthorizationCode returns the code that the app receives when a person agrees to a grant, and
// sends the webhook INSTALL. The app can exchange the code once at POST /oauth/token. The code does
// not expire.
func (s *Server) AuthorizationCode(g Grant) string {
	g.UserType, g.CompanyID = cmp.Or(g.UserType, UserTypeLocation), cmp.Or(g.CompanyID, s.CompanyID)
	if g.UserType == UserTypeLocation {
		g.LocationID = cmp.Or(g.LocationID, s.LocationID)
	}
	s.sendInstall(g)
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	code := s.randomIDs.Hex(20)
	s.oauth.codes[code] = g
	return code
}

// Uninstall removes the app from a location, or from the default agency if locationID is empty: its
// codes, access tokens and refresh tokens become invalid, and the fake sends the webhook UNINSTALL.
func (s *Server) Uninstall(locationID string) {
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	isOf := func(g Grant) bool {
		return g.LocationID == locationID && (locationID != "" || g.CompanyID == s.CompanyID)
	}
	maps.DeleteFunc(s.oauth.codes, func(_ string, g Grant) bool { return isOf(g) })
	maps.DeleteFunc(s.oauth.refreshTokens, func(_ string, r *refreshToken) bool { return isOf(r.grant) })
	s.tokens.mu.Lock()
	maps.DeleteFunc(s.tokens.known, func(_ string, t *Token) bool {
		return t.issued && isOf(Grant{LocationID: t.LocationID, CompanyID: t.CompanyID})
	})
	s.tokens.mu.Unlock()
	s.send("UNINSTALL", locationID, func(o *wire.Object) {
		if locationID == "" {
			o.String("companyId", s.CompanyID)
		}
	})
}

// ExpireRefreshToken makes a refresh token invalid, even within its grace period. It reports
// whether the fake knew the token.
func (s *Server) ExpireRefreshToken(value string) bool {
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	_, ok := s.oauth.refreshTokens[value]
	delete(s.oauth.refreshTokens, value)
	return ok
}

// getAccessToken handles POST /oauth/token.
func (s *Server) getAccessToken(c *call) (wire.Response, error) {
	form, err := c.readForm()
	if err != nil {
		return wire.Response{}, err
	}
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	if form.Get("client_id") != s.oauth.app.ClientID || form.Get("client_secret") != s.oauth.app.ClientSecret {
		return wire.Response{}, wire.OAuthError("Client not found")
	}
	switch form.Get("grant_type") {
	case "authorization_code":
		return s.exchangeCode(c, form)
	case "refresh_token":
		return s.refresh(c, form)
	default:
		return wire.Response{}, wire.Unprocessable("grant_type must be one of the following values: authorization_code, refresh_token")
	}
}

// exchangeCode issues a pair of tokens for a code. The caller holds the lock.
func (s *Server) exchangeCode(c *call, form url.Values) (wire.Response, error) {
	grant, ok := s.oauth.codes[form.Get("code")]
	if !ok || !grant.matches(form) {
		return wire.Response{}, wire.OAuthError("Authorization code not found")
	}
	delete(s.oauth.codes, form.Get("code"))
	return wire.JSON(http.StatusOK, s.issue(c, grant, true)), nil
}

// refresh issues a new pair of tokens for a refresh token. The caller holds the lock.
func (s *Server) refresh(c *call, form url.Values) (wire.Response, error) {
	r := s.oauth.refreshTokens[form.Get("refresh_token")]
	isUsed := r != nil && !r.used.IsZero()
	switch {
	case r == nil || !r.grant.matches(form) || c.now.Sub(r.issued) >= s.oauth.app.RefreshTokenLifetime,
		isUsed && c.now.Sub(r.used) >= s.oauth.app.RefreshTokenGracePeriod:
		return wire.Response{}, wire.InvalidGrant()
	case !isUsed:
		r.used = c.now
		r.response = s.issue(c, r.grant, true)
	}
	return wire.JSON(http.StatusOK, r.response), nil
}

// matches reports whether the user_type of a request, if it has one, is that of the grant.
func (g Grant) matches(form url.Values) bool {
	asked := form.Get("user_type")
	return asked == "" || asked == string(cmp.Or(g.UserType, UserTypeLocation))
}

// getLocationAccessToken handles POST /oauth/locationToken, which creates a token of a location
// from the token of its agency.
func (s *Server) getLocationAccessToken(c *call) (wire.Response, error) {
	form, err := c.readForm()
	if err != nil {
		return wire.Response{}, err
	}
	var missing []string
	for _, name := range []string{"companyId", "locationId"} {
		if form.Get(name) == "" {
			missing = append(missing, name+" should not be empty")
		}
	}
	if missing != nil {
		return wire.Response{}, wire.Unprocessable(missing...)
	}
	location := form.Get("locationId")
	if form.Get("companyId") != c.token.CompanyID || s.location(location).CompanyID != c.token.CompanyID ||
		c.token.approved != nil && !slices.Contains(c.token.approved, location) {
		return wire.Response{}, wire.Forbidden()
	}
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	grant := Grant{LocationID: location, CompanyID: c.token.CompanyID, Scopes: c.token.Scopes}
	return wire.JSON(http.StatusCreated, s.issue(c, grant, false)), nil
}

// issue creates an access token, with or without a refresh token, and returns the body of the
// response. The caller holds the lock.
func (s *Server) issue(c *call, g Grant, withRefresh bool) []byte {
	access := s.addToken(Token{
		Value:    "eyJhbGciOiJSUzI1NiJ9." + s.randomIDs.Hex(24) + "." + s.randomIDs.Hex(32),
		UserType: g.UserType, LocationID: g.LocationID, CompanyID: g.CompanyID, Scopes: g.Scopes,
		Expires: c.now.Add(s.oauth.app.AccessTokenLifetime), approved: g.ApprovedLocations, issued: true,
	})
	var body wire.Object
	body.String("access_token", access.Value)
	body.String("token_type", "Bearer")
	body.Value("expires_in", int64(s.oauth.app.AccessTokenLifetime.Seconds())-1)
	if withRefresh {
		value := s.randomIDs.Hex(32)
		s.oauth.refreshTokens[value] = &refreshToken{grant: g, issued: c.now}
		body.String("refresh_token", value)
		body.String("refreshTokenId", s.randomIDs.Hex(12))
	}
	body.String("scope", strings.Join(access.Scopes, " "))
	body.String("userType", string(access.UserType))
	body.String("companyId", access.CompanyID)
	body.String("locationId", access.LocationID)
	body.String("userId", sampleUserID)
	if access.UserType == UserTypeCompany {
		body.Value("isBulkInstallation", true)
		if g.ApprovedLocations != nil {
			body.Value("approvedLocations", g.ApprovedLocations)
		}
	}
	return body.End()
}

// readForm reads the body as a form. It removes the secrets from the body for the log.
func (c *call) readForm() (url.Values, error) {
	if !strings.HasPrefix(c.request.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return nil, wire.NewError(http.StatusUnsupportedMediaType, "the body must be form-encoded", "Unsupported Media Type")
	}
	if err := c.useBody(); err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(c.body))
	c.body = nil
	if err != nil {
		return nil, wire.BadRequest("the body must be form-encoded")
	}
	logged := maps.Clone(form)
	for _, secret := range []string{"client_secret", "refresh_token", "code"} {
		if form.Has(secret) {
			logged.Set(secret, "[redacted]")
		}
	}
	c.body = []byte(logged.Encode())
	return form, nil
}
