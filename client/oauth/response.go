package oauth

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
)

// jsonObject is a JSON object with raw properties, so that the tokens can be read even if another
// property has an unexpected type.
type jsonObject map[string]json.RawMessage

// parseTokenResponse decodes the body of a 2xx response. The lifetime of the access token starts at
// sentAt. ok is false if the body has no access token.
func parseTokenResponse(body []byte, sentAt time.Time) (credential Credential, ok bool) {
	var m jsonObject
	if json.Unmarshal(body, &m) != nil {
		return Credential{}, false
	}
	// Use the wall clock, because the monotonic clock may stop while the machine is suspended.
	sentAt = sentAt.Round(0)
	credential = Credential{
		AccessToken:       client.NewSecret(m.text("access_token")),
		RefreshToken:      client.NewSecret(m.text("refresh_token")),
		IssuedAt:          sentAt,
		Expiry:            sentAt.Add(m.expiresIn()),
		UserType:          UserType(m.text("userType")),
		CompanyID:         m.text("companyId"),
		LocationID:        m.text("locationId"),
		UserID:            m.text("userId"),
		PlanID:            m.text("planId"),
		Scopes:            m.stringList("scope"),
		ApprovedLocations: m.stringList("approvedLocations"),
		BulkInstallation:  m.isTrue("isBulkInstallation"),

		ApproveAllLocations:      m.isTrue("approveAllLocations"),
		InstallToFutureLocations: m.isTrue("installToFutureLocations"),
	}
	return credential, m.text("access_token") != ""
}

// text returns the value of a property that is a string or a number, and "" otherwise.
func (m jsonObject) text(name string) string {
	var text string
	if json.Unmarshal(m[name], &text) == nil {
		return text
	}
	var number json.Number
	if json.Unmarshal(m[name], &number) == nil {
		return number.String()
	}
	return ""
}

// isTrue reports whether the value of a property is true.
func (m jsonObject) isTrue(name string) bool { return string(m[name]) == "true" }

// stringList returns the value of a property that is a list of strings, or the words of a property
// that is a string. It returns nil otherwise.
func (m jsonObject) stringList(name string) []string {
	var words []string
	if json.Unmarshal(m[name], &words) == nil {
		return words
	}
	if text := m.text(name); text != "" {
		return strings.Fields(text)
	}
	return nil
}

// expiresIn returns the lifetime of the access token. It is one hour if expires_in is missing or
// invalid, and at most ten years.
func (m jsonObject) expiresIn() time.Duration {
	const longest = 10 * 365 * 24 * time.Hour
	seconds, err := strconv.ParseFloat(m.text("expires_in"), 64)
	if err != nil || math.IsNaN(seconds) || seconds <= 0 {
		return time.Hour
	}
	return time.Duration(min(seconds, longest.Seconds()) * float64(time.Second))
}

// errorMessages returns the messages of an error response, from its properties error,
// error_description and message. It returns none if the body is not a JSON object.
func errorMessages(body []byte) []string {
	var m jsonObject
	if json.Unmarshal(httpx.TrimBOM(body), &m) != nil {
		return nil
	}
	messages := []string{m.text("error"), m.text("error_description"), m.text("message")}
	var list []string
	if json.Unmarshal(m["message"], &list) == nil {
		messages = append(messages, list...)
	}
	return slices.DeleteFunc(messages, func(message string) bool { return message == "" })
}
