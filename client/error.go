package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

// The kinds of errors that calls return. With [errors.Is], an error matches at most one of them.
var (
	// ErrInvalid indicates that the API rejected the request as invalid, or that this package
	// rejected its arguments before any request was sent.
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
	// ErrRateLimited indicates that the rate limit or the daily limit is exhausted.
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
// or expired, "other" for any other error, such as one of the token source, and "" for nil.
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

// Error is a non-2xx response of the API, or a 2xx response whose body reports a failure. Use
// [errors.As] to inspect it, and [errors.Is] with the sentinel errors to find out what happened. An
// Error built by hand, for a test, matches the same kinds.
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
	MaybeApplied  bool          // a write that may have been applied; the error matches ErrMaybeApplied
	Response      Response

	kind         error // from the response as received
	classified   bool
	rejectsToken bool // a 401 for an invalid or expired token
	hasMessage   bool // Messages are from a JSON body in one of the API's error formats
}

// newError returns the error of a non-2xx response, or of a 2xx response whose body reports a
// failure.
func (c *call) newError() *Error {
	e := &Error{
		Operation: string(c.operation), Method: c.request.Method, Path: c.path(),
		StatusCode: c.response.StatusCode, RetryAfter: httpx.RetryAfter(c.response.Header), Response: c.response,
	}
	var body, meta errorBody
	if json.Unmarshal(httpx.TrimBOM(c.response.Body), &body) == nil && json.Unmarshal(body["meta"], &meta) == nil {
		e.ContactID, e.MatchingField = meta.text("contactId"), meta.text("matchingField")
	}
	e.Messages = body.messages()
	e.hasMessage = len(e.Messages) > 0
	if !e.hasMessage && len(c.response.Body) > 0 {
		e.Messages = []string{strings.ToValidUTF8(string(c.response.Body), "\uFFFD")}
	}
	e.kind, e.classified, e.rejectsToken = e.classify(), true, e.isTokenError() // before the token is removed
	for i := range e.Messages {
		e.Messages[i] = redact.Secrets(e.Messages[i], c.token)
	}
	e.TraceID = redact.Secrets(body.text("traceId"), c.token)
	return e
}

// classify returns the sentinel error for the response, or nil if it matches none. The API's status
// codes are unreliable, so the message decides where it can.
func (e *Error) classify() error {
	message := e.lowerMessage()
	switch says := func(part string) bool { return strings.Contains(message, part) }; e.StatusCode {
	case http.StatusBadRequest:
		switch {
		case e.ContactID != "" || says("duplicated contact"):
			return ErrDuplicate
		case saysContactNotFound(message):
			return ErrNotFound
		}
		return ErrInvalid
	case http.StatusUnauthorized:
		switch {
		case says("scope"), says("authclass"), says("user type"), says("location"):
			return ErrForbidden
		case says("version header"):
			return ErrInvalid
		}
		return ErrUnauthorized
	case http.StatusForbidden:
		return ErrForbidden
	case http.StatusNotFound:
		if saysContactNotFound(message) || e.Operation == string(otherOperation) {
			return ErrNotFound
		}
		return nil // there is no such route
	case http.StatusUnprocessableEntity:
		return ErrInvalid
	case http.StatusTooManyRequests:
		return ErrRateLimited
	}
	if e.StatusCode >= http.StatusInternalServerError || isSuccess(e.StatusCode) {
		return ErrServer
	}
	return nil
}

// saysContactNotFound reports whether a message says that a contact does not exist.
func saysContactNotFound(message string) bool {
	_, rest, ok := strings.Cut(message, "contact")
	return ok && strings.Contains(rest, "not found")
}

// isTokenError reports whether the API rejected the token as invalid or expired. A new token does
// not change a scope, a class, a user type or a version.
func (e *Error) isTokenError() bool {
	message := e.lowerMessage()
	return errors.Is(e.classify(), ErrUnauthorized) && (strings.Contains(message, "invalid") || strings.Contains(message, "expired"))
}

// lowerMessage returns the messages in lower case. It returns "" for the HTML page of a gateway.
func (e *Error) lowerMessage() string {
	message := strings.ToLower(strings.Join(e.Messages, "\n"))
	if strings.HasPrefix(strings.TrimSpace(message), "<") {
		return ""
	}
	return message
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

// errorBody is the JSON body of an error response. Its properties are raw JSON, so that one
// property of an unexpected type does not make the others unreadable.
type errorBody map[string]json.RawMessage

// messages returns the messages of the first property that has messages: a scalar, or the elements
// of a list.
func (b errorBody) messages() []string {
	for _, name := range []string{"message", "error", "error_description"} {
		var elements []json.RawMessage
		if json.Unmarshal(b[name], &elements) != nil {
			if message := b.text(name); message != "" {
				return []string{message}
			}
		}
		var messages []string
		for _, element := range elements {
			messages = append(messages, unquote(element))
		}
		if len(messages) > 0 {
			return messages
		}
	}
	return nil
}

// text returns a scalar property as a string, or "" for any other property.
func (b errorBody) text(name string) string {
	if raw := bytes.TrimSpace(b[name]); bytes.HasPrefix(raw, []byte("{")) || bytes.HasPrefix(raw, []byte("[")) {
		return ""
	}
	return unquote(b[name])
}

// unquote returns a JSON string without its quotes, "" for null, and any other value as JSON.
func unquote(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

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
func (c *call) networkError(cause error, possiblySent bool) error {
	err := &callError{
		text: c.String() + ": " + redact.Text(cause.Error(), c.token), kind: ErrNetwork, cause: cause,
		attemptMaybeApplied: possiblySent && !httpx.NotProcessed(cause),
	}
	switch {
	case errors.Is(cause, ErrResponseTooLarge), c.callerCtx.Err() != nil:
		err.kind = nil
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
