package clienttest

import (
	"cmp"
	"time"
)

// scopeOAuth lets an agency's token mint location tokens.
const scopeOAuth = "oauth.write"

// App is the marketplace app that OAuth signs people into. The zero value of each member is a default.
type App struct {
	ClientID     string
	ClientSecret string
	// RedirectURI is the only redirect_uri that the consent page accepts; empty accepts any.
	RedirectURI string
	// TokenLife is how long an access token is good, a day by default. Answers say a second less.
	TokenLife time.Duration
	// RefreshLife is how long a refresh token that is not used is good, a year by default.
	RefreshLife time.Duration
	// RefreshGrace is how long a used refresh token is answered with the same pair again, 30 seconds by default.
	RefreshGrace time.Duration
	// LocationRefreshToken makes /oauth/locationToken answer a refresh token too. The API has been seen to leave it out.
	LocationRefreshToken bool
}

// WithApp describes the app that OAuth signs people into.
func WithApp(a App) Option {
	return func(c *config) error {
		c.app = a
		return nil
	}
}

func (a App) withDefaults() App {
	a.ClientID = cmp.Or(a.ClientID, "60e1f3f2a8b7c40001a1b2c3-kq2x9d1e")
	a.ClientSecret = cmp.Or(a.ClientSecret, "0b7f6b1e-7d0c-4f5a-8a58-7c1f0f6f2a11")
	a.TokenLife = cmp.Or(a.TokenLife, 24*time.Hour)
	a.RefreshLife = cmp.Or(a.RefreshLife, 365*24*time.Hour)
	a.RefreshGrace = cmp.Or(a.RefreshGrace, 30*time.Second)
	return a
}

// Grant is what a person agreed to on the consent page.
type Grant struct {
	// UserType is what the tokens are for, UserTypeLocation by default.
	UserType UserType
	// LocationID is the location of location tokens; empty means [Server.LocationID].
	LocationID string
	// CompanyID is the agency; empty means [Server.CompanyID].
	CompanyID string
	// ApprovedLocations are the locations that an agency's token may mint tokens for; nil means all of the agency.
	ApprovedLocations []string
	// UserID is the person.
	UserID string
	// Scopes are what the tokens may do; nil means contacts.readonly, contacts.write and oauth.write.
	Scopes []string
}

func (s *Server) grantDefaults(g Grant) Grant {
	g.UserType = cmp.Or(g.UserType, UserTypeLocation)
	g.CompanyID = cmp.Or(g.CompanyID, s.CompanyID)
	g.UserID = cmp.Or(g.UserID, "y0BeYjuRIlDwsDcOHOJo")
	if g.UserType == UserTypeLocation {
		g.LocationID = cmp.Or(g.LocationID, s.LocationID)
	}
	if g.Scopes == nil {
		g.Scopes = []string{scopeRead, scopeWrite, scopeOAuth}
	}
	return g
}
