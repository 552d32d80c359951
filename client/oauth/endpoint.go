package oauth

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
)

const (
	attemptTimeout = 8 * time.Second // so that three attempts fit into the grace of a refresh token
	maxAnswer      = 8 << 20         // an agency's answer lists its locations
	maxRefusal     = 64 << 10

	locationTokenVersion = "2021-07-28"
)

// request is one to a token endpoint.
type request struct {
	operation string
	path      string
	header    http.Header
	form      url.Values
	secrets   []string // what the answer to an error must not repeat
}

// requestToken asks for an access token. What the answer does not tell is taken from the credential before it.
//
// See https://marketplace.gohighlevel.com/docs/ghl/oauth/get-access-token.
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

// requestLocationToken asks for the token of a location with that of its agency.
//
// See https://marketplace.gohighlevel.com/docs/ghl/oauth/get-location-access-token.
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
	next.RefreshToken = Secret{} // the agency's token makes the next one
	return next.after(Credential{UserType: UserTypeLocation, CompanyID: agency.CompanyID, LocationID: locationID}), nil
}

// attempt sends a request once. sent reports whether the API may have received it.
func (a *App) attempt(ctx context.Context, r request) (credential Credential, sent bool, err error) {
	limited, cancel := context.WithTimeoutCause(ctx, attemptTimeout, errTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodPost, a.base+r.path, strings.NewReader(r.form.Encode()))
	if err != nil {
		return Credential{}, false, foreign(err, r.secrets)
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
		return Credential{}, trace.Possible(), inTime(ctx, limited, foreign(trace.Err(err), r.secrets))
	}
	defer resp.Body.Close()
	credential, err = readAnswer(resp, r, asked)
	return credential, true, inTime(ctx, limited, err)
}

// inTime returns err, or that the attempt had no more time where that is why it failed. The caller's context is another matter.
func inTime(ctx, limited context.Context, err error) error {
	if err != nil && statusOf(err) == 0 && ctx.Err() == nil && limited.Err() != nil {
		return errTimeout
	}
	return err
}

// readAnswer reads an answer within bounds.
func readAnswer(resp *http.Response, r request, asked time.Time) (Credential, error) {
	if resp.StatusCode/100 != 2 {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal)) // an error has its status, even if its body broke off
		words := refusalWords(body)
		return Credential{}, &Error{
			Operation: r.operation, StatusCode: resp.StatusCode, Message: sanitize(words, r.secrets),
			RetryAfter: httpx.RetryAfter(resp.Header),
			reinstall:  r.operation == getAccessToken && isInvalidGrant(resp.StatusCode, words),
		}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return Credential{}, foreign(err, r.secrets)
	}
	if len(body) > maxAnswer {
		return Credential{}, fmt.Errorf("%s: %w", r.operation, errTooLarge)
	}
	credential, ok := parseAnswer(httpx.TrimBOM(body), asked)
	if !ok {
		return Credential{}, fmt.Errorf("%s: %d: %w", r.operation, resp.StatusCode, errNoToken)
	}
	return credential, nil
}
