package wire

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// Response is a response before it is sent.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON returns a response with a JSON body.
func JSON(status int, body Object) Response {
	return Response{status, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, Encode(body)}
}

// Error is an error response of the API.
type Error struct {
	Status int
	Body   Object
	Traced bool // whether the body has a traceId, which the server adds
}

// Error returns the message of the error.
func (e *Error) Error() string {
	for _, name := range []string{"message", "error_description"} {
		if message, ok := e.Body[name]; ok {
			return strings.Trim(fmt.Sprint(message), "[]")
		}
	}
	return fmt.Sprint(e.Body["error"])
}

// NewError returns an error in the newer of the API's two forms.
func NewError(status int, message string) *Error {
	return &Error{Status: status, Body: Object{"statusCode": status, "message": message}}
}

// Named returns the error with its name in the property error.
func (e *Error) Named(name string) *Error {
	e.Body["error"] = name
	return e
}

// Forbidden returns the error for a location to which the token does not belong.
func Forbidden() *Error {
	return NewError(http.StatusForbidden, "The token does not have access to this location.")
}

// BadRequest returns the error for a request that cannot be read.
func BadRequest(message string) *Error {
	err := NewError(http.StatusBadRequest, message).Named("Bad Request")
	err.Traced = true
	return err
}

// Unprocessable returns the error for invalid values. The message is a string or a list of them.
func Unprocessable(message any) *Error {
	const status = http.StatusUnprocessableEntity
	body := Object{"message": message, "error": "Unprocessable Entity", "statusCode": status}
	return &Error{Status: status, Body: body, Traced: true}
}

// NotFound returns the error for a contact that does not exist. It is a 400 in the older form, with
// error and status and without a message.
func NotFound(id string) *Error {
	const status = http.StatusBadRequest
	return &Error{Status: status, Body: Object{"error": "Contact with id " + id + " not found", "status": status}}
}

// Duplicate returns the error for a write that duplicates an existing contact.
func Duplicate(existing *gen.Contact, matchingField string) *Error {
	err := NewError(http.StatusBadRequest, "This location does not allow duplicated contacts.")
	err.Body["meta"] = Object{"contactId": existing.ID, "matchingField": matchingField, "contactName": existing.Name}
	return err
}

// OAuthError returns an error of an OAuth endpoint.
func OAuthError(status int, name, description string) *Error {
	return &Error{Status: status, Body: Object{"error": name, "error_description": description}}
}
