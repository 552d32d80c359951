package clienttest

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
)

// UserType is the kind of owner that a token has.
type UserType string

// The user types of tokens.
const (
	UserTypeLocation UserType = "Location" // a location; the token can call the contact operations
	UserTypeCompany  UserType = "Company"  // an agency; the token can only create tokens of locations
)

// The scopes of tokens.
const (
	scopeRead   = "contacts.readonly"
	scopeWrite  = "contacts.write"
	scopeFields = "locations/customFields.readonly"
	scopeOAuth  = "oauth.write" // the token of an agency can create tokens of locations
)

// Grant describes to whom a token belongs and what it allows. A person agrees to it on the consent
// page.
type Grant struct {
	// UserType selects whether the token belongs to a location, the default, or to an agency.
	UserType UserType
	// LocationID is the location of the token; empty means [Server.LocationID]. Leave it empty for
	// an agency.
	LocationID string
	// CompanyID is the agency of the location, or the agency of the token; empty means
	// [Server.CompanyID].
	CompanyID string
	// ApprovedLocations are the locations for which the token of an agency can create tokens; nil
	// means all locations of the agency.
	ApprovedLocations []string
	// Scopes are the scopes of the token; nil means every scope that the fake knows.
	Scopes []string
}

// Token is an access token or private integration token that the fake accepts.
type Token struct {
	Grant

	Value   string    // the part of the Authorization header after "Bearer "
	Expires time.Time // the time from which the token is rejected; zero means never

	issued bool // whether OAuth issued the token
}

// withDefaults returns the grant with the defaults in place of missing values.
func (s *Server) withDefaults(g Grant) Grant {
	g.UserType = cmp.Or(g.UserType, UserTypeLocation)
	g.CompanyID = cmp.Or(g.CompanyID, s.CompanyID)
	if g.UserType == UserTypeLocation {
		g.LocationID = cmp.Or(g.LocationID, s.LocationID)
	}
	if g.Scopes == nil {
		g.Scopes = []string{scopeRead, scopeWrite, scopeFields, scopeOAuth}
	}
	return g
}

// AddToken makes the fake accept a token besides [Server.Token]. It replaces the token with the
// same value.
func (s *Server) AddToken(value string, g Grant) {
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	s.oauth.tokens[value] = Token{Grant: s.withDefaults(g), Value: value}
}

// RevokeToken makes an access token or a refresh token invalid. It reports whether the fake knew the
// token.
func (s *Server) RevokeToken(value string) bool {
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	_, isAccess := s.oauth.tokens[value]
	_, isRefresh := s.oauth.refreshTokens[value]
	delete(s.oauth.tokens, value)
	delete(s.oauth.refreshTokens, value)
	return isAccess || isRefresh
}

// Tokens returns the access tokens that the fake knows, including those that have expired. They are
// sorted by user type and location.
func (s *Server) Tokens() []Token {
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.oauth.tokens), func(a, b Token) int {
		return cmp.Or(cmp.Compare(a.UserType, b.UserType), cmp.Compare(a.LocationID, b.LocationID), cmp.Compare(a.Value, b.Value))
	})
}

// checkToken checks that the token is known and has not expired, and that its user type and its
// scopes allow the operation.
func (s *Server) checkToken(c *call) error {
	value, ok := strings.CutPrefix(c.request.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return wire.NewError(http.StatusUnauthorized, "No Authorization header found for authentication!")
	}
	s.oauth.mu.Lock()
	token, isKnown := s.oauth.tokens[value]
	s.oauth.mu.Unlock()
	if isKnown {
		c.token = &token
	}
	userType := UserTypeLocation
	if c.operation.scope == scopeOAuth {
		userType = UserTypeCompany
	}
	switch {
	case !isKnown && strings.HasPrefix(value, "pit-"):
		return wire.NewError(http.StatusUnauthorized, "Invalid Private Integration token")
	case !isKnown:
		return wire.NewError(http.StatusUnauthorized, "Invalid JWT")
	case !token.Expires.IsZero() && !c.now.Before(token.Expires):
		return wire.NewError(http.StatusUnauthorized, "Invalid token: access token is invalid").Named("Unauthorized")
	case token.UserType != userType:
		return wire.NewError(http.StatusUnauthorized, "This authClass type is not allowed to access this scope.  "+
			"Please verify your IAM configuration if this is not the case.")
	case !slices.Contains(token.Scopes, c.operation.scope):
		return wire.NewError(http.StatusUnauthorized, "The token is not authorized for this scope.")
	default:
		return nil
	}
}
