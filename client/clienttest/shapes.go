package clienttest

import (
	"encoding/json"
	"strings"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// The same contact looks different in a list, in GET by id and in the answer to a create. These three functions hold all
// that is known of the differences.

// writeItem writes a contact as lists send it: what it lacks is null, names are lower-cased beside the Raw pair.
func (o *object) writeItem(r *record, b *Behavior) {
	o.text("id", r.id)
	o.text("locationId", r.location)
	o.textOrNull("contactName", strings.ToLower(r.fullName()))
	o.textOrNull("firstName", strings.ToLower(r.text(firstName)))
	o.textOrNull("lastName", strings.ToLower(r.text(lastName)))
	o.textOrNull("firstNameRaw", r.text(firstName))
	o.textOrNull("lastNameRaw", r.text(lastName))
	for _, member := range []text{companyName, email, phone} {
		o.textOrNull(member.name(), r.text(member))
	}
	o.boolean("dnd", r.dnd)
	if r.dndSettings == nil {
		o.null("dndSettings")
	} else {
		o.value("dndSettings", r.dndSettings)
	}
	for _, member := range []text{contactType, source, assignedTo, city, state, postalCode, address1, country, website, timezone} {
		o.textOrNull(member.name(), r.text(member))
	}
	o.instant("dateAdded", r.added)
	o.instant("dateUpdated", r.updated)
	o.textOrNull("dateOfBirth", r.birth(b.BirthTime))
	o.textOrNull("businessId", r.text(businessID))
	o.list("tags", r.tags)
	o.list("followers", r.followers)
	o.writeAdditionalEmails(r.additionalEmails)
	if len(r.attributions) == 0 {
		o.list("attributions", nil)
	} else {
		o.value("attributions", listedAttributions(r.attributions))
	}
	o.writeFields(r.fields)
	o.textOrNull("profilePhoto", r.text(profilePhoto))
	if r.lastActivity == 0 {
		o.null("lastActivity")
	} else {
		o.integer("lastActivity", r.lastActivity)
	}
	o.writeExtra(r.extra)
}

// writeWritten writes a contact as create answers it: what it lacks is missing.
func (o *object) writeWritten(r *record, b *Behavior) {
	o.text("id", r.id)
	o.text("locationId", r.location)
	o.text("type", r.text(contactType))
	for _, member := range []text{firstName, lastName} {
		o.text(member.name(), r.text(member))
		o.text(member.name()+"LowerCase", strings.ToLower(r.text(member)))
	}
	o.text("fullNameLowerCase", strings.ToLower(r.fullName()))
	o.text("email", r.text(email))
	o.text("emailLowerCase", strings.ToLower(r.text(email)))
	for _, member := range []text{phone, gender, country, timezone, city, address1, state, postalCode, website, source, assignedTo} {
		o.text(member.name(), r.text(member))
	}
	o.textOrNull("companyName", r.text(companyName))
	o.boolean("dnd", r.dnd)
	if r.dndSettings != nil {
		o.value("dndSettings", r.dndSettings)
	}
	if r.inbound != nil {
		o.value("inboundDndSettings", r.inbound)
	}
	o.list("tags", r.tags)
	o.instant("dateAdded", r.added)
	o.instant("dateUpdated", r.updated)
	o.text("dateOfBirth", r.birth(b.BirthTime))
	o.text("businessId", r.text(businessID))
	o.writeFields(r.fields)
}

// writeDetail writes a contact as GET by id does, and update and upsert: what create answers, and where the contact came
// from.
func (o *object) writeDetail(r *record, b *Behavior) {
	o.writeWritten(r, b)
	o.text("name", r.fullName())
	o.list("followers", r.followers)
	o.writeAdditionalEmails(r.additionalEmails)
	if r.additionalPhones != nil {
		o.value("additionalPhones", r.additionalPhones)
	}
	if sources := r.attributions; len(sources) > 0 {
		o.value("attributionSource", sources[0])
		o.value("lastAttributionSource", sources[len(sources)-1])
	}
	if r.createdBy != nil {
		o.writeCreatedBy(r)
	}
	for _, member := range []text{profilePhoto, attachments, ssn, keyword, visitorID} {
		o.text(member.name(), r.text(member))
	}
	if r.lastActivity != 0 {
		o.instant("lastActivity", r.lastActivity)
	}
	o.value("searchAfter", []any{r.added, r.id})
	o.writeExtra(r.extra)
}

func (o *object) writeAdditionalEmails(emails []gen.AdditionalEmail) {
	writeList(o, "additionalEmails", emails, func(entry *object, one gen.AdditionalEmail) {
		entry.text("email", one.Email)
		entry.rawOrNull("validEmail", one.ValidEmail)
	})
}

func (o *object) writeFields(fields []gen.CustomField) {
	writeList(o, "customFields", fields, func(entry *object, field gen.CustomField) {
		entry.text("id", field.ID)
		entry.rawOrNull("value", field.Value)
	})
}

// writeList writes a list of objects, whose members write writes.
func writeList[T any](o *object, name string, items []T, write func(*object, T)) {
	o.name(name)
	o.bytes = append(o.bytes, '[')
	for i, item := range items {
		if i > 0 {
			o.bytes = append(o.bytes, ',')
		}
		entry := object{append(o.bytes, '{')}
		write(&entry, item)
		o.bytes = entry.end()
	}
	o.bytes = append(o.bytes, ']')
}

func (o *object) rawOrNull(name string, raw json.RawMessage) {
	if raw == nil {
		o.null(name)
		return
	}
	o.raw(name, raw)
}

// writeCreatedBy takes the instant from the contact, because all contacts that come through the API share one creator.
func (o *object) writeCreatedBy(r *record) {
	creator := *r.createdBy
	if creator.Timestamp.IsZero() {
		creator.Timestamp = instant(r.added)
	}
	o.value("createdBy", creator)
}

// writeExtra writes the members that the document does not know.
func (o *object) writeExtra(extra []byte) {
	if len(extra) > 2 { // more than {}
		o.bytes = append(o.bytes, ',')
		o.bytes = append(o.bytes, extra[1:len(extra)-1]...)
	}
}
