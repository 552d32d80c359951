package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// operation is what the wrapper knows of one of the API's operations.
type operation struct {
	id         string // as in api/contacts.yaml
	write      bool   // whether a failure may leave something changed
	repeatable bool   // whether doing it twice is as good as doing it once
}

var (
	getContact              = &operation{id: "getContact", repeatable: true}
	createContact           = &operation{id: "createContact", write: true}
	updateContact           = &operation{id: "updateContact", write: true, repeatable: true}
	upsertContact           = &operation{id: "upsertContact", write: true, repeatable: true}
	upsertNewContact        = &operation{id: "upsertContact", write: true} // with createNewIfDuplicateAllowed
	deleteContact           = &operation{id: "deleteContact", write: true, repeatable: true}
	getContacts             = &operation{id: "getContacts", repeatable: true}
	getContactsByBusinessID = &operation{id: "getContactsByBusinessId", repeatable: true}
)

// routes tell operations by method and what follows /contacts/ up to the next slash; an id is a star.
var routes = map[string]*operation{
	"GET ": getContacts, "POST ": createContact, "POST upsert": upsertContact, "GET business": getContactsByBusinessID,
	"GET *": getContact, "PUT *": updateContact, "DELETE *": deleteContact,
}

// routedOperation tells the operation of a request that did not come from the wrapper's methods but from Generated. One that is
// unknown, by an id that leads elsewhere, counts as the one that is not repeated.
func routedOperation(req *http.Request) *operation {
	const root = "/contacts/"
	route := "*"
	if at := strings.LastIndex(req.URL.Path, root); at >= 0 {
		route, _, _ = strings.Cut(req.URL.Path[at+len(root):], "/")
	}
	return cmp.Or(routes[req.Method+" "+route], routes[req.Method+" *"], createContact)
}

// call is one call of an operation: what the caller asked for besides the request, and what came back.
type call struct {
	ctx       context.Context //nolint:containedctx // the caller's own, without this call in it: for token sources
	operation *operation
	header    http.Header
	capture   *Response
	token     string
	request   *http.Request // the first attempt's; nil until the doer has it
	response  Response      // the latest
	idle      time.Time     // since when nothing is under way
	waited    time.Duration // before the latest attempt
	unclear   bool          // after one of the attempts a write may have happened
	renewed   bool          // the token source was asked again
}

type callKey struct{}

func newCall(ctx context.Context, op *operation, opts []CallOption) (*call, error) {
	call := &call{ctx: ctx, operation: op}
	for _, opt := range opts {
		if opt == nil {
			return nil, fmt.Errorf("%s: %w: a nil CallOption", op.id, ErrInvalid)
		}
		if err := opt(call); err != nil {
			return nil, err
		}
	}
	return call, nil
}

// String returns operation, method and path.
func (c *call) String() string {
	return c.operation.id + ": " + c.request.Method + " " + c.request.URL.EscapedPath()
}

// context returns the caller's context with the call in it, for the doer to find.
func (c *call) context() context.Context {
	return context.WithValue(c.ctx, callKey{}, c)
}

// callOf returns the call that req belongs to, and req with the call in its context.
func callOf(req *http.Request) (*call, *http.Request) {
	found, ok := req.Context().Value(callKey{}).(*call)
	if !ok {
		found = &call{ctx: req.Context(), operation: routedOperation(req)}
		req = req.WithContext(found.context())
	}
	if found.operation == upsertContact && asksNewCreation(req) {
		found.operation = upsertNewContact
	}
	return found, req
}

// nextRequest returns the request of the next attempt. The transport may still be reading that of the one before.
func (c *call) nextRequest() (*http.Request, error) {
	if c.response.Attempts == 0 {
		return c.request, nil
	}
	next := c.request.Clone(c.request.Context())
	if c.request.GetBody == nil {
		return next, nil
	}
	body, err := c.request.GetBody()
	next.Body = body
	return next, err
}

// remember adds to the error that ends a call that an earlier attempt may have changed something.
func (c *call) remember(err error) error {
	if !c.unclear || errors.Is(err, ErrMaybeApplied) {
		return err
	}
	return fmt.Errorf("%w; in an earlier attempt %w", err, ErrMaybeApplied)
}

// OperationFromContext returns the operationId of the call that a request belongs to, such as getContact, from the context of
// that request: for the names of spans and metrics in an [http.RoundTripper]. It is empty for other contexts.
func OperationFromContext(ctx context.Context) string {
	if found, ok := ctx.Value(callKey{}).(*call); ok {
		return found.operation.id
	}
	return ""
}
