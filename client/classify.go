package client

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
	"github.com/highlevel-contacts/contacts-go/client/internal/lenientjson"
	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

// newError returns the error of a non-2xx response, or of a 2xx response whose body reports a
// failure.
func newError(op operation, method, path string, response Response, token string, maybeApplied bool) *Error {
	e := &Error{
		Operation: op.name, Method: method, Path: path, StatusCode: response.StatusCode, MaybeApplied: maybeApplied, Response: response,
	}
	e.RetryAfter, _ = httpx.RetryAfter(response.Header)
	body := parseErrorBody(response.Body)
	e.ContactID, e.MatchingField = body.Meta.ContactID, body.Meta.MatchingField
	messages := body.messages()
	if len(messages) == 0 && len(response.Body) > 0 {
		messages = []string{strings.ToValidUTF8(string(response.Body), "\uFFFD")}
	}
	e.Kind = classify(op, response.StatusCode, lowerMessage(messages), e.ContactID)
	for _, message := range messages {
		e.Messages = append(e.Messages, redact.Secrets(message, token))
	}
	e.TraceID = redact.Secrets(body.TraceID, token)
	return e
}

// classify returns the kind of a response. The API's status codes are unreliable, so known messages
// take precedence over them.
func classify(op operation, status int, message, existingID string) Kind {
	switch {
	case status == http.StatusBadRequest && (existingID != "" || strings.Contains(message, "duplicated contact")):
		return ErrDuplicate
	case (status == http.StatusBadRequest || status == http.StatusNotFound) && contactNotFound.MatchString(message):
		return ErrNotFound
	case status == http.StatusNotFound && op.has404:
		return ErrNotFound
	case status == http.StatusUnauthorized && httpx.DeniesAccess(message), status == http.StatusForbidden:
		return ErrForbidden
	case status == http.StatusUnauthorized && strings.Contains(message, "version header"):
		return ErrInvalid
	case status == http.StatusUnauthorized:
		return ErrUnauthorized
	case status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		return ErrInvalid
	case status == http.StatusTooManyRequests:
		return ErrRateLimited
	case status >= http.StatusInternalServerError, isSuccess(status):
		return ErrServer
	}
	return errOther
}

// contactNotFound matches a message that says that a contact does not exist.
var contactNotFound = regexp.MustCompile(`(?s)contact.*not found`)

// rejectsToken reports whether the API rejected the token as invalid or expired. A new token does
// not help against anything else.
func rejectsToken(e *Error) bool {
	if e == nil || e.StatusCode != http.StatusUnauthorized || e.Kind != ErrUnauthorized {
		return false
	}
	message := lowerMessage(e.Messages)
	return strings.Contains(message, "invalid") || strings.Contains(message, "expired")
}

// lowerMessage returns the messages in lower case. It returns "" for the HTML page of a gateway.
func lowerMessage(messages []string) string {
	message := strings.ToLower(strings.Join(messages, "\n"))
	if strings.HasPrefix(strings.TrimSpace(message), "<") {
		return ""
	}
	return message
}

// reportsFailure reports whether the body of a 2xx response says that the operation failed. The API
// sends "succeeded" in two spellings.
func reportsFailure(body []byte) bool {
	if !bytes.Contains(body, []byte(`"succe`)) {
		return false
	}
	result := parseErrorBody(body)
	return fmt.Sprint(result.Succeeded) == "false" || fmt.Sprint(result.Succeded) == "false"
}

// errorBody is the JSON body of an error response, or of a response that reports a failure.
type errorBody struct {
	Message          []string `json:"message"`
	Error            []string `json:"error"`
	ErrorDescription []string `json:"error_description"`
	TraceID          string   `json:"traceId"`
	Meta             struct {
		ContactID     string `json:"contactId"`
		MatchingField string `json:"matchingField"`
	} `json:"meta"`
	Succeeded any `json:"succeeded"`
	Succeded  any `json:"succeded"`
}

// parseErrorBody decodes a body. Properties of unexpected types, and a body in another format, have no
// values.
func parseErrorBody(body []byte) (parsed errorBody) {
	_, _ = lenientjson.Decode(body, &parsed, nil)
	return parsed
}

// messages returns the messages of the first property that has messages.
func (b *errorBody) messages() []string {
	for _, messages := range [][]string{b.Message, b.Error, b.ErrorDescription} {
		if strings.Join(messages, "") != "" {
			return messages
		}
	}
	return nil
}
