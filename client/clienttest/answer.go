package clienttest

import (
	"maps"
	"net/http"
	"strconv"
)

const jsonType = "application/json; charset=utf-8"

// answer is a response before it is sent. A *answer that is not nil is a refusal.
type answer struct {
	status int
	header http.Header
	body   []byte
	pooled *object // that the body was written to, for another list when the answer has been sent; nil for most
}

func succeed(status int, body []byte) answer {
	return answer{status: status, header: http.Header{"Content-Type": {jsonType}}, body: body}
}

// refuse answers in the newer dialect of errors: statusCode, message and sometimes error.
func refuse(status int, message, name string) *answer {
	body := newObject(128)
	body.integer("statusCode", int64(status))
	body.text("message", message)
	body.text("error", name)
	a := succeed(status, body.end())
	return &a
}

func unknownRoute(method, path string) *answer {
	return refuse(http.StatusNotFound, "Cannot "+method+" "+path, "Not Found")
}

func forbidden() *answer {
	return refuse(http.StatusForbidden, "The token does not have access to this location.", "")
}

func malformed(message string) *answer {
	return refuse(http.StatusBadRequest, message, "Bad Request")
}

func unprocessable(messages ...string) *answer {
	body := newObject(128)
	body.list("message", messages)
	body.text("error", "Unprocessable Entity")
	body.integer("statusCode", http.StatusUnprocessableEntity)
	a := succeed(http.StatusUnprocessableEntity, body.end())
	return &a
}

// notFound is a 400 of the older dialect: error and status, no message.
func notFound(id string) answer {
	body := newObject(128)
	body.text("error", "Contact with id "+id+" not found")
	body.integer("status", http.StatusBadRequest)
	return succeed(http.StatusBadRequest, body.end())
}

// deletedJustNow is what notFound is for a moment after a delete.
func deletedJustNow(id string) answer {
	return *refuse(http.StatusBadRequest, "Contact not found for id:"+id, "")
}

func duplicate(of *record, matching text) *answer {
	meta := newObject(128)
	meta.text("contactId", of.id)
	meta.text("matchingField", matching.name())
	meta.text("contactName", of.fullName())
	body := newObject(256)
	body.integer("statusCode", http.StatusBadRequest)
	body.text("message", "This location does not allow duplicated contacts.")
	body.raw("meta", meta.end())
	a := succeed(http.StatusBadRequest, body.end())
	return &a
}

func broken(err error) answer {
	return *refuse(http.StatusInternalServerError, err.Error(), "")
}

// send writes an answer. What cannot be sent because the caller has gone is nobody's loss.
func (a *answer) send(w http.ResponseWriter) {
	header := w.Header()
	maps.Copy(header, a.header)
	header.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}
