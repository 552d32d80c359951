package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

// The kinds of errors that calls return. With [errors.Is], an error matches at most one of them.
var (
	// ErrInvalid indicates that the API rejected the request as invalid, or that the client rejected
	// the arguments before it sent a request.
	ErrInvalid = errors.New("invalid request")
	// ErrNotFound indicates that the contact does not exist. The API reports it with status 400.
	// For [Client.Do] it indicates a 404.
	ErrNotFound = errors.New("contact not found")
	// ErrDuplicate indicates that the location does not allow duplicates and that a contact with
	// the same email address or phone number exists. Error.ContactID holds its ID.
	ErrDuplicate = errors.New("duplicate contact")
	// ErrUnauthorized indicates that the token is missing, invalid or expired.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden indicates that the token is valid and does not allow the call: wrong location,
	// missing scope, wrong class or user type. A new token of the same kind will not help.
	ErrForbidden = errors.New("forbidden")
	// ErrRateLimited indicates that the rate limit or the daily limit is exhausted. The call may not
	// have been sent.
	ErrRateLimited = errors.New("rate limited")
	// ErrServer indicates a 5xx response, or a 2xx response whose body reports a failure.
	ErrServer = errors.New("server error")
	// ErrNetwork indicates that no complete response was received.
	ErrNetwork = errors.New("network error")
	// ErrBadResponse indicates that a 2xx response had a malformed or incomplete body, or that a
	// list cannot be continued.
	ErrBadResponse = errors.New("bad response")
	// ErrResponseTooLarge indicates that a body exceeds the limit of [WithMaxResponseBytes].
	ErrResponseTooLarge = errors.New("response too large")
)

// Errors that calls match in addition to a kind.
var (
	// ErrMaybeApplied indicates that a write failed and may have been applied. Before retrying
	// a create, check whether the contact exists.
	ErrMaybeApplied = errors.New("the write may have been applied")
	// ErrDailyLimit indicates that the daily limit is exhausted. The error matches ErrRateLimited
	// too.
	ErrDailyLimit = errors.New("daily limit exhausted")
)

// kindLabels maps the kinds to their labels.
var kindLabels = []struct {
	kind  error
	label string
}{
	{ErrInvalid, "invalid"},
	{ErrNotFound, "not_found"},
	{ErrDuplicate, "duplicate"},
	{ErrUnauthorized, "unauthorized"},
	{ErrForbidden, "forbidden"},
	{ErrRateLimited, "rate_limited"},
	{ErrServer, "server"},
	{ErrBadResponse, "bad_response"},
	{ErrResponseTooLarge, "response_too_large"},
	{ErrNetwork, "network"},
	{context.Canceled, "canceled"},
	{context.DeadlineExceeded, "deadline"},
}

// Kind returns a constant label for the kind of err, for logs and metrics: "invalid", "not_found",
// "duplicate", "unauthorized", "forbidden", "rate_limited", "server", "bad_response",
// "response_too_large", "network", "canceled" or "deadline" for a call whose context was canceled
// or expired, "other" for any other error, such as one of the token source, and "" for nil. A kind
// takes precedence over the context: a call that failed with status 503, and whose deadline left no
// time for a retry, is "server".
func Kind(err error) string {
	if err == nil {
		return ""
	}
	for _, row := range kindLabels {
		if errors.Is(err, row.kind) {
			return row.label
		}
	}
	return "other"
}

