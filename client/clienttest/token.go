package clienttest

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
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

// Token is an access token or private integration token that the fake accepts.
type Token struct {
	// Value is the part of the Authorization header after "Bearer ".
	Value string
	// UserType is the kind of owner, UserTypeLocation by default.
	UserType UserType
	// LocationID is the location that the token belongs to; empty means [Server.LocationID]. Leave
	// it empty for the token of an agency.
	LocationID string
	// CompanyID is the agency that the token belongs to; empty means [Server.CompanyID].
	CompanyID string
	// Scopes are the scopes of the token; nil means every scope that the fake knows.
	Scopes []string
	// Expires is the time from which the token is rejected; zero means never.
	Expires time.Time

	issued   bool     // whether OAuth issued the token
	approved []string // the locations for which the token of an agency can create tokens; nil means all
}

// tokens holds the tokens that the fake knows.
type tokens struct {
	mu    sync.Mutex
	known map[string]*Token // by value; a stored Token does not change
}

// AddToken makes the fake accept a token besides [Server.Token]. It replaces the token with the
// same Value. If Value is empty, AddToken ends the test; if the server was started by [Start], it
// panics.
func (s *Server) AddToken(t Token) {
	if t.Value == "" {
		s.fail("AddToken", errors.New("token: Value is empty"))
	}
	s.addToken(t)
}

// addToken stores a token and returns it with the defaults in place of missing values.
func (s *Server) addToken(t Token) Token {
	t.UserType = cmp.Or(t.UserType, UserTypeLocation)
	t.CompanyID = cmp.Or(t.CompanyID, s.CompanyID)
	if t.UserType == UserTypeLocation {
		t.LocationID = cmp.Or(t.LocationID, s.LocationID)
	}
	if t.Scopes == nil {
		t.Scopes = []string{scopeRead, scopeWrite, scopeFields, scopeOAuth}
	}
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	s.tokens.known[t.Value] = &t
	return t
}

// ExpireToken makes a token expire now. It reports whether the fake knows the token.
func (s *Server) ExpireToken(value string) bool {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	old := s.tokens.known[value]
	if old == nil {
		return false
	}
	expired := *old
	expired.Expires = s.Now()
	s.tokens.known[value] = &expired
	return true
}

// RevokeToken makes a token invalid. It reports whether the fake knew the token.
func (s *Server) RevokeToken(value string) bool {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	_, ok := s.tokens.known[value]
	delete(s.tokens.known, value)
	return ok
}

// Tokens returns the tokens that the fake knows, including those that have expired. They are sorted
// by user type and location.
func (s *Server) Tokens() []Token {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	var all []Token
	for _, t := range s.tokens.known {
		all = append(all, *t)
	}
	slices.SortFunc(all, func(a, b Token) int {
		return cmp.Or(cmp.Compare(a.UserType, b.UserType), cmp.Compare(a.LocationID, b.LocationID), a.Expires.Compare(b.Expires), cmp.Compare(a.Value, b.Value))
	})
	return all
}

// checkToken checks that the token is known and has not expired.
func (s *Server) checkToken(c *call) error {
	value, ok := strings.CutPrefix(c.request.Header.Get("Authorization"), "Bearer ")
	value = strings.TrimSpace(value)
	if !ok || value == "" {
		return wire.NewError(http.StatusUnauthorized, "No Authorization header found for authentication!", "")
	}
	s.tokens.mu.Lock()
	c.token = s.tokens.known[value]
	s.tokens.mu.Unlock()
	switch {
	case c.token == nil && strings.HasPrefix(value, "pit-"):
		return wire.NewError(http.StatusUnauthorized, "Invalid Private Integration token", "")
	case c.token == nil:
		return wire.NewError(http.StatusUnauthorized, "Invalid JWT", "")
	case !c.token.Expires.IsZero() && !c.now.Before(c.token.Expires):
		return wire.NewError(http.StatusUnauthorized, expiredMessage, "Unauthorized")
	default:
		return nil
	}
}

func (s *Server) checkUserType(c *call) error {
	if c.token.UserType != c.operation.userType {
		return wire.NewError(http.StatusUnauthorized, wrongUserTypeMessage, "")
	}
	return nil
}

func (s *Server) checkScope(c *call) error {
	if !slices.Contains(c.token.Scopes, c.operation.scope) {
		return wire.NewError(http.StatusUnauthorized, "The token is not authorized for this scope.", "")
	}
	return nil
}
