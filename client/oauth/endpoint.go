package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

const (
	attemptTimeout   = 8 * time.Second // three attempts fit into the 30 seconds of a refresh token
	maxTokenResponse = 8 << 20         // the response of an agency lists its locations
	maxErrorBody     = 64 << 10

	locationTokenVersion = "2021-07-28"
)

// request is a request to a token endpoint.
type request struct {
	operation string
	path      string
	header    http.Header
	form      url.Values
	secrets   []string // redacted in errors
}

// requestToken requests a token pair. Values that the response lacks are copied from the previous
// credential.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/oauth/get-access-token.
func (a *App) requestToken(ctx context.Context, form url.Values, before Credential) (Credential, error) {
	form.Set("client_id", a.config.ClientID)
	form.Set("client_secret", a.config.ClientSecret.Reveal())
	if before.UserType != "" {
		form.Set("user_type", string(before.UserType))
	}
	next, err := a.sendWithRetry(ctx, request{
		operation: getAccessToken, path: "/oauth/token", form: form,
		secrets: []string{form.Get("client_secret"), form.Get("code"), form.Get("refresh_token")},
	})
	if err != nil {
		return Credential{}, err
	}
	return next.after(before), nil
}

// requestLocationToken requests a token of a location with the access token of its agency.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/oauth/get-location-access-token.
func (a *App) requestLocationToken(ctx context.Context, agency Credential, locationID string) (Credential, error) {
	next, err := a.sendWithRetry(ctx, request{
		operation: getLocationAccessToken, path: "/oauth/locationToken",
		header:  http.Header{"Version": {locationTokenVersion}, "Authorization": {"Bearer " + agency.AccessToken.Reveal()}},
		form:    url.Values{"companyId": {agency.CompanyID}, "locationId": {locationID}},
		secrets: []string{agency.AccessToken.Reveal()},
	})
	if err != nil {
		return Credential{}, err
	}
	next.RefreshToken = Secret{} // the next one is requested with the agency's token
	return next.after(Credential{UserType: UserTypeLocation, CompanyID: agency.CompanyID, LocationID: locationID}), nil
}

// attempt sends a request once. sent reports whether the API may have received it.
func (a *App) attempt(ctx context.Context, r request) (credential Credential, sent bool, err error) {
	limited, cancel := context.WithTimeoutCause(ctx, attemptTimeout, errTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodPost, a.base+r.path, strings.NewReader(r.form.Encode()))
	if err != nil {
		return Credential{}, false, newTransportError(err, r.secrets)
	}
	maps.Copy(req.Header, r.header)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("User-Agent", httpx.UserAgent(client.Version))
	req.GetBody = nil // net/http sends a request with GetBody again by itself, and a refresh token is used once
	req, trace := httpx.Trace(req)
	defer trace.Close()

	asked := time.Now()
	resp, err := a.endpoint.Do(req)
	if err != nil {
		return Credential{}, trace.MaybeSent(), asTimeout(ctx, limited, newTransportError(trace.Err(err), r.secrets))
	}
	defer resp.Body.Close()
	credential, err = readResponse(resp, r, asked)
	return credential, true, asTimeout(ctx, limited, err)
}

// asTimeout returns errTimeout if the attempt's own deadline caused err, and err otherwise.
func asTimeout(ctx, limited context.Context, err error) error {
	if err != nil && statusOf(err) == 0 && ctx.Err() == nil && limited.Err() != nil {
		return errTimeout
	}
	return err
}

// readResponse reads a response of bounded size.
func readResponse(resp *http.Response, r request, asked time.Time) (Credential, error) {
	if resp.StatusCode/100 != 2 {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // an error response has its status, even if its body is incomplete
		message := errorMessage(body)
		return Credential{}, &Error{
			Operation: r.operation, StatusCode: resp.StatusCode, Message: sanitize(message, r.secrets),
			RetryAfter: httpx.RetryAfter(resp.Header),
			reinstall:  r.operation == getAccessToken && isInvalidGrant(resp.StatusCode, message),
		}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenResponse+1))
	if err != nil {
		return Credential{}, newTransportError(err, r.secrets)
	}
	if len(body) > maxTokenResponse {
		return Credential{}, fmt.Errorf("%s: %w", r.operation, errTooLarge)
	}
	credential, ok := parseTokenResponse(httpx.TrimBOM(body), asked)
	if !ok {
		return Credential{}, fmt.Errorf("%s: %d: %w", r.operation, resp.StatusCode, errNoToken)
	}
	return credential, nil
}

const (
	// retryWindow is how long a request is retried. For 30 seconds after a refresh token was first
	// used, the API returns the same token pair for it; a lost response must be requested again
	// before that.
	retryWindow = 25 * time.Second
	// maxUnsentAttempts is how often a request is attempted that did not leave this machine.
	maxUnsentAttempts = 3

	minRetryDelay = 200 * time.Millisecond
	maxRetryDelay = 3 * time.Second
)

// sendWithRetry sends r, and retries timeouts, broken connections, 5xx, 408, 425, 429 and
// unreadable 2xx responses, for no longer than retryWindow. Any other response is final.
func (a *App) sendWithRetry(ctx context.Context, r request) (Credential, error) {
	start, unsent := time.Now(), 0
	for attempt := 1; ; attempt++ {
		credential, sent, err := a.attempt(ctx, r)
		a.logAttempt(ctx, r, attempt, err)
		if err == nil {
			return credential, nil
		}
		if !sent {
			unsent++
		}
		delay, retry := retryDelay(err, attempt, unsent)
		if !retry || ctx.Err() != nil || time.Since(start)+delay > retryWindow-attemptTimeout {
			return Credential{}, fmt.Errorf("oauth: %w", withOperation(r, err))
		}
		if err := sleep(ctx, delay); err != nil {
			return Credential{}, fmt.Errorf("oauth: %w", withOperation(r, err))
		}
	}
}

