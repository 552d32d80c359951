package wire

import (
	"cmp"
	"reflect"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// WriteItem writes a normalized contact in the shape of lists: missing values are null, names are
// in lower case, and firstNameRaw and lastNameRaw have the original case.
func (o *Object) WriteItem(c *gen.Contact) {
	o.writeShared(c, (*Object).StringOrNull)
	o.StringOrNull("address1", c.Address1)
	o.StringOrNull("dateOfBirth", string(c.DateOfBirth))
	o.StringOrNull("contactName", strings.ToLower(c.Name))
	o.StringOrNull("firstName", strings.ToLower(c.FirstName))
	o.StringOrNull("lastName", strings.ToLower(c.LastName))
	o.StringOrNull("firstNameRaw", c.FirstName)
	o.StringOrNull("lastNameRaw", c.LastName)
	o.Value("dnd", c.DND)
	if isZero(c.DNDSettings) {
		o.Raw("dndSettings", nil)
	} else {
		o.Value("dndSettings", c.DNDSettings)
	}
	o.Value("followers", c.Followers)
	o.additionalEmails(c.AdditionalEmails)
	o.Value("attributions", listAttributions(c))
	o.StringOrNull("profilePhoto", c.ProfilePhoto)
	o.millis("lastActivity", c.LastActivity.Time)
	o.merge(c.Extra)
}

// WriteSearched writes a normalized contact in the shape of searches: missing values are null,
// names keep their case, address1 is spelled address, and dateOfBirth is a number. after is its
// searchAfter.
func (o *Object) WriteSearched(c *gen.Contact, after []any) {
	o.writeShared(c, (*Object).StringOrNull)
	o.StringOrNull("address", c.Address1)
	o.StringOrNull("contactName", strings.ToLower(c.Name))
	o.StringOrNull("firstName", c.FirstName)
	o.StringOrNull("firstNameLowerCase", strings.ToLower(c.FirstName))
	o.StringOrNull("lastName", c.LastName)
	o.StringOrNull("lastNameLowerCase", strings.ToLower(c.LastName))
	o.StringOrNull("phoneLabel", c.PhoneLabel)
	o.StringOrNull("businessName", c.BusinessName)
	day, err := time.Parse(time.DateOnly, string(c.DateOfBirth))
	if err != nil {
		day = time.Time{}
	}
	o.millis("dateOfBirth", day)
	o.Value("dnd", c.DND)
	o.Value("dndSettings", c.DNDSettings)
	o.Value("inboundDndSettings", c.InboundDNDSettings)
	o.Raw("validEmail", c.ValidEmail)
	o.Value("followers", c.Followers)
	Objects(o, "additionalEmails", c.AdditionalEmails, func(entry *Object, e gen.AdditionalEmail) { entry.String("email", e.Email) })
	Objects(o, "additionalPhones", c.AdditionalPhones, func(entry *Object, p gen.AdditionalPhone) { entry.String("phone", p.Phone) })
	o.Value("attributionSource", c.AttributionSource)
	o.Value("lastAttributionSource", c.LastAttributionSource)
	if !c.LastActivity.IsZero() {
		o.millis("lastActivity", c.LastActivity.Time)
	}
	o.NonZero("opportunities", c.Opportunities)
	o.Value("searchAfter", after)
	o.merge(c.Extra)
}

// WriteCreated writes a normalized contact in the shape of the response to a create, which omits
// missing values.
func (o *Object) WriteCreated(c *gen.Contact) {
	o.writeSet(c)
	o.Value("deleted", false)
	o.Value("bounceEmail", false)
	o.Value("unsubscribeEmail", false)
	o.createdBy("lastUpdatedBy", c.CreatedBy)
	o.Time("lastSessionActivityAt", c.DateAdded)
	o.Raw("validEmail", nil)
	o.Raw("validEmailDate", nil)
	o.merge(c.Extra)
}

// WriteDetail writes a normalized contact in the shape of get, update, upsert and the search for a
// duplicate, which omits missing values.
func (o *Object) WriteDetail(c *gen.Contact) {
	o.writeSet(c)
	o.Value("followers", c.Followers)
	o.additionalEmails(c.AdditionalEmails)
	Objects(o, "additionalPhones", c.AdditionalPhones, func(entry *Object, p gen.AdditionalPhone) {
		entry.String("phone", p.Phone)
		entry.String("phoneLabel", p.PhoneLabel)
		entry.merge(p.Extra)
	})
	if !isZero(c.AttributionSource) {
		o.Value("attributionSource", c.AttributionSource)
		o.Value("lastAttributionSource", c.LastAttributionSource)
	}
	o.String("profilePhoto", c.ProfilePhoto)
	if len(c.Attachments) > 0 {
		o.Raw("attachments", c.Attachments)
	}
	o.String("ssn", c.SSN)
	o.String("keyword", c.Keyword)
	o.String("visitorId", c.VisitorID)
	if !c.LastActivity.IsZero() {
		o.Time("lastActivity", c.LastActivity.Time)
	}
	o.merge(c.Extra)
}

// writeSet writes the properties that a create, get, update and upsert return if they are set.
func (o *Object) writeSet(c *gen.Contact) {
	o.writeShared(c, (*Object).String)
	o.String("address1", c.Address1)
	o.String("dateOfBirth", string(c.DateOfBirth))
	o.String("firstName", c.FirstName)
	o.String("firstNameLowerCase", strings.ToLower(c.FirstName))
	o.String("lastName", c.LastName)
	o.String("lastNameLowerCase", strings.ToLower(c.LastName))
	o.String("fullNameLowerCase", strings.ToLower(c.Name))
	o.String("emailLowerCase", strings.ToLower(c.Email))
	o.String("gender", c.Gender)
	o.NonZero("dnd", c.DND)
	o.NonZero("dndSettings", c.DNDSettings)
	o.NonZero("inboundDndSettings", c.InboundDNDSettings)
	if !isZero(c.CreatedBy) {
		o.createdBy("createdBy", c.CreatedBy)
	}
}

// writeShared writes the properties that every shape has. writeString writes a string, and omits it
// or writes null if it is empty.
func (o *Object) writeShared(c *gen.Contact, writeString func(o *Object, name, value string)) {
	o.String("id", c.ID)
	o.String("locationId", c.LocationID)
	for _, p := range []struct{ name, value string }{
		{"type", c.Type},
		{"email", c.Email},
		{"phone", c.Phone},
		{"companyName", c.CompanyName},
		{"source", c.Source},
		{"assignedTo", c.AssignedTo},
		{"city", c.City},
		{"state", c.State},
		{"postalCode", c.PostalCode},
		{"country", c.Country},
		{"website", c.Website},
		{"timezone", c.Timezone},
		{"businessId", c.BusinessID},
	} {
		writeString(o, p.name, p.value)
	}
	o.Value("tags", c.Tags)
	o.Time("dateAdded", c.DateAdded)
	o.Time("dateUpdated", c.DateUpdated)
	o.customFields(c.CustomFields)
}

func (o *Object) customFields(fields []gen.CustomField) {
	Objects(o, "customFields", fields, func(entry *Object, field gen.CustomField) {
		entry.String("id", field.ID)
		entry.Raw("value", field.Value)
		entry.merge(field.Extra)
	})
}

func (o *Object) createdBy(name string, c gen.CreatedBy) {
	var entry Object
	entry.String("source", c.Source)
	entry.String("channel", c.Channel)
	entry.String("sourceId", c.SourceID)
	entry.String("sourceName", c.SourceName)
	if !c.Timestamp.IsZero() {
		entry.Time("timestamp", c.Timestamp)
	}
	entry.merge(c.Extra)
	o.Raw(name, entry.End())
}

// millis writes a time in milliseconds since 1970, or null if it is zero.
func (o *Object) millis(name string, t time.Time) {
	if t.IsZero() {
		o.Raw(name, nil)
		return
	}
	o.Value(name, t.UnixMilli())
}

func (o *Object) additionalEmails(emails []gen.AdditionalEmail) {
	Objects(o, "additionalEmails", emails, func(entry *Object, email gen.AdditionalEmail) {
		entry.String("email", email.Email)
		entry.Raw("validEmail", email.ValidEmail)
		entry.merge(email.Extra)
	})
}

// listAttributions returns the first attribution and, if it differs, the last one, with the
// utm-prefixed names of lists.
func listAttributions(c *gen.Contact) []gen.Attribution {
	if isZero(c.AttributionSource) {
		return nil
	}
	first, last := prefixed(c.AttributionSource), prefixed(c.LastAttributionSource)
	first.IsFirst, last.IsLast = true, true
	if reflect.DeepEqual(c.LastAttributionSource, c.AttributionSource) {
		return []gen.Attribution{first}
	}
	return []gen.Attribution{first, last}
}

func prefixed(bare gen.Attribution) gen.Attribution {
	move(&bare.UtmSessionSource, &bare.SessionSource)
	move(&bare.UtmCampaign, &bare.Campaign)
	move(&bare.UtmCampaignID, &bare.CampaignID)
	move(&bare.UtmAdID, &bare.AdID)
	return bare
}

// BareAttribution returns an attribution with the property names of a get. It may have the names of
// a get or of a list.
func BareAttribution(listed gen.Attribution) gen.Attribution {
	move(&listed.SessionSource, &listed.UtmSessionSource)
	move(&listed.Campaign, &listed.UtmCampaign)
	move(&listed.CampaignID, &listed.UtmCampaignID)
	move(&listed.AdID, &listed.UtmAdID)
	listed.IsFirst, listed.IsLast = false, false
	return listed
}

func move(to, from *string) {
	*to = cmp.Or(*to, *from)
	*from = ""
}

func isZero(value any) bool { return reflect.ValueOf(value).IsZero() }

// WriteDefinition writes the definition of a custom field.
func (o *Object) WriteDefinition(f gen.CustomFieldDefinition) {
	o.String("id", f.ID)
	o.String("name", f.Name)
	o.String("model", f.Model)
	o.String("fieldKey", f.Key)
	o.Value("placeholder", f.Placeholder)
	o.String("dataType", f.DataType)
	o.Value("position", f.Position)
	o.String("documentType", f.DocumentType)
	o.String("parentId", f.ParentID)
	o.String("locationId", f.LocationID)
	o.Time("dateAdded", f.DateAdded)
	o.Value("standard", f.Standard)
	o.NonZero("picklistOptions", f.Options)
	if f.DataType == "FILE_UPLOAD" {
		o.Value("isMultiFileAllowed", f.IsMultiFileAllowed)
		o.Value("maxFileLimit", f.MaxFileLimit)
	}
}
