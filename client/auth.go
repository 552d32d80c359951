package client

import (
	"context"
	"errors"
	"strings"
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

// StaticToken returns a TokenSource whose token never changes: a private integration token, or an
// access token until it expires. [New] returns an error if the token is empty or cannot be sent.
func StaticToken(token string) TokenSource {
	return staticToken{NewSecret(token)}
}

type staticToken struct{ Secret }

// Token returns the token.
func (t staticToken) Token(context.Context) (string, error) { return t.Reveal(), nil }

// Secret is a string that is never printed, logged or encoded. The zero Secret is the empty string.
// Secrets cannot be compared with ==.
type Secret struct {
	reveal func() string // a function, because reflection reads the values of all other types
}

// NewSecret returns a Secret that holds value.
func NewSecret(value string) Secret {
	return Secret{reveal: func() string { return value }}
}

// Reveal returns the string.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// String returns [redacted].
func (Secret) String() string { return "[redacted]" }

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
