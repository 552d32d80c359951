package oauth

import (
	"cmp"
	"encoding/json"
	"slices"
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
// redacted when a Credential is printed; [Credential.Encode] writes them.
type Credential struct {
	// AccessToken is the bearer token for API calls. It is valid for a day.
	AccessToken client.Secret
	// RefreshToken is exchanged for the next token pair. It is valid once, for up to a year. It is
	// empty if the access token was requested with the token of an agency.
	RefreshToken client.Secret
	// IssuedAt is the time at which the token pair was requested, by this machine's clock. Expiry
	// is the time at which the access token expires, by the same clock. A token whose Expiry is
	// zero has expired.
	IssuedAt, Expiry time.Time

	UserType   UserType // the kind of account; empty if the API does not report it
	CompanyID  string   // the agency
	LocationID string   // the location; empty for an agency
	UserID     string   // the user who installed the app
	PlanID     string   // the plan of a paid app, empty otherwise
	Scopes     []string // the permissions of the token
	// ApprovedLocations are the IDs of the locations that an agency installed the app in, if the
	// API listed them when it issued the tokens.
	ApprovedLocations []string
	// ApproveAllLocations reports whether the agency approved all of its locations, and
	// InstallToFutureLocations whether it approved those that it creates later.
	ApproveAllLocations, InstallToFutureLocations bool
	// BulkInstallation reports whether an agency installed the app in many locations at once.
	BulkInstallation bool
}

// equal reports whether two secrets hold the same string.
func equal(a, b client.Secret) bool { return a.Reveal() == b.Reveal() }

// clone returns a credential that shares no memory with c.
func (c Credential) clone() Credential {
	c.Scopes = slices.Clone(c.Scopes)
	c.ApprovedLocations = slices.Clone(c.ApprovedLocations)
	return c
}

// inferredUserType returns the user type. If it is not set, it is inferred from the IDs. It is
// empty if there are no IDs either.
func (c Credential) inferredUserType() UserType {
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

// freshness says whether an access token can be used, and whether it should be refreshed.
type freshness int

const (
	unusable freshness = iota // missing, expired or rejected by the API
	due                       // usable, but should be refreshed
	fresh                     // usable, and need not be refreshed
)

// freshness returns the freshness of the access token now. rejected is the access token that the
// API rejected. margin is how long before its expiry a token is due.
func (c Credential) freshness(rejected client.Secret, margin time.Duration) freshness {
	now := time.Now()
	switch {
	case c.AccessToken.Reveal() == "" || equal(c.AccessToken, rejected) || !now.Before(c.Expiry):
		return unusable
	case !now.Before(c.refreshAt(margin)):
		return due
	default:
		return fresh
	}
}

// withDefaults returns a copy of c whose empty fields have the values of previous.
func (c Credential) withDefaults(previous Credential) Credential {
	if c.RefreshToken.Reveal() == "" {
		c.RefreshToken = previous.RefreshToken
	}
	c.UserType = cmp.Or(c.UserType, previous.UserType)
	c.CompanyID = cmp.Or(c.CompanyID, previous.CompanyID)
	c.LocationID = cmp.Or(c.LocationID, previous.LocationID)
	c.UserID = cmp.Or(c.UserID, previous.UserID)
	c.PlanID = cmp.Or(c.PlanID, previous.PlanID)
	if c.Scopes == nil {
		c.Scopes = previous.Scopes
	}
	if c.ApprovedLocations == nil {
		c.ApprovedLocations = previous.ApprovedLocations
	}
	c.BulkInstallation = c.BulkInstallation || previous.BulkInstallation
	c.ApproveAllLocations = c.ApproveAllLocations || previous.ApproveAllLocations
	c.InstallToFutureLocations = c.InstallToFutureLocations || previous.InstallToFutureLocations
	return c
}

// encodedFormat is the version of the stored form. DecodeCredential rejects other versions.
const encodedFormat = 1

// encodedCredential is the stored form of a credential, with unencrypted secrets.
type encodedCredential struct {
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

	ApproveAllLocations      bool `json:"approve_all_locations,omitempty"`
	InstallToFutureLocations bool `json:"install_to_future_locations,omitempty"`
}

// Encode returns c as JSON, for a [TokenStore]. The secrets are unencrypted, so store the data
// where only the program can read it. [DecodeCredential] decodes it.
func (c Credential) Encode() ([]byte, error) {
	return json.Marshal(encodedCredential{
		Format:            encodedFormat,
		AccessToken:       c.AccessToken.Reveal(),
		RefreshToken:      c.RefreshToken.Reveal(),
		IssuedAt:          c.IssuedAt,
		Expiry:            c.Expiry,
		UserType:          c.UserType,
		CompanyID:         c.CompanyID,
		LocationID:        c.LocationID,
		UserID:            c.UserID,
		PlanID:            c.PlanID,
		Scopes:            c.Scopes,
		ApprovedLocations: c.ApprovedLocations,
		BulkInstallation:  c.BulkInstallation,

		ApproveAllLocations:      c.ApproveAllLocations,
		InstallToFutureLocations: c.InstallToFutureLocations,
	})
}

// DecodeCredential decodes the data that [Credential.Encode] returned. Its error matches
// [ErrInvalidCredential] and does not contain the data.
func DecodeCredential(data []byte) (Credential, error) {
	var e encodedCredential
	if json.Unmarshal(data, &e) != nil || e.Format != encodedFormat || e.AccessToken == "" {
		return Credential{}, ErrInvalidCredential
	}
	return Credential{
		AccessToken:       client.NewSecret(e.AccessToken),
		RefreshToken:      client.NewSecret(e.RefreshToken),
		IssuedAt:          e.IssuedAt,
		Expiry:            e.Expiry,
		UserType:          e.UserType,
		CompanyID:         e.CompanyID,
		LocationID:        e.LocationID,
		UserID:            e.UserID,
		PlanID:            e.PlanID,
		Scopes:            e.Scopes,
		ApprovedLocations: e.ApprovedLocations,
		BulkInstallation:  e.BulkInstallation,

		ApproveAllLocations:      e.ApproveAllLocations,
		InstallToFutureLocations: e.InstallToFutureLocations,
	}, nil
}
