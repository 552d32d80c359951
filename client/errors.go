package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// What went wrong, by meaning, for [errors.Is].
var (
	// ErrInvalid is a request that the API refuses for its form, or that this package refused before sending it.
	ErrInvalid = errors.New("invalid request")
	// ErrNotFound is a contact that does not exist. The API says so with a 400.
	ErrNotFound = errors.New("contact not found")
	// ErrDuplicate is a create that the location's rule against duplicates refused; [Error] names the contact in its way.
	ErrDuplicate = errors.New("duplicate contact")
	// ErrUnauthorized is every 401: a missing, bad or expired token, or one of those that are also ErrForbidden.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden is a good token that may not do this: wrong location (403), missing scope, wrong class or user type (401). A
	// fresh token of the same kind will not help.
	ErrForbidden = errors.New("forbidden")
	// ErrRateLimited is a 429: the burst or the daily budget is used up.
	ErrRateLimited = errors.New("rate limited")
	// ErrServer is a 5xx, and a success whose body says that it was none.
	ErrServer = errors.New("server error")
	// ErrMaybeApplied is any failure after which a write may have happened all the same. Look before you repeat a create.
	ErrMaybeApplied = errors.New("the write may have been applied: look before you repeat it")
	// ErrBadResponse is a 2xx without the JSON that was promised, or a list that leads nowhere.
	ErrBadResponse = errors.New("bad response")
	// ErrResponseTooLarge is a body over the limit of [WithMaxResponseBytes].
	ErrResponseTooLarge = errors.New("the response is larger")
)

// Error is an answer of the API that is not a success. [errors.As] finds it; [errors.Is] tells its meaning.
//
// The text of an Error, and its form in a log, hold operation, method, path, status, attempts if many, and trace id. The text also holds
// the API's message, shortened, with e-mail addresses, phone numbers and tokens taken out. Messages and Response have them as
// they came, but for the call's own token, which Messages never have.
type Error struct {
	Operation     string // operationId in api/contacts.yaml, such as getContact
	Method        string
	Path          string // without the query
	StatusCode    int
	Messages      []string      // the API's own words, one or more; empty if the body had none
	ContactID     string        // for a duplicate: the contact that is in the way
	MatchingField string        // for a duplicate: email or phone
	TraceID       string        // the vendor's id of the request, if it told one
	RetryAfter    time.Duration // how long the API asked to wait, 0 if it did not
	Response      Response

	meanings []error
	spoken   bool // Messages are what the API says in one of its dialects, rather than a body of another form
}

// Error returns the error's text, without personal data.
func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s %s: %d", e.Operation, e.Method, e.Path, e.StatusCode)
	if len(e.meanings) > 0 {
		fmt.Fprintf(&text, " %s", e.meanings[0])
	}
	if e.Response.Attempts > 1 {
		fmt.Fprintf(&text, " at attempt %d", e.Response.Attempts)
	}
	if e.spoken {
		fmt.Fprintf(&text, ": %s", sanitize(strings.Join(e.Messages, "; ")))
	}
	if e.TraceID != "" {
		fmt.Fprintf(&text, " (trace %s)", sanitize(e.TraceID))
	}
	if errors.Is(e, ErrMaybeApplied) {
		fmt.Fprintf(&text, "; %s", ErrMaybeApplied)
	}
	return text.String()
}

// GoString returns what Error returns.
func (e *Error) GoString() string { return e.Error() }

// MarshalText returns what Error returns, so that no encoding holds personal data.
func (e *Error) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// Is tells whether target is one of the meanings of e.
func (e *Error) Is(target error) bool {
	return slices.Contains(e.meanings, target)
}

// LogValue returns operation, method, path, status, attempts and trace id.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("operation", e.Operation), slog.String("method", e.Method), slog.String("path", e.Path),
		slog.Int("status", e.StatusCode), slog.Int("attempts", e.Response.Attempts), slog.String("trace_id", sanitize(e.TraceID)))
}

// newError maps a response that is not a success.
func newError(call *call) *Error {
	e := &Error{
		Operation: call.operation.id, Method: call.request.Method, Path: call.request.URL.EscapedPath(),
		StatusCode: call.response.StatusCode, Response: call.response, RetryAfter: retryAfter(call.response.Header),
	}
	var body, meta errorBody
	if json.Unmarshal(trimBOM(call.response.Body), &body) == nil && json.Unmarshal(body["meta"], &meta) == nil {
		e.ContactID, e.MatchingField = meta.text("contactId"), meta.text("matchingField")
	}
	e.Messages, e.TraceID = body.messages(), body.text("traceId")
	e.spoken = len(e.Messages) > 0
	if !e.spoken && len(call.response.Body) > 0 {
		e.Messages = []string{strings.ToValidUTF8(string(call.response.Body), "\uFFFD")}
	}
	for i := range e.Messages {
		e.Messages[i] = strings.ReplaceAll(e.Messages[i], call.token, redacted)
	}
	e.TraceID = strings.ReplaceAll(e.TraceID, call.token, redacted)
	e.meanings = meanings(e)
	if call.operation.write && maybeApplied(e.StatusCode) {
		e.meanings = append(e.meanings, ErrMaybeApplied)
	}
	return e
}

