package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
)

// TokenSource supplies the bearer token of a call. Token is called before every attempt, from many goroutines at once, so it
// should keep the token and renew it only when it has to.
//
// A TokenSource that also has a method Invalidate(token string) is told of a token that the API calls bad or expired, and
// asked again, once a call.
type TokenSource interface {
	Token(ctx context.Context) (string, error)
}

// StaticToken is a token that never changes: a private integration token, or an access token as long as it lives. It prints as
// [redacted]; string(token) is the token itself.
type StaticToken string

const redacted = "[redacted]"

// Token returns the token.
func (t StaticToken) Token(context.Context) (string, error) {
	return string(t), nil
}

// String returns [redacted].
func (StaticToken) String() string { return redacted }

// GoString returns [redacted].
func (StaticToken) GoString() string { return redacted }

// Format prints [redacted] whatever the verb.
func (StaticToken) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(redacted)) }

// LogValue returns [redacted].
func (StaticToken) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns [redacted], so that no encoding of a struct holds the token.
func (StaticToken) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// authorize puts the token on req.
func (d *doer) authorize(req *http.Request, call *call) error {
	token, err := d.token(call.ctx)
	if err != nil {
		return fmt.Errorf("%s: no token: %w", call.operation.id, foreignError{err})
	}
	if err := checkToken(token); err != nil {
		return fmt.Errorf("%s: %w", call.operation.id, err)
	}
	call.token = token
	req.Header["Authorization"] = []string{"Bearer " + token}
	return nil
}

// renew tells the token source that its token is bad, and whether to try again with what it gives then.
func (d *doer) renew(call *call, err error) bool {
	apiError, ok := errors.AsType[*Error](err)
	if d.invalidate == nil || !ok || call.renewed || !canRepeatBody(call.request) || !saysBadToken(apiError) {
		return false
	}
	call.renewed = true
	d.invalidate(call.token)
	return true
}

// saysBadToken tells whether a 401 is about a bad or expired token. Scope, class, user type and version would stay the same with
// a fresh one.
func saysBadToken(e *Error) bool {
	text := strings.ToLower(strings.Join(e.Messages, "\n"))
	return e.StatusCode == http.StatusUnauthorized && !errors.Is(e, ErrForbidden) && !errors.Is(e, ErrInvalid) &&
		(strings.Contains(text, "invalid") || strings.Contains(text, "expired"))
}

// checkToken refuses what cannot be a bearer token; the message never holds it.
func checkToken(token string) error {
	if token == "" {
		return fmt.Errorf("%w: the token is empty", ErrInvalid)
	}
	if strings.HasPrefix(strings.ToLower(token), "bearer ") {
		return fmt.Errorf("%w: give the token without Bearer before it", ErrInvalid)
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("%w: the token has spaces or characters that cannot be sent in a header", ErrInvalid)
	}
	return nil
}

var errNoTokenSource = errors.New("client: no TokenSource; give client.StaticToken(token) or one of package oauth")
