package client

import (
	"errors"
	"fmt"
	"io"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

// callError is an error of a call other than an error response: invalid arguments, or an error of
// the token source, the rate limiter, the transport or the body of a response. It prints only its
// message, for every verb.
type callError struct {
	text                string
	kind                error // nil if the error matches no kind, or cause has one
	cause               error // for errors.Is and errors.As; nil if there is none
	previousErr         error // the failure that could not be retried because of cause
	temporary           bool  // the same request may succeed later
	attemptMaybeApplied bool  // the attempt may have been applied
	maybeApplied        bool  // an attempt of the call may have been applied
}

// invalid returns the error of arguments that were rejected before any request.
func invalid(op operation, problem string) error {
	return &callError{text: string(op) + ": " + problem, kind: ErrInvalid}
}

// networkError returns the error of an attempt that received no complete response because of cause.
func (c *call) networkError(cause error, maybeSent bool) error {
	err := &callError{
		text: c.String() + ": " + redact.Text(cause.Error(), c.token), kind: ErrNetwork, cause: cause,
		attemptMaybeApplied: maybeSent && !httpx.NotProcessed(cause),
	}
	switch {
	case errors.Is(cause, ErrResponseTooLarge), c.callerCtx.Err() != nil:
		err.kind = nil // cause has the kind
	default:
		err.temporary = httpx.IsTemporary(cause) && !errors.Is(cause, errTooManyRedirects)
	}
	return err
}

// limitError returns the error of an attempt that the Pacer rejected.
func (c *call) limitError(err error) error {
	if apiErr, ok := errors.AsType[*Error](err); ok {
		filled := *apiErr // a Pacer may return one error to many calls
		filled.Operation, filled.Method, filled.Path = string(c.operation), c.request.Method, c.path()
		filled.Response.Attempts = c.response.Attempts
		return &filled
	}
	return &callError{text: c.String() + ": waiting for the rate limit: " + redact.Text(err.Error(), c.token), cause: err}
}

// badResponse returns the error of a 2xx response with an unusable body. According to its status, a
// write has been applied.
func (c *call) badResponse(problem error) error {
	c.maybeApplied = c.maybeApplied || c.isWrite()
	return &callError{
		text: fmt.Sprintf("%s: %s: %s (status %d, content type %q, %d bytes)", c, ErrBadResponse, problem, c.response.StatusCode,
			redact.Text(c.response.Header.Get("Content-Type"), c.token), len(c.response.Body)),
		kind: ErrBadResponse,
	}
}

// markMaybeApplied records in err that an attempt of the call may have been applied.
func markMaybeApplied(err error) {
	if callErr, ok := errors.AsType[*callError](err); ok {
		callErr.maybeApplied = true
	}
	if apiErr, ok := errors.AsType[*Error](err); ok {
		apiErr.MaybeApplied = true
	}
}

// Error returns the error message.
func (e *callError) Error() string {
	if e.maybeApplied {
		return e.text + "; " + ErrMaybeApplied.Error()
	}
	return e.text
}

// GoString returns the error message.
func (e *callError) GoString() string { return e.Error() }

// Format prints the error message for every verb.
func (e *callError) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, e.Error()) }

// MarshalText returns the error message.
func (e *callError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// Unwrap returns the errors that e matches.
func (e *callError) Unwrap() []error {
	matched := make([]error, 0, 4)
	for _, err := range []error{e.kind, e.previousErr, e.cause} {
		if err != nil {
			matched = append(matched, err)
		}
	}
	if e.maybeApplied {
		matched = append(matched, ErrMaybeApplied)
	}
	return matched
}

// errAttemptTimeout is the error of an attempt that took longer than WithTimeout allows.
var errAttemptTimeout error = timeoutError{}

type timeoutError struct{}

func (timeoutError) Error() string   { return "the attempt timed out (see WithTimeout)" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }
