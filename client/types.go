package client

import (
	"time"

	"github.com/oapi-codegen/nullable"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// The models are generated from api/contacts.yaml; these are their names in this package.
type (
	// Contact is a person or company in a location, as all seven operations answer it. Members that are missing or null are
	// zero; members that the document does not know are in Extra, one raw JSON object.
	Contact = gen.Contact
	// AdditionalEmail is a secondary e-mail address of a contact.
	AdditionalEmail = gen.AdditionalEmail
	// AdditionalPhone is a secondary phone number of a contact.
	AdditionalPhone = gen.AdditionalPhone
	// Attribution tells where a contact came from.
	Attribution = gen.Attribution
	// CreatedBy tells who or what created a contact.
	CreatedBy = gen.CreatedBy
	// CustomField is the value of a custom field as the API answers it; [ReadField] reads it.
	CustomField = gen.CustomField
	// CustomFieldInput is a custom field to write; [Field] and [FieldByKey] make one.
	CustomFieldInput = gen.CustomFieldInput
	// DNDSettings is do-not-disturb by channel.
	DNDSettings = gen.DNDSettings
	// DNDSetting is do-not-disturb for one channel.
	DNDSetting = gen.DNDSetting
	// DNDStatus is the state of do-not-disturb: [DNDActive], [DNDInactive], [DNDPermanent], or what the API adds.
	DNDStatus = gen.DNDStatus
	// InboundDNDSettings is do-not-disturb for messages from the contact.
	InboundDNDSettings = gen.InboundDNDSettings
	// InboundDNDSetting is do-not-disturb for messages from the contact, on all channels.
	InboundDNDSetting = gen.InboundDNDSetting

	// CreateContactRequest is the contact to create. Members at their zero value are not sent.
	CreateContactRequest = gen.CreateContactRequest
	// UpdateContactRequest is the change to make: what is not set is kept. See [Set] and [Clear].
	UpdateContactRequest = gen.UpdateContactRequest
	// UpsertContactRequest is the contact to create, or the change to make to the one that matches. See [Set] and [Clear].
	UpsertContactRequest = gen.UpsertContactRequest
	// UpsertContactResult is what an upsert did: New tells whether the contact was created.
	UpsertContactResult = gen.UpsertContactResult
)

// The known states of do-not-disturb.
const (
	DNDActive    = gen.DNDStatusActive
	DNDInactive  = gen.DNDStatusInactive
	DNDPermanent = gen.DNDStatusPermanent
)

// Set returns a member of an update or upsert that writes value. The zero member, by contrast, is not sent.
func Set[T any](value T) nullable.Nullable[T] {
	return nullable.NewNullableWithValue(value)
}

// Clear returns a member of an update or upsert that sends null, which asks the API to remove the value.
func Clear[T any]() nullable.Nullable[T] {
	return nullable.NewNullNullable[T]()
}

// Ptr returns a pointer to value, for members such as DND that tell false from not sent. It is new(value) in Go 1.26.
func Ptr[T any](value T) *T {
	return new(value)
}

// LastActivity returns the instant of the contact's last activity, which the API sends as milliseconds in lists and as text
// elsewhere. It is zero if there is none, or if what was sent is no instant.
func LastActivity(contact *Contact) time.Time {
	instant, _ := parseInstant(contact.LastActivity)
	return instant
}
