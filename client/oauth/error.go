package oauth

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

var (
	// ErrInvalidCredential indicates that the stored data is not a credential, for example because
	// a file is empty. [Save] replaces it.
	ErrInvalidCredential = errors.New("the stored data is not a credential")

	// ErrReinstallRequired indicates that the refresh token, or the code of the consent page, is
	// invalid or has expired: a user must install the app again. A [Source] sends no further
	// request until the store has another credential.
	ErrReinstallRequired = errors.New("the app must be installed again, on its consent page")
	// ErrNoCredential indicates that the store is empty. It also matches ErrReinstallRequired.
	ErrNoCredential = fmt.Errorf("the store has no credential: %w", ErrReinstallRequired)
)

var (
	errStoreConflict  = errors.New("oauth: the credential in the store was changed concurrently in each attempt")
	errLockTimeout    = errors.New("timeout: another process holds the lock")
	errNoResult       = errors.New("oauth: the refresh ended without a result")
	errTimeout        = errors.New("timeout: no complete response")
	errNoCode         = errors.New("oauth: the code is empty")
	errNoLocation     = errors.New("oauth: the location ID is empty")
	errNotAgency      = errors.New("oauth: Location: the stored credential is not the credential of an agency")
	errNoRefreshToken = fmt.Errorf("oauth: the stored credential has expired and has no refresh token: %w", ErrReinstallRequired)
	errNoToken        = errors.New("the 2xx response has no access token")
	errTooLarge       = errors.New("the response is too large")
)

// The operations of the API that this package calls, by the vendor's names.
const (
	getAccessToken         = "get-access-token"
	getLocationAccessToken = "get-location-access-token"
)

// Error is a non-2xx response of a token endpoint. Use [errors.As] to inspect it. Its fields do
// not contain a token, a code or the client secret.
type Error struct {
	Operation  string // get-access-token or get-location-access-token
	StatusCode int
	Message    string        // the API's message, shortened and redacted; may be empty
	RetryAfter time.Duration // the Retry-After header; 0 if there is none

	reinstall bool
}

// Error returns the operation, status and message.
func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %d", e.Operation, e.StatusCode)
	if e.StatusCode/100 == 3 {
		text.WriteString(" redirect, which is not followed")
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
		return e.Operation == getLocationAccessToken && e.StatusCode == http.StatusForbidden
	}
	return e.reinstall && target == ErrReinstallRequired
}

// LogValue returns the operation and status.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(slog.String("operation", e.Operation), slog.Int("status", e.StatusCode))
}

// temporary reports whether the same request may succeed later.
func (e *Error) temporary() bool {
	switch e.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	default:
		return e.StatusCode >= http.StatusInternalServerError
	}
}

// isInvalidGrant reports whether the API's message says that the refresh token or the code is
// invalid. The status alone does not: a gateway, a wrong client secret and an inactive location
// have the same status, and the credential remains valid.
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

// isTokenError reports whether the API rejected the access token of the agency as invalid or
// expired.
func isTokenError(err error) bool {
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

// transportError is an error of the transport. It holds only the redacted text; errors.Is matches
// the cause.
type transportError struct {
	text  string
	cause error
}

func (e *transportError) Error() string        { return e.text }
func (e *transportError) GoString() string     { return e.text }
func (e *transportError) Is(target error) bool { return errors.Is(e.cause, target) }

// newTransportError returns err without its URL and with its text redacted.
func newTransportError(err error, secrets []string) error {
	return &transportError{text: sanitize(httpx.WithoutURL(err).Error(), secrets), cause: err}
}

// secretLike matches email addresses, and words of at least 16 characters, which may be tokens or
// codes.
var secretLike = regexp.MustCompile(`[^\s"'<>]*@[^\s"'<>]+|[\w.~+/=-]{16,}`)

// plainWord matches words that are not secrets, such as authorization_code or redirect_uri.
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
