package oauth

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

const (
	maxTokenBody = 8 << 20  // in bytes; the response for an agency lists its locations
	maxErrorBody = 64 << 10 // in bytes
)

// readResponse decodes the credential in the response to r, which was sent at sentAt. A non-2xx
// response is returned as an [*Error].
func readResponse(resp *http.Response, r tokenRequest, sentAt time.Time) (Credential, error) {
	if resp.StatusCode/100 != 2 {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // an incomplete body does not change the status
		message := errorMessage(body)
		retryAfter, _ := httpx.RetryAfter(resp.Header)
		return Credential{}, &Error{
			Operation: r.operation, StatusCode: resp.StatusCode, Message: redact.Message(message, r.secrets...),
			RetryAfter: retryAfter,
			reinstall:  r.operation == operationAccessToken && isInvalidGrant(resp.StatusCode, message),
		}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenBody+1))
	if err != nil {
		return Credential{}, newTransportError(err, r.secrets)
	}
	if len(body) > maxTokenBody {
		return Credential{}, errTooLarge
	}
	credential, ok := parseTokenResponse(httpx.TrimBOM(body), sentAt)
	if !ok {
		return Credential{}, fmt.Errorf("status %d: %w", resp.StatusCode, errNoToken)
	}
	return credential, nil
}

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
		AccessToken:       NewSecret(m.text("access_token")),
		RefreshToken:      NewSecret(m.text("refresh_token")),
		IssuedAt:          sentAt,
		Expiry:            sentAt.Add(m.expiresIn()),
		UserType:          UserType(m.text("userType")),
		CompanyID:         m.text("companyId"),
		LocationID:        m.text("locationId"),
		UserID:            m.text("userId"),
		PlanID:            m.text("planId"),
		Scopes:            m.stringList("scope"),
		ApprovedLocations: m.stringList("approvedLocations"),
		BulkInstallation:  string(m["isBulkInstallation"]) == "true",
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

// errorMessage returns the message of an error response, from its properties error,
// error_description and message. It returns "" if the body is not a JSON object.
func errorMessage(body []byte) string {
	var m jsonObject
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
