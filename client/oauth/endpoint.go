package oauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/ctxtime"
	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

// The paths of the operations that this package calls: the vendor's get-access-token and
// get-location-access-token.
const (
	tokenPath         = "/oauth/token"         //nolint:gosec // a path, not a token
	locationTokenPath = "/oauth/locationToken" //nolint:gosec // a path, not a token
)

// locationTokenVersion is the Version header of locationTokenPath. The other path has none.
const locationTokenVersion = "2021-07-28"

const (
	// attemptTimeout is the time limit of one attempt. Three attempts fit into retryWindow.
	attemptTimeout = 8 * time.Second
	// retryWindow is the time limit of a request with its retries. It is shorter than the 30 seconds
	// after the first use of a refresh token in which the API returns the same pair again, so a
	// retry still receives a pair whose first response was lost.
	retryWindow = 25 * time.Second
	// maxUnsentAttempts is the maximum number of attempts if none of them could send the request,
	// for example because there is no network.
	maxUnsentAttempts = 3

	minRetryDelay = 300 * time.Millisecond // limit of the first delay; three attempts fit into retryWindow
	maxRetryDelay = 3 * time.Second

	maxBody = 8 << 20 // in bytes; the response for an agency lists its locations
)

// tokenRequest is a request to a token endpoint.
type tokenRequest struct {
	operation string // Go name of the method that the program called
	path      string
	header    http.Header
	form      url.Values
	previous  Credential // the values that the response does not set
	secrets   []string   // the secrets in the request, which are redacted in errors
}

// requestToken requests a token pair.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/oauth/get-access-token.
func (a *App) requestToken(ctx context.Context, operation string, form url.Values, previous Credential) (Credential, error) {
	form.Set("client_id", a.config.ClientID)
	form.Set("client_secret", a.config.ClientSecret.Reveal())
	if previous.UserType != "" {
		form.Set("user_type", string(previous.UserType))
	}
	return a.sendWithRetry(ctx, tokenRequest{
		operation: operation, path: tokenPath, form: form, previous: previous,
		secrets: []string{form.Get("client_secret"), form.Get("code"), form.Get("refresh_token")},
	})
}

// requestLocationToken requests a token of a location with the access token of its agency.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/oauth/get-location-access-token.
func (a *App) requestLocationToken(ctx context.Context, agency Credential, locationID string) (Credential, error) {
	return a.sendWithRetry(ctx, tokenRequest{
		operation: "Source.Token", path: locationTokenPath,
		header:   http.Header{"Version": {locationTokenVersion}, "Authorization": {"Bearer " + agency.AccessToken.Reveal()}},
		form:     url.Values{"companyId": {agency.CompanyID}, "locationId": {locationID}},
		previous: Credential{UserType: UserTypeLocation, CompanyID: agency.CompanyID, LocationID: locationID},
		secrets:  []string{agency.AccessToken.Reveal()},
	})
}

// sendWithRetry sends r and decodes the response. It retries after timeouts, broken connections,
// unreadable 2xx responses, and the statuses 408, 425, 429 and 5xx. It returns within retryWindow.
func (a *App) sendWithRetry(ctx context.Context, r tokenRequest) (Credential, error) {
	start, anySent := time.Now(), false
	for attempt := 1; ; attempt++ {
		credential, sent, err := a.attempt(ctx, r)
		a.logAttempt(ctx, r, attempt, err)
		if err == nil {
			return credential, nil
		}
		anySent = anySent || sent
		delay := rand.N(httpx.Backoff(minRetryDelay, maxRetryDelay, attempt)) //nolint:gosec // jitter need not be secret
		apiErr, hasResponse := errors.AsType[*client.Error](err)
		if hasResponse {
			delay, err = max(delay, apiErr.RetryAfter), fmt.Errorf("oauth: %w", err)
		} else {
			err = fmt.Errorf("oauth: %s: %w", r.operation, err)
		}
		if hasResponse && !isTemporary(apiErr) || !anySent && attempt == maxUnsentAttempts || ctx.Err() != nil ||
			time.Since(start)+delay > retryWindow-attemptTimeout || ctxtime.Sleep(ctx, delay) != nil {
			return Credential{}, err
		}
	}
}

// attempt sends a request once. sent reports whether the API may have received it.
func (a *App) attempt(ctx context.Context, r tokenRequest) (credential Credential, sent bool, err error) {
	attemptCtx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(attemptCtx, http.MethodPost, a.config.BaseURL+r.path, strings.NewReader(r.form.Encode()))
	if err != nil {
		return Credential{}, false, redact.Error(err, r.secrets...)
	}
	maps.Copy(req.Header, r.header)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("User-Agent", httpx.UserAgent())
	req.GetBody = nil // net/http resends requests that have GetBody, but a refresh token is valid once
	req, trace := httpx.Trace(req)
	defer trace.Close()

	sentAt := time.Now()
	resp, err := a.config.HTTPClient.Do(req)
	if err != nil {
		return Credential{}, trace.MaybeSent(), networkError(ctx, attemptCtx, trace.Err(err), r.secrets)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case resp.StatusCode/100 != 2:
		return Credential{}, true, newError(r, resp, body) // an incomplete body does not change the status
	case err != nil:
		return Credential{}, true, networkError(ctx, attemptCtx, trace.Err(err), r.secrets)
	case len(body) > maxBody:
		return Credential{}, true, client.ErrResponseTooLarge
	}
	object := parseObject(body)
	if object.text("access_token") == "" {
		return Credential{}, true, fmt.Errorf("%w: status %d without an access token", client.ErrBadResponse, resp.StatusCode)
	}
	return object.credential(r.previous, sentAt), true, nil
}

func (a *App) logAttempt(ctx context.Context, r tokenRequest, attempt int, err error) {
	attrs := []slog.Attr{slog.String("operation", r.operation), slog.Int("attempt", attempt)}
	if err == nil {
		a.config.Logger.LogAttrs(ctx, slog.LevelDebug, "oauth: received a token", attrs...)
		return
	}
	attrs = append(attrs, slog.Int("status", statusOf(err)), slog.String("kind", string(client.KindOf(err))))
	a.config.Logger.LogAttrs(ctx, slog.LevelWarn, "oauth: token request failed", attrs...)
}

// withoutRedirects returns a copy of httpClient, or of the zero client if it is nil. The copy does
// not follow redirects, which would send the client secret to another address.
func withoutRedirects(httpClient *http.Client) *http.Client {
	var c http.Client
	if httpClient != nil {
		c = *httpClient
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}
