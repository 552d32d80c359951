package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
	"github.com/highlevel-contacts/contacts-go/client/internal/lenientjson"
	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

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
// codes are unreliable, so known messages take precedence over them.
func (e *Error) classify() error {
	message := e.lowerMessage()
	says := func(part string) bool { return strings.Contains(message, part) }
	switch e.StatusCode {
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
			messages = append(messages, lenientjson.Text(jsontext.Value(element)))
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
	return lenientjson.Text(jsontext.Value(b[name]))
}
