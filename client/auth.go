package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

// TokenSource supplies the bearer token of a call. Token is called before every attempt, from many
// goroutines concurrently, so it should cache the token and refresh it only when necessary. The
// context is that of the call. If Token returns an error, the request is not sent, and the error of
// the call wraps it. If the token is empty, the error of the call matches [ErrInvalid].
type TokenSource interface {
	Token(ctx context.Context) (string, error)
}

// TokenInvalidator is an optional interface of a [TokenSource] that can replace a rejected token. If
// the API rejects a token as invalid or expired, the client calls Invalidate with it and then Token
// again, at most once per call. Invalidate is called from many goroutines concurrently.
type TokenInvalidator interface {
	Invalidate(token string)
}

// StaticToken is a token that never changes: a private integration token, or an access token until
// it expires. It is printed, logged and encoded as [redacted]. To read the token, use
// string(token).
type StaticToken string

// Token returns the token.
func (t StaticToken) Token(context.Context) (string, error) { return string(t), nil }

// String returns [redacted].
func (StaticToken) String() string { return redact.Mask }

// GoString returns [redacted].
func (StaticToken) GoString() string { return redact.Mask }

// Format prints [redacted] for every verb.
func (StaticToken) Format(state fmt.State, _ rune) { redact.Format(state) }

// LogValue returns [redacted].
func (StaticToken) LogValue() slog.Value { return slog.StringValue(redact.Mask) }

// MarshalText returns [redacted], so that the encoding of a struct does not contain the token.
func (StaticToken) MarshalText() ([]byte, error) { return []byte(redact.Mask), nil }

// authorize requests the token of the next attempt from the TokenSource.
func (c *call) authorize() error {
	token, err := c.client.token(c.callerCtx)
	if err != nil {
		return &callError{text: string(c.operation) + ": token source: " + redact.Text(err.Error()), cause: err}
	}
	if err := checkToken(token); err != nil {
		return invalid(c.operation, "token source: "+err.Error())
	}
	c.token = token
	return nil
}

// bearer is a token with the value of its Authorization header.
type bearer struct {
	token  string
	values []string
}

// authorization returns the values of the Authorization header for the call's token.
func (c *call) authorization() []string {
	last := c.client.bearer.Load()
	if last == nil || last.token != c.token {
		last = &bearer{token: c.token, values: []string{"Bearer " + c.token}}
		c.client.bearer.Store(last)
	}
	return last.values
}

// replaceToken invalidates the token if err says that the token is invalid or expired and the
// TokenSource can replace it. It reports whether the call must be sent again with a new token. It
// returns true at most once per call.
func (c *call) replaceToken(err error) bool {
	apiErr, ok := errors.AsType[*Error](err)
	if !ok || !apiErr.rejectsToken || c.client.invalidate == nil || c.tokenReplaced || !c.canResendBody() {
		return false
	}
	c.tokenReplaced = true
	c.client.invalidate(c.token)
	return true
}

// checkToken returns an error if token cannot be sent as a bearer token. The error does not contain
// the token.
func checkToken(token string) error {
	switch {
	case token == "":
		return errors.New("the token is empty")
	case strings.HasPrefix(strings.ToLower(token), "bearer "):
		return errors.New("remove the Bearer prefix from the token")
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("the token has spaces or characters that cannot be sent in a header")
	}
	return nil
}
