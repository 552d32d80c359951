package client

import (
	"github.com/oapi-codegen/nullable"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// The models are generated from api/contacts.yaml. Package gen shows their fields.
type (
	// Contact is a person or company in a location, as all operations, webhooks and [DecodeContact]
	// return it. Properties that are missing or null are zero. FirstName and LastName are in their
	// original case. Unknown properties are stored in Extra as one raw JSON object, at every depth.
	// See [gen.Contact] for the fields.
	Contact = gen.Contact
	// AdditionalEmail is a secondary email address of a contact.
	AdditionalEmail = gen.AdditionalEmail
	// AdditionalPhone is a secondary phone number of a contact.
	AdditionalPhone = gen.AdditionalPhone
	// Attribution describes where a contact came from.
	Attribution = gen.Attribution
	// CreatedBy describes who or what created or updated a contact.
	CreatedBy = gen.CreatedBy
	// CustomField is the value of a custom field as the API returns it. [ReadCustomField] and
	// [CustomFieldByID] read it.
	CustomField = gen.CustomField
	// CustomFieldInput is a custom field to write. [CustomFieldDefinition.Input], [NewCustomField]
	// and [NewCustomFieldByKey] return one.
	CustomFieldInput = gen.CustomFieldInput
	// DNDSettings is the do-not-disturb setting of each channel as the API returns it.
	DNDSettings = gen.DNDSettings
	// DNDSetting is the do-not-disturb setting of one channel.
	DNDSetting = gen.DNDSetting
	// DNDSettingsInput is the do-not-disturb setting of each channel to write.
	DNDSettingsInput = gen.DNDSettingsInput
	// DNDSettingInput is the do-not-disturb setting of one channel to write.
	DNDSettingInput = gen.DNDSettingInput
	// DNDStatus is the status of a do-not-disturb setting: [DNDActive], [DNDInactive],
	// [DNDPermanent], or a status that the API adds later.
	DNDStatus = gen.DNDStatus
	// InboundDNDSettings is the do-not-disturb setting for messages from the contact, as the API
	// returns it.
	InboundDNDSettings = gen.InboundDNDSettings
	// InboundDNDSetting is the do-not-disturb setting for messages from the contact, on all channels.
	InboundDNDSetting = gen.InboundDNDSetting
	// InboundDNDSettingsInput is the do-not-disturb setting to write for messages from the contact.
	InboundDNDSettingsInput = gen.InboundDNDSettingsInput
	// InboundDNDSettingInput is the do-not-disturb setting to write for messages from the contact, on
	// all channels.
	InboundDNDSettingInput = gen.InboundDNDSettingInput

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

// The known statuses of a do-not-disturb setting.
const (
	DNDActive    = gen.DNDStatusActive
	DNDInactive  = gen.DNDStatusInactive
	DNDPermanent = gen.DNDStatusPermanent
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
