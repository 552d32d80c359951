package oauth

import (
	"bytes"
	"cmp"
	"encoding/json"
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

// parseObject decodes a body. It returns nil if the body is not a JSON object.
func parseObject(body []byte) (m jsonObject) {
	if json.Unmarshal(httpx.TrimBOM(body), &m) != nil {
		return nil
	}
	return m
}

// credential returns previous with the values of a response. The lifetime of the access token
// starts at sentAt.
func (m jsonObject) credential(previous Credential, sentAt time.Time) Credential {
	// Use the wall clock, because the monotonic clock may stop while the machine is suspended.
	sentAt = sentAt.Round(0)
	c := previous
	c.AccessToken = client.NewSecret(m.text("access_token"))
	if token := m.text("refresh_token"); token != "" {
		c.RefreshToken = client.NewSecret(token)
	}
	c.IssuedAt, c.Expiry = sentAt, sentAt.Add(m.expiresIn())
	c.UserType = cmp.Or(UserType(m.text("userType")), c.UserType)
	c.CompanyID = cmp.Or(m.text("companyId"), c.CompanyID)
	c.LocationID = cmp.Or(m.text("locationId"), c.LocationID)
	c.UserID = cmp.Or(m.text("userId"), c.UserID)
	c.PlanID = cmp.Or(m.text("planId"), c.PlanID)
	if scopes := m.stringList("scope"); scopes != nil {
		c.Scopes = scopes
	}
	if locations := m.stringList("approvedLocations"); locations != nil {
		c.ApprovedLocations = locations
	}
	c.BulkInstallation = c.BulkInstallation || m.text("isBulkInstallation") == "true"
	c.ApproveAllLocations = c.ApproveAllLocations || m.text("approveAllLocations") == "true"
	c.InstallToFutureLocations = c.InstallToFutureLocations || m.text("installToFutureLocations") == "true"
	return c
}

// text returns the value of a property that is a string, a number or a Boolean, and "" otherwise.
func (m jsonObject) text(name string) string {
	var text string
	if json.Unmarshal(m[name], &text) == nil || bytes.ContainsAny(m[name], "[{") {
		return text
	}
	return string(m[name])
}

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
	if seconds, _ := strconv.ParseFloat(m.text("expires_in"), 64); seconds > 0 {
		return time.Duration(min(seconds, longest.Seconds()) * float64(time.Second))
	}
	return time.Hour
}

// messages returns the messages of an error response, from its properties error,
// error_description and message.
func (m jsonObject) messages() []string {
	messages := []string{m.text("error"), m.text("error_description"), m.text("message")}
	var list []string
	if json.Unmarshal(m["message"], &list) == nil {
		messages = append(messages, list...)
	}
	return slices.DeleteFunc(messages, func(message string) bool { return message == "" })
}
