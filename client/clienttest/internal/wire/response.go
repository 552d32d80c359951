package wire

import (
	"fmt"
	"net/http"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// JSONType is the Content-Type of the API's responses.
const JSONType = "application/json; charset=utf-8"

// Response is a response before it is sent.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON returns a response with a JSON body.
func JSON(status int, body []byte) Response {
	return Response{Status: status, Header: http.Header{"Content-Type": {JSONType}}, Body: body}
}

// Error is an error response of the API.
type Error struct {
	Response

	Traced bool // whether the body has a traceId, which the server adds
}

// Error implements the error interface.
func (e *Error) Error() string { return fmt.Sprintf("status %d: %s", e.Status, e.Body) }

// NewError returns an error in the newer of the API's two forms, with statusCode, message and, if
// name is not empty, error.
func NewError(status int, message, name string) *Error {
	var body Object
	body.Value("statusCode", status)
	body.String("message", message)
	body.String("error", name)
	return &Error{Response: JSON(status, body.End())}
}

// Forbidden returns the error for a location to which the token does not belong.
func Forbidden() *Error {
	return NewError(http.StatusForbidden, "The token does not have access to this location.", "")
}

// BadRequest returns the error for a request that cannot be read.
func BadRequest(message string) *Error {
	err := NewError(http.StatusBadRequest, message, "Bad Request")
	err.Traced = true
	return err
}

// Unprocessable returns the error for invalid values.
func Unprocessable(messages ...string) *Error { return unprocessable(messages) }

// UnprocessableText returns the error for invalid values with one message that is not in a list.
func UnprocessableText(message string) *Error { return unprocessable(message) }

func unprocessable(message any) *Error {
	var body Object
	body.Value("message", message)
	body.String("error", "Unprocessable Entity")
	body.Value("statusCode", http.StatusUnprocessableEntity)
	return &Error{Response: JSON(http.StatusUnprocessableEntity, body.End()), Traced: true}
}

// NotFound returns the error for a contact that does not exist. It is a 400 in the older form, with
// error and status and without a message.
func NotFound(id string) *Error {
	var body Object
	body.String("error", "Contact with id "+id+" not found")
	body.Value("status", http.StatusBadRequest)
	return &Error{Response: JSON(http.StatusBadRequest, body.End())}
}

// Duplicate returns the error for a write that duplicates an existing contact.
func Duplicate(existing *gen.Contact, matchingField string) *Error {
	var meta, body Object
	meta.String("contactId", existing.ID)
	meta.String("matchingField", matchingField)
	meta.String("contactName", existing.Name)
	body.Value("statusCode", http.StatusBadRequest)
	body.String("message", "This location does not allow duplicated contacts.")
	body.Raw("meta", meta.End())
	return &Error{Response: JSON(http.StatusBadRequest, body.End())}
}

// InvalidGrant returns the error for a refresh token that is used or unknown.
func InvalidGrant() *Error {
	return &Error{Response: JSON(http.StatusBadRequest, []byte(`{"error":"invalid_grant","error_description":"This refresh token is invalid"}`))}
}

// OAuthError returns the error for credentials that an OAuth endpoint rejects.
func OAuthError(description string) *Error {
	var body Object
	body.String("error", "UnAuthorized!")
	body.String("error_description", description)
	return &Error{Response: JSON(http.StatusUnauthorized, body.End())}
}
