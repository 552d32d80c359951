package oauth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
)

const (
	locationTokenVersion = "2021-07-28"

	attemptTimeout = 8 * time.Second // three attempts fit into the 30 seconds of a refresh token
	// retryWindow is how long a request is retried. The API returns the same token pair for a
	// refresh token for 30 seconds after its first use, so a lost response must be requested again
	// within that time.
	retryWindow = 25 * time.Second
	// maxUnsentAttempts is the number of attempts if the request was not sent in any of them.
	maxUnsentAttempts = 3

	minRetryDelay = 200 * time.Millisecond
	maxRetryDelay = 3 * time.Second
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
func (a *App) requestToken(ctx context.Context, form url.Values, previous Credential) (Credential, error) {
	form.Set("client_id", a.config.ClientID)
	form.Set("client_secret", a.config.ClientSecret.Reveal())
	if previous.UserType != "" {
		form.Set("user_type", string(previous.UserType))
	}
	next, err := a.sendWithRetry(ctx, request{
		operation: getAccessToken, path: "/oauth/token", form: form,
		secrets: []string{form.Get("client_secret"), form.Get("code"), form.Get("refresh_token")},
	})
	if err != nil {
		return Credential{}, err
	}
	return next.withDefaults(previous), nil
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
	next.RefreshToken = Secret{} // the next token is requested with the agency's token
	return next.withDefaults(Credential{UserType: UserTypeLocation, CompanyID: agency.CompanyID, LocationID: locationID}), nil
}

// sendWithRetry sends r, and retries timeouts, broken connections, 5xx, 408, 425, 429 and
// unreadable 2xx responses for no longer than retryWindow. Any other response is final.
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
// to wait first: for the Retry-After of the response, and at least for an exponential delay with
// jitter. unsent is the number of attempts in which the request was not sent.
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
	req.GetBody = nil // with GetBody, net/http retries by itself, and a refresh token is valid once
	req, trace := httpx.Trace(req)
	defer trace.Close()

	sentAt := time.Now()
	resp, err := a.endpoint.Do(req)
	if err != nil {
		return Credential{}, trace.MaybeSent(), asTimeout(ctx, limited, newTransportError(trace.Err(err), r.secrets))
	}
	defer resp.Body.Close()
	credential, err = readResponse(resp, r, sentAt)
	return credential, true, asTimeout(ctx, limited, err)
}

// asTimeout returns errTimeout if the attempt's own deadline caused err, and err otherwise.
func asTimeout(ctx, limited context.Context, err error) error {
	if err != nil && statusOf(err) == 0 && ctx.Err() == nil && limited.Err() != nil {
		return errTimeout
	}
	return err
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
