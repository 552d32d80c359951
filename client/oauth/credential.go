package oauth

import (
	"encoding/json"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// UserType is the kind of account that a token belongs to.
type UserType string

// The two user types of the API.
const (
	// UserTypeLocation is a location (sub-account). Its tokens can call the contact endpoints.
	UserTypeLocation UserType = "Location"
	// UserTypeCompany is an agency. Its tokens can request tokens of locations, but cannot call the
	// contact endpoints.
	UserTypeCompany UserType = "Company"
)

// Credential holds the access token and the refresh token of an app installation. The tokens are
// redacted when a Credential is printed, and package json omits them. [Credential.Encode] writes
// them.
type Credential struct {
	// AccessToken is the bearer token for API calls. It is valid for a day.
	AccessToken client.Secret `json:"-"`
	// RefreshToken is exchanged for the next token pair. It is valid once, for up to a year. It is
	// empty if the access token was requested with the token of an agency.
	RefreshToken client.Secret `json:"-"`
	// IssuedAt is the time at which the token pair was requested, by this machine's clock. Expiry
	// is the time at which the access token expires, by the same clock. A token whose Expiry is
	// zero has expired.
	IssuedAt time.Time `json:"issued_at"`
	Expiry   time.Time `json:"expiry"`

	UserType   UserType `json:"user_type,omitempty"`   // the kind of account; empty if the API does not report it
	CompanyID  string   `json:"company_id,omitempty"`  // the agency
	LocationID string   `json:"location_id,omitempty"` // the location; empty for an agency
	UserID     string   `json:"user_id,omitempty"`     // the user who installed the app
	PlanID     string   `json:"plan_id,omitempty"`     // the plan of a paid app, empty otherwise
	Scopes     []string `json:"scopes,omitempty"`      // the permissions of the token
	// ApprovedLocations are the IDs of the locations that an agency installed the app in, if the
	// API listed them when it issued the tokens.
	ApprovedLocations []string `json:"approved_locations,omitempty"`
	// BulkInstallation reports whether an agency installed the app in many locations at once.
	BulkInstallation bool `json:"bulk_installation,omitempty"`
	// ApproveAllLocations reports whether the agency approved all of its locations, and
	// InstallToFutureLocations whether it approved those that it creates later.
	ApproveAllLocations      bool `json:"approve_all_locations,omitempty"`
	InstallToFutureLocations bool `json:"install_to_future_locations,omitempty"`
}

// equal reports whether two secrets hold the same string.
func equal(a, b client.Secret) bool { return a.Reveal() == b.Reveal() }

// inferredUserType returns the user type. If it is not set, it is inferred from the IDs. It is
// empty if there are no IDs either.
func (c Credential) inferredUserType() UserType {
	switch {
	case c.UserType == "" && c.LocationID != "":
		return UserTypeLocation
	case c.UserType == "" && c.CompanyID != "":
		return UserTypeCompany
	}
	return c.UserType
}

// refreshAt returns the time at which the access token should be refreshed: margin before it
// expires, but not in the first nine tenths of its lifetime.
func (c Credential) refreshAt(margin time.Duration) time.Time {
	if !c.IssuedAt.IsZero() {
		margin = min(margin, c.Expiry.Sub(c.IssuedAt)/10)
	}
	return c.Expiry.Add(-margin)
}

// isUsable reports whether the API accepts the access token. rejected is the access token that the
// API rejected.
func (c Credential) isUsable(rejected client.Secret) bool {
	return c.AccessToken.Reveal() != "" && !equal(c.AccessToken, rejected) && time.Now().Before(c.Expiry)
}

// isFresh reports whether the access token can be used without a refresh. margin is how long before
// its expiry a token should be refreshed.
func (c Credential) isFresh(rejected client.Secret, margin time.Duration) bool {
	return c.isUsable(rejected) && time.Now().Before(c.refreshAt(margin))
}

// encodedFormat is the version of the stored form. DecodeCredential rejects other versions.
const encodedFormat = 1

// encodedCredential is the stored form of a credential, with unencrypted secrets.
type encodedCredential struct {
	Format       int    `json:"format"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Credential
}

// Encode returns c as JSON, for a [TokenStore]. The secrets are unencrypted, so store the data
// where only the program can read it. [DecodeCredential] decodes it.
func (c Credential) Encode() ([]byte, error) {
	return json.Marshal(encodedCredential{
		Format: encodedFormat, AccessToken: c.AccessToken.Reveal(), RefreshToken: c.RefreshToken.Reveal(), Credential: c,
	})
}

// DecodeCredential decodes the data that [Credential.Encode] returned. Its error matches
// [ErrInvalidCredential] and does not contain the data.
func DecodeCredential(data []byte) (Credential, error) {
	var e encodedCredential
	if json.Unmarshal(data, &e) != nil || e.Format != encodedFormat || e.AccessToken == "" {
		return Credential{}, ErrInvalidCredential
	}
	e.Credential.AccessToken, e.Credential.RefreshToken = client.NewSecret(e.AccessToken), client.NewSecret(e.RefreshToken)
	return e.Credential, nil
}
