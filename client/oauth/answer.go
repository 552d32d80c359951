package oauth

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// members are the members of a JSON object. Each is read by itself, so that one of an odd type does not lose the tokens.
type members map[string]json.RawMessage

// parseAnswer reads the answer of a token endpoint. Times count from when it was asked for. ok is false without an access token.
func parseAnswer(body []byte, asked time.Time) (credential Credential, ok bool) {
	var m members
	if json.Unmarshal(body, &m) != nil {
		return Credential{}, false
	}
	asked = asked.Round(0) // by the wall clock, which goes on while the machine sleeps
	credential = Credential{
		AccessToken:       NewSecret(m.text("access_token")),
		RefreshToken:      NewSecret(m.text("refresh_token")),
		IssuedAt:          asked,
		Expiry:            asked.Add(m.life()),
		UserType:          UserType(m.text("userType")),
		CompanyID:         m.text("companyId"),
		LocationID:        m.text("locationId"),
		UserID:            m.text("userId"),
		PlanID:            m.text("planId"),
		Scopes:            m.words("scope"),
		ApprovedLocations: m.words("approvedLocations"),
		BulkInstallation:  string(m["isBulkInstallation"]) == "true",
	}
	return credential, !credential.AccessToken.IsZero()
}

// text returns a member that is a string, or a number as it stands.
func (m members) text(name string) string {
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

// words returns a member that is a list of strings, or one string of words.
func (m members) words(name string) []string {
	var words []string
	if json.Unmarshal(m[name], &words) == nil {
		return words
	}
	if text := m.text(name); text != "" {
		return strings.Fields(text)
	}
	return nil
}

// life tells how long the access token lives. The API says 86399 seconds; an hour is assumed if it says nothing of use.
func (m members) life() time.Duration {
	const longest = 10 * 365 * 24 * time.Hour
	seconds, err := strconv.ParseFloat(m.text("expires_in"), 64)
	if err != nil || math.IsNaN(seconds) || seconds <= 0 {
		return time.Hour
	}
	return time.Duration(min(seconds, longest.Seconds()) * float64(time.Second))
}

// refusalWords returns what the API says in an error's body: error and error_description, or message, or nothing if it is not
// JSON.
func refusalWords(body []byte) string {
	var m members
	if json.Unmarshal(body, &m) != nil {
		return ""
	}
	var texts []string
	for _, name := range []string{"error", "error_description"} {
		if text := m.text(name); text != "" {
			texts = append(texts, text)
		}
	}
	var list []string
	if json.Unmarshal(m["message"], &list) == nil {
		texts = append(texts, list...)
	} else if text := m.text("message"); text != "" {
		texts = append(texts, text)
	}
	return strings.Join(texts, ": ")
}
