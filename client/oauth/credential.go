package oauth

import (
	"encoding/json"
	"time"
)

// UserType is the kind of account that a token belongs to.
type UserType string

// The two user types of the API.
const (
	UserTypeLocation UserType = "Location" // a location (sub-account): such a token can call the contact endpoints
	UserTypeCompany  UserType = "Company"  // an agency: such a token can request location tokens, but cannot call the contact endpoints
)

// Credential holds the access token and the refresh token of an app installation. The tokens are
// redacted when a Credential is printed; [Credential.Encode] writes them.
type Credential struct {
	// AccessToken is the bearer token for API calls. It is valid for a day.
	AccessToken Secret
	// RefreshToken is exchanged for the next token pair. It is valid once, for up to a year. It is
	// empty if the access token was requested with the token of an agency.
	RefreshToken Secret
	// IssuedAt is the time of the request for the token pair, and Expiry the time when the access
	// token expires, both by this machine's clock.
	IssuedAt, Expiry time.Time

	UserType   UserType
	CompanyID  string   // the agency
	LocationID string   // the location; empty for an agency
	UserID     string   // the user who installed the app
	PlanID     string   // the plan of a paid app, empty otherwise
	Scopes     []string // the permissions of the token
	// ApprovedLocations are the IDs of the locations that an agency installed the app in, if the
	// API lists them.
	ApprovedLocations []string
	// BulkInstallation reports whether an agency installed the app in many locations at once.
	BulkInstallation bool
}

// userType returns the user type, also of a credential that was stored without one, or "" if it is
// unknown.
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

// refreshAt returns the time at which the access token should be refreshed: margin before it
// expires, but not in the first nine tenths of its lifetime.
func (c Credential) refreshAt(margin time.Duration) time.Time {
	if !c.IssuedAt.IsZero() {
		margin = min(margin, c.Expiry.Sub(c.IssuedAt)/10)
	}
	return c.Expiry.Add(-margin)
}

// freshness is how the access token of a credential can be used.
type freshness int

const (
	expired freshness = iota // or rejected, or missing: a refresh is required
	due                      // usable, and a refresh should start
	fresh
)

// freshness returns how the access token can be used now. rejected is the access token that the API
// rejected, and margin how long before its expiry a token is due.
func (c Credential) freshness(rejected Secret, margin time.Duration) freshness {
	now := time.Now()
	switch {
	case c.AccessToken.IsZero() || c.AccessToken == rejected || !now.Before(c.Expiry):
		return expired
	case !now.Before(c.refreshAt(margin)):
		return due
	default:
		return fresh
	}
}

// withDefaults returns c with its empty fields copied from previous.
func (c Credential) withDefaults(previous Credential) Credential {
	if c.RefreshToken.IsZero() {
		c.RefreshToken = previous.RefreshToken
	}
	if c.UserType == "" {
		c.UserType = previous.UserType
	}
	if c.CompanyID == "" {
		c.CompanyID = previous.CompanyID
	}
	if c.LocationID == "" {
		c.LocationID = previous.LocationID
	}
	if c.UserID == "" {
		c.UserID = previous.UserID
	}
	if c.PlanID == "" {
		c.PlanID = previous.PlanID
	}
	if c.Scopes == nil {
		c.Scopes = previous.Scopes
	}
	if c.ApprovedLocations == nil {
		c.ApprovedLocations = previous.ApprovedLocations
	}
	c.BulkInstallation = c.BulkInstallation || previous.BulkInstallation
	return c
}

// encoded is the stored form of a credential, with unencrypted secrets.
type encoded struct {
	Format            int       `json:"format"`
	AccessToken       string    `json:"access_token"`
	RefreshToken      string    `json:"refresh_token,omitempty"`
	IssuedAt          time.Time `json:"issued_at"`
	Expiry            time.Time `json:"expiry"`
	UserType          UserType  `json:"user_type,omitempty"`
	CompanyID         string    `json:"company_id,omitempty"`
	LocationID        string    `json:"location_id,omitempty"`
	UserID            string    `json:"user_id,omitempty"`
	PlanID            string    `json:"plan_id,omitempty"`
	Scopes            []string  `json:"scopes,omitempty"`
	ApprovedLocations []string  `json:"approved_locations,omitempty"`
	BulkInstallation  bool      `json:"bulk_installation,omitempty"`
}

const encodedFormat = 1

// Encode returns c as JSON, for a [TokenStore]. The secrets are unencrypted, so store the data
// where only the program can read it.
func (c Credential) Encode() ([]byte, error) {
	return json.Marshal(encoded{ //nolint:gosec // storing the secrets is what this is for
		encodedFormat, c.AccessToken.Reveal(), c.RefreshToken.Reveal(), c.IssuedAt, c.Expiry, c.UserType, c.CompanyID,
		c.LocationID, c.UserID, c.PlanID, c.Scopes, c.ApprovedLocations, c.BulkInstallation,
	})
}

// DecodeCredential decodes the data that [Credential.Encode] returned. Its error matches
// [ErrInvalidCredential] and does not contain the data.
func DecodeCredential(data []byte) (Credential, error) {
	var e encoded
	if json.Unmarshal(data, &e) != nil || e.Format != encodedFormat || e.AccessToken == "" {
		return Credential{}, ErrInvalidCredential
	}
	return Credential{
		NewSecret(e.AccessToken), NewSecret(e.RefreshToken), e.IssuedAt, e.Expiry, e.UserType, e.CompanyID,
		e.LocationID, e.UserID, e.PlanID, e.Scopes, e.ApprovedLocations, e.BulkInstallation,
	}, nil
}
