package clienttest

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// UserType is what a token is for.
type UserType string

// The user types of tokens. An agency's token cannot call the contact operations; it mints location tokens.
const (
	UserTypeLocation UserType = "Location"
	UserTypeCompany  UserType = "Company"
)

// Token is an access token or private integration token that the fake accepts.
type Token struct {
	// Value is what the Authorization header carries after "Bearer ".
	Value string
	// UserType is what the token is for, UserTypeLocation by default.
	UserType UserType
	// LocationID is the location that the token opens; empty means [Server.LocationID].
	LocationID string
	// CompanyID is the agency; empty means [Server.CompanyID].
	CompanyID string
	// Scopes are what the token may do; nil means contacts.readonly, contacts.write and oauth.write.
	Scopes []string
	// Expires is the instant from which the token is refused; zero means never.
	Expires time.Time

	approved []string // the locations that an agency's token may mint tokens for; nil means all
}

// tokens are those that the fake knows, by value.
type tokens struct {
	mu    sync.RWMutex
	known map[string]*Token
}

// AddToken makes the fake accept a token, or replaces the one with the same value.
func (s *Server) AddToken(t Token) {
	if t.UserType == "" {
		t.UserType = UserTypeLocation
	}
	if t.LocationID == "" && t.UserType == UserTypeLocation {
		t.LocationID = s.LocationID
	}
	if t.CompanyID == "" {
		t.CompanyID = s.CompanyID
	}
	if t.Scopes == nil {
		t.Scopes = []string{scopeRead, scopeWrite, scopeOAuth}
	}
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	s.tokens.known[t.Value] = &t
}

// ExpireToken makes a token expire now. It reports whether there is such a token.
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

// RevokeToken makes the fake forget a token. It reports whether there was such a token.
func (s *Server) RevokeToken(value string) bool {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	_, ok := s.tokens.known[value]
	delete(s.tokens.known, value)
	return ok
}

// find returns a token, nil if it is not known. The token is not changed any more.
func (t *tokens) find(value string) *Token {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.known[value]
}

// checkToken looks for a token that is known and has not expired.
func (s *Server) checkToken(c *call) *answer {
	value, ok := strings.CutPrefix(c.request.Header.Get("Authorization"), "Bearer ")
	value = strings.TrimSpace(value)
	if !ok || value == "" {
		return s.noToken(c)
	}
	c.token = s.tokens.find(value)
	switch {
	case c.token == nil && strings.HasPrefix(value, "pit-"):
		return refuse(http.StatusUnauthorized, "Invalid Private Integration token", "")
	case c.token == nil:
		return refuse(http.StatusUnauthorized, "Invalid JWT", "")
	case !c.token.Expires.IsZero() && !c.now.Before(c.token.Expires):
		return refuse(http.StatusUnauthorized, s.behavior.ExpiredMessage, "Unauthorized")
	default:
		return nil
	}
}

func (s *Server) noToken(c *call) *answer {
	const message = "No Authorization header found for authentication!"
	if !s.behavior.OlderErrors {
		return refuse(http.StatusUnauthorized, message, "")
	}
	body := newObject(128)
	body.integer("status", http.StatusUnauthorized)
	body.text("message", message)
	body.text("traceId", c.traceID)
	a := succeed(http.StatusUnauthorized, body.end())
	return &a
}

func (s *Server) checkUserType(c *call) *answer {
	if c.token.UserType != c.operation.userType {
		return refuse(http.StatusUnauthorized, s.behavior.WrongUserTypeMessage, "")
	}
	return nil
}

func (s *Server) checkScope(c *call) *answer {
	if !slices.Contains(c.token.Scopes, c.operation.scope) {
		return refuse(http.StatusUnauthorized, "The token is not authorized for this scope.", "")
	}
	return nil
}
