package oauth

import (
	"encoding/json"
	"time"
)

// encoded is a credential as it is stored, secrets in the clear.
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

// Encode returns c as JSON with its secrets in the clear, for a [TokenStore]. Store it where nobody else reads.
func (c Credential) Encode() ([]byte, error) {
	return json.Marshal(encoded{ //nolint:gosec // storing the secrets is what this is for
		encodedFormat, c.AccessToken.Reveal(), c.RefreshToken.Reveal(), c.IssuedAt, c.Expiry, c.UserType, c.CompanyID,
		c.LocationID, c.UserID, c.PlanID, c.Scopes, c.ApprovedLocations, c.BulkInstallation,
	})
}

// DecodeCredential reads what [Credential.Encode] wrote. Its error holds nothing of data.
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
