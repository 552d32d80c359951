package oauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

var (
	// ErrInvalidCredential indicates that a store contains data that is not a credential, for
	// example an empty file. [Save] replaces the data.
	ErrInvalidCredential = errors.New("the stored data is not a credential")

	// ErrReinstallRequired indicates that a user must install the app again, because the refresh
	// token or the code of the consent page is missing, invalid or expired. A [Source] sends no more
	// requests until the store has another credential.
	ErrReinstallRequired = errors.New("the app must be installed again, on its consent page")
	// ErrNoCredential indicates that the store is empty. It also matches ErrReinstallRequired.
	ErrNoCredential = fmt.Errorf("the store has no credential: %w", ErrReinstallRequired)
)

var (
	errStoreConflict  = errors.New("the credential in the store was changed concurrently in each attempt")
	errLockTimeout    = errors.New("timeout: another process holds the lock")
	errNoResult       = errors.New("oauth: Source.Token: the call that refreshed the token did not return")
	errTimeout        = fmt.Errorf("%w: timeout: no complete response within %s", client.ErrNetwork, attemptTimeout)
	errRedirect       = errors.New("redirects are not followed")
	errNoCode         = fmt.Errorf("oauth: App.Exchange: %w: the code is empty", client.ErrInvalid)
	errNoLocation     = fmt.Errorf("oauth: Source.Token: %w: the location ID is empty", client.ErrInvalid)
	errNotAgency      = fmt.Errorf("oauth: Source.Token: %w: the stored credential is not the credential of an agency", client.ErrInvalid)
	errNoRefreshToken = fmt.Errorf("the stored credential has no refresh token: %w", ErrReinstallRequired)
)

// newError returns the error of a non-2xx response to r. Its Response is empty, because the response
// could contain a token.
func newError(r tokenRequest, response *http.Response, body []byte) *client.Error {
	e := &client.Error{Operation: r.operation, Method: http.MethodPost, Path: r.path, StatusCode: response.StatusCode}
	e.RetryAfter, _ = httpx.RetryAfter(response.Header)
	for _, message := range parseObject(body).messages() {
		e.Messages = append(e.Messages, redact.Secrets(message, r.secrets...))
	}
	message := strings.ToLower(strings.Join(e.Messages, "; "))
	e.Kind = classify(e.StatusCode, message)
	switch {
	case e.StatusCode/100 == 3:
		e.Err = errRedirect
	case r.path == tokenPath && slices.Contains([]int{400, 401, 403}, e.StatusCode) && invalidGrant.MatchString(message):
		e.Kind, e.Err = client.ErrUnauthorized, ErrReinstallRequired
	}
	return e
}

// kinds are the kinds of error responses by status.
var kinds = map[int]client.Kind{
	http.StatusBadRequest: client.ErrInvalid, http.StatusUnprocessableEntity: client.ErrInvalid,
	http.StatusUnauthorized: client.ErrUnauthorized, http.StatusForbidden: client.ErrForbidden,
	http.StatusTooManyRequests: client.ErrRateLimited,
}

// classify returns the kind of a response. message is in lower case.
func classify(status int, message string) client.Kind {
	switch {
	case status == http.StatusUnauthorized && httpx.DeniesAccess(message):
		return client.ErrForbidden
	case status >= http.StatusInternalServerError:
		return client.ErrServer
	}
	return cmp.Or(kinds[status], "other")
}

// invalidGrant matches the API's messages for an invalid refresh token or code. The status alone
// does not say so: a gateway, a wrong client secret and an inactive location cause the same status,
// and then the credential remains valid.
var invalidGrant = regexp.MustCompile(`invalid_grant|(code|token) (not found|((is|has) )?expired|is invalid)`)

// networkError returns the error of an attempt without a complete response. ctx is the context of
// the caller, and attempt that of the attempt.
func networkError(ctx, attempt context.Context, err error, secrets []string) error {
	switch {
	case ctx.Err() != nil:
		return redact.Error(err, secrets...)
	case attempt.Err() != nil:
		return errTimeout
	default:
		return fmt.Errorf("%w: %w", client.ErrNetwork, redact.Error(err, secrets...))
	}
}

// isTemporary reports whether the same request may be retried.
func isTemporary(e *client.Error) bool {
	return e.StatusCode >= http.StatusInternalServerError ||
		slices.Contains([]int{http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests}, e.StatusCode)
}

// statusOf returns the HTTP status of an error response, and 0 for any other error.
func statusOf(err error) int {
	if apiErr, ok := errors.AsType[*client.Error](err); ok {
		return apiErr.StatusCode
	}
	return 0
}
