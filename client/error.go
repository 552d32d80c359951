package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

// Kind is the kind of an error, and an error itself: use it with [errors.Is]. An error of this
// package has exactly one kind. string(kind) is a label for logs and metrics.
type Kind string //nolint:errname // it is the kind of an Error

// The kinds of errors.
const (
	// ErrInvalid indicates that the API rejected the request as invalid, or that the client rejected
	// the arguments before it sent a request.
	ErrInvalid Kind = "invalid"
	// ErrNotFound indicates that the contact does not exist. The API reports it with status 400 or
	// 404. For [Client.Do] it indicates a 404.
	ErrNotFound Kind = "not_found"
	// ErrDuplicate indicates that the location does not allow duplicates and that a contact with
	// the same email address or phone number exists. Error.ContactID holds its ID, if the API sent it.
	ErrDuplicate Kind = "duplicate"
	// ErrUnauthorized indicates that the token is missing, invalid or expired.
	ErrUnauthorized Kind = "unauthorized"
	// ErrForbidden indicates that the token is valid and does not allow the call: wrong location,
	// missing scope, wrong class or user type. A new token of the same kind will not help.
	ErrForbidden Kind = "forbidden"
	// ErrRateLimited indicates a 429, or a request that was not sent because the rate limit or the
	// daily limit is exhausted.
	ErrRateLimited Kind = "rate_limited"
	// ErrServer indicates a 5xx response, or a 2xx response whose body reports a failure.
	ErrServer Kind = "server"
	// ErrNetwork indicates that no complete response was received.
	ErrNetwork Kind = "network"
	// ErrBadResponse indicates that a 2xx response had a malformed or incomplete body, or that a
	// list cannot be continued.
	ErrBadResponse Kind = "bad_response"
	// ErrResponseTooLarge indicates that a body exceeds the limit of [WithMaxResponseBytes].
	ErrResponseTooLarge Kind = "response_too_large"

	errCanceled Kind = "canceled" // the context of the call was canceled
	errDeadline Kind = "deadline" // the context of the call expired
	errOther    Kind = "other"
)

// Errors that calls match in addition to a kind.
var (
	// ErrMaybeApplied indicates that a write failed and may have been applied. Before retrying
	// a create, look for the contact, as in the example of [ContactsService.FindDuplicate].
	ErrMaybeApplied = errors.New("the write may have been applied")
	// ErrDailyLimit indicates that the daily limit is exhausted. The error matches ErrRateLimited
	// too.
	ErrDailyLimit = errors.New("daily limit exhausted")
)

// Error returns the kind with spaces in place of underscores.
func (k Kind) Error() string { return strings.ReplaceAll(string(k), "_", " ") }

// KindOf returns the kind of err. For an error without a kind it returns "canceled" or "deadline" if
// a context was canceled or expired, "" for nil, and "other" for anything else, such as an error of
// the token source.
func KindOf(err error) Kind {
	if apiErr, ok := errors.AsType[*Error](err); ok {
		return cmp.Or(apiErr.Kind, errOther)
	}
	if kind, ok := errors.AsType[Kind](err); ok {
		return kind
	}
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.Canceled):
		return errCanceled
	case errors.Is(err, context.DeadlineExceeded):
		return errDeadline
	}
	return errOther
}

// Error is the error of every failed call. Use [errors.As] to inspect it, and [errors.Is] with its
// kind, [ErrMaybeApplied] and [ErrDailyLimit] to find out what happened. A test that creates an
// Error sets Kind.
//
// The message of an Error contains the operation, method, path, status, cause and
// trace ID, and the API's messages if they hold no private data, see SECURITY.md. Messages and
// Response are as the API sent them, except that Messages never contain the token of the call.
type Error struct {
	Kind          Kind
	Operation     string        // such as "Contacts.Get", or "Do"; All reports "Contacts.List"
	Method        string        // HTTP method; empty if the arguments are invalid
	Path          string        // path of the URL, without the query
	StatusCode    int           // 0 if there is no complete response
	Messages      []string      // messages of the API, or its body in an unknown format; may be empty
	ContactID     string        // ID of the existing contact, for ErrDuplicate
	MatchingField string        // "email" or "phone", for ErrDuplicate
	TraceID       string        // vendor's ID of the request, if the response has one
	RetryAfter    time.Duration // how long to wait before the next attempt; 0 if unknown
	MaybeApplied  bool          // whether an attempt of the write may have been applied
	Response      Response      // last response of the call
	Err           error         // cause, if it is not a response
}

// Is reports whether target is the kind of e, or a sentinel error that e matches in addition.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrMaybeApplied:
		return e.MaybeApplied
	case ErrDailyLimit:
		limit := e.Response.RateLimit
		return e.Kind == ErrRateLimited && limit.DailyLimit > 0 && limit.DailyRemaining == 0
	}
	return target == e.Kind
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Error returns the error message without private data.
func (e *Error) Error() string {
	outcome := e.Kind.Error()
	if e.StatusCode != 0 {
		outcome = strconv.Itoa(e.StatusCode) + " " + outcome
	}
	if e.Response.Attempts > 1 {
		outcome += fmt.Sprintf(" after %d attempts", e.Response.Attempts)
	}
	messages, cause := redact.Message(strings.Join(e.Messages, "; ")), ""
	if e.Err != nil {
		cause = strings.TrimPrefix(redact.Local(e.Err), e.Kind.Error()+": ")
	}
	parts := []string{e.Operation, strings.TrimSpace(e.Method + " " + e.Path), outcome, messages, cause}
	text := strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ": ")
	if e.RetryAfter > 0 {
		text += fmt.Sprintf(" (retry after %s)", e.RetryAfter.Round(time.Millisecond))
	}
	if e.TraceID != "" {
		text += fmt.Sprintf(" (trace %s)", redact.Value(e.TraceID))
	}
	if e.MaybeApplied {
		text += "; " + ErrMaybeApplied.Error()
	}
	return text
}

// Format prints the error message for every verb, so that no verb prints private data.
func (e *Error) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, e.Error()) }

// MarshalText returns the error message, so that encoding an Error does not reveal private data.
func (e *Error) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// notRetried returns the error of a call that failed with e and could not be retried because of
// cause. It has the kind of e, and matches the causes of both, but not the kind of cause.
func (e *Error) notRetried(cause error) *Error {
	if apiErr, ok := cause.(*Error); ok { //nolint:errorlint // only the outermost error is replaced by its cause
		cause = cmp.Or(apiErr.Err, error(apiErr.Kind))
	}
	kind := KindOf(cause)
	if kind != errCanceled && kind != errDeadline && kind != errOther || errors.Is(cause, ErrDailyLimit) {
		cause = errors.New(cause.Error())
	}
	failure := *e
	failure.Err = errors.Join(e.Err, fmt.Errorf("(not retried: %w)", cause))
	return &failure
}
