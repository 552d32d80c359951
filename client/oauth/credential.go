package oauth

import (
	"time"
)

// UserType tells whom a token stands for. The API asks for it and checks it.
type UserType string

// The two user types of the API.
const (
	UserTypeLocation UserType = "Location" // a location (sub-account): such a token may call contacts
	UserTypeCompany  UserType = "Company"  // an agency: such a token may not call contacts, but gets location tokens
)

// Credential is what an installation of the app is worth: an access token, and the refresh token that gets the next pair. It
// prints without its secrets; [Credential.Encode] writes them.
type Credential struct {
	// AccessToken is the bearer token of the API's calls. It lives for a day.
	AccessToken Secret
	// RefreshToken gets the next pair, once. It lives for a year. A location token made from an agency's has none.
	RefreshToken Secret
	// IssuedAt is when the pair was asked for, and Expiry when the access token ends, both by this machine's clock.
	IssuedAt, Expiry time.Time

	UserType   UserType
	CompanyID  string   // the agency
	LocationID string   // the location; empty for an agency
	UserID     string   // the person who installed the app
	PlanID     string   // the plan of a paid app, empty otherwise
	Scopes     []string // what the token may do
	// ApprovedLocations are the locations that an agency installed the app in, if the API told them.
	ApprovedLocations []string
	// BulkInstallation tells whether an agency installed the app in many locations at once.
	BulkInstallation bool
}

// userType tells the user type, also of a credential that was stored without; empty if there is no telling.
func (c Credential) userType() UserType {
	switch {
	case c.UserType != "":
		return c.UserType
	case c.LocationID != "":
		return UserTypeLocation
	case c.CompanyID != "":
		return UserTypeCompany
	default:
		return ""
	}
}

// dueAt is when the access token is to be renewed: margin before it ends, but never in the first nine tenths of its life, so
// that one of a short life does not count as due from the start.
func (c Credential) dueAt(margin time.Duration) time.Time {
	if !c.IssuedAt.IsZero() {
		margin = min(margin, c.Expiry.Sub(c.IssuedAt)/10)
	}
	return c.Expiry.Add(-margin)
}

// after returns c with what it does not tell taken from the credential before it.
func (c Credential) after(before Credential) Credential {
	if c.RefreshToken.IsZero() {
		c.RefreshToken = before.RefreshToken
	}
	if c.UserType == "" {
		c.UserType = before.UserType
	}
	if c.CompanyID == "" {
		c.CompanyID = before.CompanyID
	}
	if c.LocationID == "" {
		c.LocationID = before.LocationID
	}
	if c.UserID == "" {
		c.UserID = before.UserID
	}
	if c.PlanID == "" {
		c.PlanID = before.PlanID
	}
	if c.Scopes == nil {
		c.Scopes = before.Scopes
	}
	if c.ApprovedLocations == nil {
		c.ApprovedLocations = before.ApprovedLocations
	}
	c.BulkInstallation = c.BulkInstallation || before.BulkInstallation
	return c
}
