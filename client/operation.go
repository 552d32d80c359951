package client

import "context"

// operation is the operationId of an operation in api/contacts.yaml.
type operation string

const (
	getContact              operation = "getContact"
	createContact           operation = "createContact"
	updateContact           operation = "updateContact"
	upsertContact           operation = "upsertContact"
	deleteContact           operation = "deleteContact"
	getContacts             operation = "getContacts"
	getContactsByBusinessID operation = "getContactsByBusinessId"
	otherOperation          operation = "do" // of Client.Do
)

// OperationFromContext returns the operationId of the call to which a request belongs, such as
// "getContact", or "do" for [Client.Do]. An HTTP transport can pass it the context of a request, to
// name spans and metrics. It returns "" for other contexts.
func OperationFromContext(ctx context.Context) string {
	op, _ := ctx.Value(operationKey{}).(operation)
	return string(op)
}

type operationKey struct{}

// operationContext is the context of the requests of a call: the caller's context with the
// operation.
type operationContext struct {
	context.Context //nolint:containedctx // it is a context
	operation       operation
}

// Value returns the operation, or the value of the caller's context.
func (c *operationContext) Value(key any) any {
	if key == (operationKey{}) {
		return c.operation
	}
	return c.Context.Value(key)
}
