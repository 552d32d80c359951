package client

import (
	"github.com/oapi-codegen/nullable"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// The models are generated from api/contacts.yaml. Package gen shows all their fields.
type (
	// Contact is a person or company in a location, as all operations return it. Properties
	// that are missing or null are zero. Unknown properties are stored in Extra as one raw JSON
	// object, at every depth.
	//
	// Main fields: ID, LocationID, FirstName, LastName, Email, Phone, CompanyName, Address1, City,
	// State, PostalCode, Country, Tags, CustomFields, DND, DNDSettings, Source, AssignedTo,
	// BusinessID, DateAdded, DateUpdated, Extra. See [gen.Contact].
	Contact = gen.Contact
	// AdditionalEmail is a secondary email address of a contact: Email, ValidEmail. See
	// [gen.AdditionalEmail].
	AdditionalEmail = gen.AdditionalEmail
	// AdditionalPhone is a secondary phone number of a contact: Phone, PhoneLabel. See
	// [gen.AdditionalPhone].
	AdditionalPhone = gen.AdditionalPhone
	// Attribution describes where a contact came from: URL, Referrer, Medium, the utm parameters
	// and others. See [gen.Attribution].
	Attribution = gen.Attribution
	// CreatedBy describes who or what created a contact: Source, Channel, SourceID, SourceName,
	// Timestamp. See [gen.CreatedBy].
	CreatedBy = gen.CreatedBy
	// CustomField is the value of a custom field as the API returns it: ID, Value.
	// [ReadCustomField] and [CustomFieldByID] read it. See [gen.CustomField].
	CustomField = gen.CustomField
	// CustomFieldInput is a custom field to write: ID or Key, FieldValue. [NewCustomField] and
	// [NewCustomFieldByKey] return one. See [gen.CustomFieldInput].
	CustomFieldInput = gen.CustomFieldInput
	// DNDSettings is the do-not-disturb setting of each channel as the API returns it: Call, Email,
	// SMS, WhatsApp, GMB, FB, RCS. See [gen.DNDSettings].
	DNDSettings = gen.DNDSettings
	// DNDSettingsInput is the do-not-disturb setting of each channel to write. The channels are
	// those of DNDSettings except RCS. See [gen.DNDSettingsInput].
	DNDSettingsInput = gen.DNDSettingsInput
	// DNDSetting is the do-not-disturb setting of one channel: Status, Message, Code. See
	// [gen.DNDSetting].
	DNDSetting = gen.DNDSetting
	// DNDSettingInput is the do-not-disturb setting of one channel to write. See
	// [gen.DNDSettingInput].
	DNDSettingInput = gen.DNDSettingInput
	// DNDStatus is the status of a do-not-disturb setting: [DNDActive], [DNDInactive],
	// [DNDPermanent], or a status that the API adds later.
	DNDStatus = gen.DNDStatus
	// InboundDNDSettings is the do-not-disturb setting for messages from the contact, as the API
	// returns it. See [gen.InboundDNDSettings].
	InboundDNDSettings = gen.InboundDNDSettings
	// InboundDNDSetting is the do-not-disturb setting for messages from the contact, on all
	// channels: Status, Message. See [gen.InboundDNDSetting].
	InboundDNDSetting = gen.InboundDNDSetting
	// InboundDNDSettingInput is the do-not-disturb setting for messages from the contact to write,
	// on all channels. See [gen.InboundDNDSettingInput].
	InboundDNDSettingInput = gen.InboundDNDSettingInput
	// InboundDNDSettingsInput is the do-not-disturb setting for messages from the contact to write.
	// See [gen.InboundDNDSettingsInput].
	InboundDNDSettingsInput = gen.InboundDNDSettingsInput

	// CreateContactRequest is the contact to create. Fields at their zero value are not sent.
	//
	// Main fields: LocationID, FirstName, LastName, Email, Phone, CompanyName, Address1, City,
	// State, PostalCode, Country, Tags, CustomFields, DND, Source, AssignedTo. See
	// [gen.CreateContactRequest].
	CreateContactRequest = gen.CreateContactRequest
	// UpdateContactRequest is a change of a contact. Optional scalars are [Nullable]: the zero
	// value is not sent and leaves the stored value unchanged, [Set] writes a value, and [Clear]
	// sends null. A nil slice is not sent; an empty slice removes all entries.
	//
	// Main fields: FirstName, LastName, Email, Phone, Address1, City, State, PostalCode, Country,
	// Tags, CustomFields, DND, Source, AssignedTo. See [gen.UpdateContactRequest].
	UpdateContactRequest = gen.UpdateContactRequest
	// UpsertContactRequest is the contact to create, or the change of the contact that matches. Its
	// optional scalars are [Nullable], as in [UpdateContactRequest].
	//
	// Main fields: those of UpdateContactRequest, LocationID, Gender, CompanyName,
	// CreateNewIfDuplicateAllowed. See [gen.UpsertContactRequest].
	UpsertContactRequest = gen.UpsertContactRequest
	// UpsertContactResult is the result of an upsert: Contact, and New, which reports whether the
	// contact was created. See [gen.UpsertContactResult].
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

// Clear returns a field that sends null, which asks the API to remove the value. If the API does
// not allow null for a field, methods return an error that matches [ErrInvalid].
func Clear[T any]() Nullable[T] {
	return nullable.NewNullNullable[T]()
}