// errorBody is the body of an error in all its dialects. Members are raw, so that one of an odd type does not hide the others.
type errorBody map[string]json.RawMessage

// messages returns the texts of the first member that has any.
func (b errorBody) messages() []string {
	for _, name := range []string{"message", "error", "error_description"} {
		if texts := (FieldValue{raw: b[name]}).List(); len(texts) > 0 {
			return texts
		}
	}
	return nil
}

// text returns a member that is a text or a number.
func (b errorBody) text(name string) string {
	return FieldValue{raw: b[name]}.Text()
}

// dialect is what an answer means: the first row whose status is its own and whose words, in lower case and with anything for
// an ellipsis, it says. The words count where the status misleads.
var dialect = []struct {
	status int
	says   string
	means  []error
}{
	{http.StatusBadRequest, "duplicated contact", []error{ErrDuplicate}},
	{http.StatusBadRequest, "contact…not found", []error{ErrNotFound}},
	{http.StatusBadRequest, "", []error{ErrInvalid}},
	{http.StatusUnauthorized, "scope", []error{ErrForbidden, ErrUnauthorized}},
	{http.StatusUnauthorized, "authclass", []error{ErrForbidden, ErrUnauthorized}},
	{http.StatusUnauthorized, "user type", []error{ErrForbidden, ErrUnauthorized}},
	{http.StatusUnauthorized, "version header", []error{ErrInvalid, ErrUnauthorized}},
	{http.StatusUnauthorized, "", []error{ErrUnauthorized}},
	{http.StatusForbidden, "", []error{ErrForbidden}},
	{http.StatusNotFound, "contact…not found", []error{ErrNotFound}}, // without these words there is no such route
	{http.StatusUnprocessableEntity, "", []error{ErrInvalid}},
	{http.StatusTooManyRequests, "", []error{ErrRateLimited}},
}

// meanings tells what an answer means, the foremost meaning first.
func meanings(e *Error) []error {
	if e.StatusCode == http.StatusBadRequest && e.ContactID != "" {
		return []error{ErrDuplicate}
	}
	if e.StatusCode >= http.StatusInternalServerError || isSuccess(e.StatusCode) {
		return []error{ErrServer}
	}
	text := strings.ToLower(strings.Join(e.Messages, "\n"))
	if strings.HasPrefix(text, "<") {
		text = "" // a gateway's page, not the API's words
	}
	for _, row := range dialect {
		before, after, _ := strings.Cut(row.says, "…")
		if _, rest, said := strings.Cut(text, before); said && e.StatusCode == row.status && strings.Contains(rest, after) {
			return slices.Clone(row.means)
		}
	}
	return nil
}

// maybeApplied tells whether a write that was answered with status may have happened.
func maybeApplied(status int) bool {
	return status >= http.StatusInternalServerError || status == http.StatusRequestTimeout
}

// badResponse wraps what is wrong with the body of a success.
func badResponse(call *call, cause error) error {
	err := fmt.Errorf("%s: %w: status %d, content type %q, %d bytes: %w", call, ErrBadResponse, call.response.StatusCode,
		sanitize(call.response.Header.Get("Content-Type")), len(call.response.Body), cause)
	if call.operation.write {
		return fmt.Errorf("%w; %w", err, ErrMaybeApplied)
	}
	return err
}

// foreignError is an error of someone else's, whose text may say too much.
type foreignError struct{ error }

func (e foreignError) Error() string { return sanitize(e.error.Error()) }

func (e foreignError) Unwrap() error { return e.error }

// numeric are ids, instants and network addresses, which look like phone numbers in part.
const numeric = `[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z?|\d+\.\d+\.\d+\.\d+`

var (
	personal = regexp.MustCompile(`[^\s"'<>]*@[^\s"'<>]+|\bpit-[\w-]+|\beyJ[\w.-]+|\?[^\s"'<>]+|` + numeric + `|\+?\b\d[\d ().-]{5,}\d\b`)
	harmless = regexp.MustCompile(`^(?:` + numeric + `)$`)
)

// sanitize makes a foreign text fit to print: one line, short, without e-mail addresses, phone numbers, queries and tokens.
func sanitize(text string) string {
	const longest = 300
	text = personal.ReplaceAllStringFunc(text, func(found string) string {
		if harmless.MatchString(found) {
			return found
		}
		return redacted
	})
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }), " ")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}
