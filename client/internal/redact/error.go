package redact

import (
	"fmt"
	"strconv"
)

// Error returns an error whose message is that of err after redaction by [Text]. The error unwraps
// to err, so that errors.Is and errors.As work. No verb of package fmt prints more than the
// redacted message. Error returns nil if err is nil.
func Error(err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	return &redactedError{text: Text(err.Error(), secrets...), cause: func() error { return err }}
}

// redactedError holds its cause in a function. Package fmt prints fields by reflection for some
// verbs, but prints only the address of a function.
type redactedError struct {
	text  string
	cause func() error
}

func (e *redactedError) Error() string { return e.text }

func (e *redactedError) Unwrap() error { return e.cause() }

// Format prints the redacted message, quoted for %q.
func (e *redactedError) Format(state fmt.State, verb rune) {
	text := e.text
	if verb == 'q' {
		text = strconv.Quote(text)
	}
	_, _ = state.Write([]byte(text))
}
