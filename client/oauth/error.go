package oauth

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
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
	errUnusableToken  = errors.New("the API returned an access token that has expired or that it rejected before")
	errLockTimeout    = errors.New("timeout: another process holds the lock")
	errNoResult       = errors.New("oauth: refresh: the call that refreshed the token did not return")
	errTimeout        = fmt.Errorf("timeout: no complete response within %s", attemptTimeout)
	errNoCode         = errors.New("oauth: Exchange: the code is empty")
	errNoLocation     = errors.New("oauth: Location: the location ID is empty")
	errNotAgency      = errors.New("oauth: Location: the stored credential is not the credential of an agency")
	errNoRefreshToken = fmt.Errorf("oauth: refresh: the stored credential has no refresh token: %w", ErrReinstallRequired)
	errNoToken        = errors.New("the response has no access token")
	errTooLarge       = errors.New("the response is too large")
)

// Error is a non-2xx response of a token endpoint. Use [errors.As] to inspect it. Its fields do not
// contain a token, a code or the client secret.
type Error struct {
	Operation  string        // the vendor's name: get-access-token or get-location-access-token
	StatusCode int           // the HTTP status
	Message    string        // the API's message, shortened and redacted; may be empty
	RetryAfter time.Duration // the Retry-After header; 0 if there is none

	reinstall bool // whether it matches ErrReinstallRequired
}

// Error returns the operation, the status and the message.
func (e *Error) Error() string {
	var text strings.Builder
	// The status must not follow "token:", because package client masks numbers there.
	fmt.Fprintf(&text, "%s returned %d", e.Operation, e.StatusCode)
	if e.StatusCode/100 == 3 {
		text.WriteString(", a redirect, which is not followed")
	}
	if e.Message != "" {
		fmt.Fprintf(&text, ": %s", e.Message)
	}
	if e.reinstall {
		fmt.Fprintf(&text, ": %s", ErrReinstallRequired)
	}
	return text.String()
}

// Is reports whether e matches target: [ErrReinstallRequired] if a user must install the app again,
// and [client.ErrForbidden] if the location has not approved the app.
func (e *Error) Is(target error) bool {
	if target == client.ErrForbidden {
		return e.Operation == operationLocationAccessToken && e.StatusCode == http.StatusForbidden
	}
	return e.reinstall && target == ErrReinstallRequired
}

// LogValue returns the operation and the status.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(slog.String("operation", e.Operation), slog.Int("status", e.StatusCode))
}

// temporary reports whether the same request may be retried.
func (e *Error) temporary() bool {
	switch e.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	default:
		return e.StatusCode >= http.StatusInternalServerError
	}
}

// isInvalidGrant reports whether the API's message says that the refresh token or the code is
// invalid. The status alone does not say so: a gateway, a wrong client secret and an inactive
// location cause the same status, and then the credential remains valid.
func isInvalidGrant(status int, message string) bool {
	if status != http.StatusBadRequest && status != http.StatusUnauthorized && status != http.StatusForbidden {
		return false
	}
	message = strings.ToLower(message)
	if strings.Contains(message, "invalid_grant") {
		return true
	}
	for _, problem := range []string{" not found", " expired", " is expired", " has expired", " is invalid"} {
		if strings.Contains(message, "code"+problem) || strings.Contains(message, "token"+problem) {
			return true
		}
	}
	return false
}

// isRejectedToken reports whether the API rejected the access token of the agency as invalid or
// expired. The API also returns 401 for a missing scope, a wrong user type or a wrong version,
// which another token does not resolve.
func isRejectedToken(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Operation != operationLocationAccessToken || e.StatusCode != http.StatusUnauthorized {
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

// transportError is an error from the transport. It prints only the redacted text. errors.Is
// matches the cause, but errors.As and errors.Unwrap do not return it, because its text may contain
// secrets.
type transportError struct {
	text  string
	cause error
}

func (e *transportError) Error() string        { return e.text }
func (e *transportError) Is(target error) bool { return errors.Is(e.cause, target) }

// newTransportError returns err without its URL and without the secrets.
func newTransportError(err error, secrets []string) error {
	return &transportError{text: redact.Local(err, secrets...), cause: err}
}
