package client

import (
	"context"
	"net/http"
	"strings"
)

// operation is what the wrapper knows of one of the API's operations.
type operation struct {
	id    string // as in api/contacts.yaml
	write bool   // whether a failure may leave something changed
}

var (
	getContact              = &operation{id: "getContact"}
	createContact           = &operation{id: "createContact", write: true}
	updateContact           = &operation{id: "updateContact", write: true}
	upsertContact           = &operation{id: "upsertContact", write: true}
	deleteContact           = &operation{id: "deleteContact", write: true}
	getContacts             = &operation{id: "getContacts"}
	getContactsByBusinessID = &operation{id: "getContactsByBusinessId"}
)

// routedOperation tells the operation of a request that did not come from the wrapper's methods but from Generated.
func routedOperation(req *http.Request) *operation {
	const root = "/contacts/"
	route := req.URL.Path[strings.LastIndex(req.URL.Path, root)+len(root):]
	switch {
	case req.Method == http.MethodGet && route == "":
		return getContacts
	case req.Method == http.MethodGet && strings.HasPrefix(route, "business/"):
		return getContactsByBusinessID
	case req.Method == http.MethodGet:
		return getContact
	case req.Method == http.MethodPut:
		return updateContact
	case req.Method == http.MethodDelete:
		return deleteContact
	case route == "upsert":
		return upsertContact
	default:
		return createContact
	}
}

// call is one call of an operation: what the caller asked for besides the request, and what came back.
type call struct {
	ctx       context.Context //nolint:containedctx // the caller's own, without this call in it: for token sources
	operation *operation
	header    http.Header
	capture   *Response
	token     string
	request   *http.Request // nil until the doer has it
	response  Response
}

type callKey struct{}

func newCall(ctx context.Context, op *operation, opts []CallOption) (*call, error) {
	call := &call{ctx: ctx, operation: op}
	for _, opt := range opts {
		if err := opt(call); err != nil {
			return nil, err
		}
	}
	return call, nil
}

// String returns operation, method and path.
func (c *call) String() string {
	return c.operation.id + ": " + c.request.Method + " " + c.request.URL.Path
}

// context returns the caller's context with the call in it, for the doer to find.
func (c *call) context() context.Context {
	return context.WithValue(c.ctx, callKey{}, c)
}

// callOf returns the call that req belongs to.
func callOf(req *http.Request) *call {
	if call, ok := req.Context().Value(callKey{}).(*call); ok {
		return call
	}
	return &call{ctx: req.Context(), operation: routedOperation(req)}
}
