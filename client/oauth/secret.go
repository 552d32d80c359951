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
// The zero value is the empty string. Secrets can be compared with ==, which compares their
// strings.
type Secret struct {
	value unique.Handle[string] // holds a pointer, which fmt prints as an address in an unexported field
}

// NewSecret returns a Secret that holds text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{value: unique.Make(text)}
}

// Reveal returns the string.
func (s Secret) Reveal() string {
	if s.IsZero() {
		return ""
	}
	return s.value.Value()
}

// IsZero reports whether the string is empty.
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
