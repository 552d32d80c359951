package client

import (
	"github.com/oapi-codegen/nullable"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// The models are generated from api/contacts.yaml. Package gen has their fields, and the types of
// the fields that have no name here, such as gen.DNDSettingsInput.
type (
	// Contact is a person or company in a location, as all operations, webhooks and [DecodeContact]
	// return it. Properties that are missing or null are zero. FirstName and LastName are in their
	// original case. Unknown properties are stored in Extra as one raw JSON object, at every depth.
	// See [gen.Contact] for the fields.
	Contact = gen.Contact
	// CustomFieldInput is a custom field to write. [CustomFieldDefinition.Input], [NewCustomField]
	// and [NewCustomFieldByKey] return one.
	CustomFieldInput = gen.CustomFieldInput

	// CreateContactRequest is the contact to create. Fields at their zero value are not sent. See
	// [gen.CreateContactRequest] for the fields.
	CreateContactRequest = gen.CreateContactRequest
	// UpdateContactRequest is a change of a contact. Optional scalars are [Nullable]: the zero
	// value is not sent and leaves the stored value unchanged, [Set] writes a value, and [Clear]
	// sends null. A nil slice is not sent; an empty slice removes all entries. See
	// [gen.UpdateContactRequest] for the fields.
	UpdateContactRequest = gen.UpdateContactRequest
	// UpsertContactRequest is the contact to create, or the change of the contact that matches. Its
	// optional scalars are [Nullable], as in [UpdateContactRequest]. See [gen.UpsertContactRequest]
	// for the fields.
	UpsertContactRequest = gen.UpsertContactRequest
	// UpsertContactResult is the result of an upsert: the contact, and whether it was created.
	UpsertContactResult = gen.UpsertContactResult
)

// Nullable is an optional field of a request with three states: the zero value is not sent, [Set]
// writes a value, and [Clear] sends null.
type Nullable[T any] = nullable.Nullable[T]

// Set returns a field that writes value, even if value is zero.
func Set[T any](value T) Nullable[T] {
	return nullable.NewNullableWithValue(value)
}

// SetNonZero returns a field that writes value if value is not zero. Otherwise the field is not
// sent, and the stored value is unchanged. Use it for optional input, such as CSV cells.
func SetNonZero[T comparable](value T) Nullable[T] {
	if value == *new(T) {
		return nil
	}
	return Set(value)
}

// Clear returns a field that sends null, which asks the API to remove the value. For a field that
// does not allow null the API responds with 422, an error that matches [ErrInvalid].
func Clear[T any]() Nullable[T] {
	return nullable.NewNullNullable[T]()
}
