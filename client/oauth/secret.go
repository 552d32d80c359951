package oauth

import (
	"fmt"
	"log/slog"
	"unique"
)

const redacted = "[redacted]"

// Secret is a client secret, an access token or a refresh token. It is redacted when it is printed,
// logged or encoded, even in an unexported field of a struct. [Secret.Reveal] returns the string.
//
// The zero Secret holds the empty string. The operator == compares the strings of two secrets.
type Secret struct {
	// value holds a pointer to the string. fmt does not call the methods of a Secret in an
	// unexported field, and prints the address instead of the string.
	value unique.Handle[string]
}

// NewSecret returns a Secret that holds the string text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{value: unique.Make(text)}
}

// Reveal returns the string that s holds.
func (s Secret) Reveal() string {
	if s.IsZero() {
		return ""
	}
	return s.value.Value()
}

// IsZero reports whether s holds the empty string.
func (s Secret) IsZero() bool { return s == Secret{} }

// String returns [redacted].
func (Secret) String() string { return redacted }

// GoString returns [redacted].
func (Secret) GoString() string { return redacted }

// Format prints [redacted] for every verb.
func (Secret) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(redacted)) }

// LogValue returns [redacted].
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns [redacted], so that an encoded struct does not contain the string. Use
// [Credential.Encode] to store a credential.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