// retryDelay reports whether a request may be retried after attempt failed with err, and how long
// to wait first: as long as the API asks, and at least an exponential delay with jitter.
func retryDelay(err error, attempt, unsent int) (time.Duration, bool) {
	delay := min(minRetryDelay<<min(attempt-1, 8), maxRetryDelay)
	delay += rand.N(delay) - delay/2 //nolint:gosec // jitter need not be secret
	if apiErr, ok := errors.AsType[*Error](err); ok {
		return max(delay, apiErr.RetryAfter), apiErr.temporary()
	}
	return delay, unsent < maxUnsentAttempts
}

// sleep waits until the delay is over or ctx is done.
func sleep(ctx context.Context, delay time.Duration) error {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// withOperation puts the operation in front of an error that does not name it.
func withOperation(r request, err error) error {
	if strings.HasPrefix(err.Error(), r.operation) {
		return err
	}
	return fmt.Errorf("%s: %w", r.operation, err)
}

func (a *App) logAttempt(ctx context.Context, r request, attempt int, err error) {
	attrs := []slog.Attr{slog.String("operation", r.operation), slog.Int("attempt", attempt)}
	if err == nil {
		a.logger.LogAttrs(ctx, slog.LevelDebug, "oauth: received a token", attrs...)
		return
	}
	a.logger.LogAttrs(ctx, slog.LevelWarn, "oauth: token request failed", append(attrs, slog.Int("status", statusOf(err)))...)
}

// statusOf returns the status of the error response err, or 0 if err is another error.
func statusOf(err error) int {
	if apiErr, ok := errors.AsType[*Error](err); ok {
		return apiErr.StatusCode
	}
	return 0
}

// jsonObject is a JSON object with raw properties, so that one of an unexpected type does not lose
// the tokens.
type jsonObject map[string]json.RawMessage

// parseTokenResponse decodes the response of a token endpoint. Lifetimes start at the time of the
// request. ok is false if there is no access token.
func parseTokenResponse(body []byte, asked time.Time) (credential Credential, ok bool) {
	var m jsonObject
	if json.Unmarshal(body, &m) != nil {
		return Credential{}, false
	}
	asked = asked.Round(0) // by the wall clock, which goes on while the machine sleeps
	credential = Credential{
		AccessToken:       NewSecret(m.text("access_token")),
		RefreshToken:      NewSecret(m.text("refresh_token")),
		IssuedAt:          asked,
		Expiry:            asked.Add(m.expiresIn()),
		UserType:          UserType(m.text("userType")),
		CompanyID:         m.text("companyId"),
		LocationID:        m.text("locationId"),
		UserID:            m.text("userId"),
		PlanID:            m.text("planId"),
		Scopes:            m.stringList("scope"),
		ApprovedLocations: m.stringList("approvedLocations"),
		BulkInstallation:  string(m["isBulkInstallation"]) == "true",
	}
	return credential, !credential.AccessToken.IsZero()
}

// text returns a property that is a string or a number.
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

// stringList returns a property that is a list of strings, or a string of words.
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

// expiresIn returns the lifetime of the access token, or one hour if expires_in is missing or
// invalid.
func (m jsonObject) expiresIn() time.Duration {
	const longest = 10 * 365 * 24 * time.Hour
	seconds, err := strconv.ParseFloat(m.text("expires_in"), 64)
	if err != nil || math.IsNaN(seconds) || seconds <= 0 {
		return time.Hour
	}
	return time.Duration(min(seconds, longest.Seconds()) * float64(time.Second))
}

// errorMessage returns the message of an error response: error and error_description, or message.
// It returns "" if the body is not JSON.
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

// withoutRedirects returns a copy of httpClient that does not follow redirects, which would send
// the client secret to another address.
func withoutRedirects(httpClient *http.Client) *http.Client {
	var endpoint http.Client
	if httpClient != nil {
		endpoint = *httpClient
	}
	if endpoint.Transport == nil {
		endpoint.Transport = http.DefaultTransport
	}
	endpoint.Transport = noRedirects{endpoint.Transport}
	return &endpoint
}

// noRedirects removes the Location header from responses, so that http.Client neither follows it
// nor quotes it in an error.
type noRedirects struct{ transport http.RoundTripper }

// RoundTrip sends req.
func (n noRedirects) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := n.transport.RoundTrip(req)
	if err == nil {
		resp.Header.Del("Location")
	}
	return resp, err
}

// secretLike matches email addresses, and words of 16 characters or more that may be tokens or
// codes.
var secretLike = regexp.MustCompile(`[^\s"'<>]*@[^\s"'<>]+|[\w.~+/=-]{16,}`)

// plainWord matches words that are not secret, such as authorization_code or redirect_uri.
var plainWord = regexp.MustCompile(`^[a-z_.-]{1,32}$`)

// sanitize returns untrusted text as one short line, without the secrets that were sent and without
// words that look like a token or a code.
func sanitize(text string, secrets []string) string {
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			text = strings.ReplaceAll(text, form, redacted)
		}
	}
	text = secretLike.ReplaceAllStringFunc(text, func(word string) string {
		if plainWord.MatchString(word) {
			return word
		}
		return redacted
	})
	return redact.Text(text)
}
