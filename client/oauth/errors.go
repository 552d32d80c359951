package oauth

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
)

var (
	// ErrInvalidCredential indicates that what is stored cannot be read as a credential, for example
	// because a file is empty. [Save] replaces it.
	ErrInvalidCredential = errors.New("oauth: the stored data is not a credential")

	// ErrReinstallRequired is a credential that is dead, or a code that was used or is too old: a person must go through the consent
	// page and install the app again. It is remembered; the API is not asked until the store has another credential.
	ErrReinstallRequired = errors.New("the app must be installed again, by a person, through its consent page")
	// ErrNoCredential is a store that has no credential yet. It matches ErrReinstallRequired too, for the way out is the same.
	ErrNoCredential = fmt.Errorf("the store has no credential: %w", ErrReinstallRequired)
)

var (
	errChanging       = errors.New("oauth: the store has a different credential each time it is asked")
	errLocked         = errors.New("another process holds the lock for too long")
	errUnsaid         = errors.New("oauth: the renewal ended without a result")
	errTimeout        = errors.New("no answer in time")
	errNoCode         = errors.New("oauth: the code is empty")
	errNoLocation     = errors.New("oauth: the location id is empty")
	errNotAgency      = errors.New("oauth: location tokens are made from an agency's credential, and this is none")
	errNoRefreshToken = fmt.Errorf("oauth: the stored credential has ended and has no refresh token: %w", ErrReinstallRequired)
	errNoToken        = errors.New("the answer is a success without the JSON that was promised")
	errTooLarge       = errors.New("the answer is larger than a token answer can be")
)

// The operations of the API that this package calls, by the vendor's names.
const (
	getAccessToken         = "get-access-token"
	getLocationAccessToken = "get-location-access-token"
)

// Error is an answer of the API's token endpoints that is not a success. [errors.As] finds it. None of its members holds a
// token, code or client secret.
type Error struct {
	Operation  string // get-access-token or get-location-access-token
	StatusCode int
	Message    string        // the API's own words, shortened, without anything that looks like a secret; empty if it had none
	RetryAfter time.Duration // how long the API asked to wait, 0 if it did not

	reinstall bool
}

// Error returns operation, status and message.
func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %d", e.Operation, e.StatusCode)
	if e.StatusCode/100 == 3 {
		text.WriteString(" is a redirect, which is not followed")
	}
	if e.Message != "" {
		fmt.Fprintf(&text, ": %s", e.Message)
	}
	if e.reinstall {
		fmt.Fprintf(&text, ": %s", ErrReinstallRequired)
	}
	return text.String()
}

// Is reports whether target is [ErrReinstallRequired] and a user must install the app again, or target
// is [client.ErrForbidden] and the location did not approve the app.
func (e *Error) Is(target error) bool {
	if target == client.ErrForbidden {
		return e.Operation == getLocationAccessToken && e.StatusCode == http.StatusForbidden
	}
	return e.reinstall && target == ErrReinstallRequired
}

// LogValue returns operation and status.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(slog.String("operation", e.Operation), slog.Int("status", e.StatusCode))
}

// temporary tells whether the same request may succeed a moment later.
func (e *Error) temporary() bool {
	switch e.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	default:
		return e.StatusCode >= http.StatusInternalServerError
	}
}

// isInvalidGrant reports whether the API rejected the refresh token or the code in its own words. The
// same status from a gateway, a wrong client secret or an inactive location does not invalidate the
// credential.
func isInvalidGrant(status int, message string) bool {
	if status != http.StatusBadRequest && status != http.StatusUnauthorized && status != http.StatusForbidden {
		return false
	}
	message = strings.ToLower(message)
	if strings.Contains(message, "invalid_grant") {
		return true
	}
	for _, problem := range []string{" not found", " expired", " is expired", " has expired"} {
		if strings.Contains(message, "code"+problem) || strings.Contains(message, "token"+problem) {
			return true
		}
	}
	return false
}

// meansBadToken tells whether err is the API's word that the agency's access token is bad or expired, rather than that a good
// one may not do this.
func meansBadToken(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Operation != getLocationAccessToken || e.StatusCode != http.StatusUnauthorized {
		return false
	}
	message := strings.ToLower(e.Message)
	for _, other := range []string{"scope", "authclass", "user type", "version"} {
		if strings.Contains(message, other) {
			return false
		}
	}
	return true
}

// foreignError is an error of the transport. Its text may quote what the server sent, so only what is fit to print is kept of it;
// errors.Is still meets the cause.
type foreignError struct {
	text  string
	cause error
}

func (e *foreignError) Error() string        { return e.text }
func (e *foreignError) GoString() string     { return e.text }
func (e *foreignError) Is(target error) bool { return errors.Is(e.cause, target) }

// foreign wraps an error of the transport, without the URL that http.Client puts before it.
func foreign(err error, secrets []string) error {
	return &foreignError{text: sanitize(httpx.WithoutURL(err).Error(), secrets), cause: err}
}