// Error is a non-2xx response of the API, or a 2xx response whose body reports a failure. It is also
// returned, with status 429, for a call that was not sent because of a long pause or the daily
// limit; Response.StatusCode is then 0. Use [errors.As] to inspect it, and [errors.Is] with the
// sentinel errors to find out what happened. An Error that a test creates with StatusCode, Messages
// and ContactID matches the same kinds.
//
// The message of an Error and its log value contain the operation, method, path, status and trace
// ID, and the API's messages without email addresses, phone numbers and tokens. The fields Messages
// and Response are as the API sent them, except that Messages never contain the token of the call.
type Error struct {
	Operation     string // operationId in api/contacts.yaml, such as "getContact"; "do" for Client.Do
	Method        string
	Path          string // without the query
	StatusCode    int
	Messages      []string      // the API's messages, or the body if it is not in a known format; may be empty
	ContactID     string        // of a duplicate: the ID of the existing contact
	MatchingField string        // of a duplicate: "email" or "phone"
	TraceID       string        // the vendor's ID of the request, if the response has one
	RetryAfter    time.Duration // how long the API asks to wait; 0 if it does not
	MaybeApplied  bool          // the write may have been applied; the error then matches ErrMaybeApplied
	Response      Response      // its StatusCode is 0 if the call was not sent

	kind         error // only if classified is true; nil if the error has no kind
	classified   bool  // newError has set kind, before it removed the token from Messages
	rejectsToken bool  // a 401 for an invalid or expired token
	hasMessage   bool  // Messages are from a JSON body in one of the API's error formats
}

// Is reports whether target is the kind of e, or one of the sentinel errors that e matches in
// addition.
func (e *Error) Is(target error) bool {
	switch target {
	case nil:
		return false
	case ErrMaybeApplied:
		return e.MaybeApplied
	case ErrDailyLimit:
		return e.StatusCode == http.StatusTooManyRequests && e.Response.RateLimit.DailyLimit > 0 && e.Response.RateLimit.DailyRemaining == 0
	}
	return target == e.kindOf()
}

func (e *Error) kindOf() error {
	if e.classified {
		return e.kind
	}
	return e.classify()
}

// Error returns the error message without personal data.
func (e *Error) Error() string {
	var text strings.Builder
	if e.Operation != "" {
		fmt.Fprintf(&text, "%s: ", e.Operation)
	}
	if e.Method != "" {
		fmt.Fprintf(&text, "%s %s: ", e.Method, e.Path)
	}
	fmt.Fprintf(&text, "%d", e.StatusCode)
	switch kind := e.kindOf(); {
	case kind == nil:
	case errors.Is(kind, ErrNotFound) && e.Operation == string(otherOperation):
		text.WriteString(" not found") // not necessarily a contact
	default:
		fmt.Fprintf(&text, " %s", kind)
	}
	if errors.Is(e, ErrDailyLimit) {
		fmt.Fprintf(&text, ", %s", ErrDailyLimit)
	}
	if e.Response.Attempts > 1 {
		fmt.Fprintf(&text, " after %d attempts", e.Response.Attempts)
	}
	if isSuccess(e.StatusCode) {
		text.WriteString(": the response reports a failure")
	}
	if e.hasMessage || (!e.classified && len(e.Messages) > 0) {
		fmt.Fprintf(&text, ": %s", redact.Text(strings.Join(e.Messages, "; ")))
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&text, " (retry after %s)", e.RetryAfter.Round(time.Millisecond))
	}
	if e.TraceID != "" {
		fmt.Fprintf(&text, " (trace %s)", redact.Text(e.TraceID))
	}
	if e.MaybeApplied {
		fmt.Fprintf(&text, "; %s", ErrMaybeApplied)
	}
	return text.String()
}

// GoString returns the error message.
func (e *Error) GoString() string { return e.Error() }

// Format prints the error message for every verb, so that no verb prints personal data.
func (e *Error) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, e.Error()) }

// MarshalText returns the error message, so that encoding an Error does not reveal personal data.
func (e *Error) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// LogValue returns the operation, method, path, status, kind, attempts, trace ID and message.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("operation", e.Operation), slog.String("method", e.Method), slog.String("path", e.Path),
		slog.Int("status", e.StatusCode), slog.String("kind", Kind(e)), slog.Int("attempts", e.Response.Attempts),
		slog.String("trace_id", redact.Text(e.TraceID)), slog.String("text", e.Error()))
}
