package oauth

import (
	"fmt"
	"log/slog"
	"unique"
)

const redacted = "[redacted]"

// Secret is a text that does not print: a client secret, an access token, a refresh token. Every verb of fmt, slog and every
// encoding write [redacted], also where a Secret is a member that is not exported. [Secret.Reveal] is the only way to the text.
//
// The zero value is the empty text. Secrets of the same text are equal, so == compares them.
type Secret struct {
	value unique.Handle[string] // a pointer to fmt, which prints what it points to of no member
}

// NewSecret returns text as a Secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{value: unique.Make(text)}
}

// Reveal returns the text itself.
func (s Secret) Reveal() string {
	if s.IsZero() {
		return ""
	}
	return s.value.Value()
}

// IsZero tells whether the text is empty.
func (s Secret) IsZero() bool { return s == Secret{} }

// String returns [redacted].
func (Secret) String() string { return redacted }

// GoString returns [redacted].
func (Secret) GoString() string { return redacted }

// Format prints [redacted] whatever the verb.
func (Secret) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(redacted)) }

// LogValue returns [redacted].
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns [redacted], so that no encoding of a struct holds the text. [Credential.Encode] is the way to store one.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
