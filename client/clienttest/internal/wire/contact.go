package wire

import (
	"cmp"
	"reflect"
	"strings"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// WriteItem writes a normalized contact in the shape of lists: missing values are null, names are
// in lower case, and firstNameRaw and lastNameRaw have the original case.
func (o *Object) WriteItem(c *gen.Contact) {
	o.writeShared(c, (*Object).StringOrNull)
	o.StringOrNull("contactName", strings.ToLower(c.Name))
	o.StringOrNull("firstName", strings.ToLower(c.FirstName))
	o.StringOrNull("lastName", strings.ToLower(c.LastName))
	o.StringOrNull("firstNameRaw", c.FirstName)
	o.StringOrNull("lastNameRaw", c.LastName)
	if isZero(c.DNDSettings) {
		o.Raw("dndSettings", nil)
	}
	o.Value("followers", c.Followers)
	o.additionalEmails(c.AdditionalEmails)
	o.Value("attributions", listAttributions(c))
	o.StringOrNull("profilePhoto", c.ProfilePhoto)
	if c.LastActivity.IsZero() {
		o.Raw("lastActivity", nil)
	} else {
		o.Value("lastActivity", c.LastActivity.UnixMilli())
	}
	o.merge(c.Extra)
}

// WriteCreated writes a normalized contact in the shape of the response to a create, which omits
// missing values.
func (o *Object) WriteCreated(c *gen.Contact) {
	o.writeShared(c, (*Object).String)
	o.String("firstName", c.FirstName)
	o.String("firstNameLowerCase", strings.ToLower(c.FirstName))
	o.String("lastName", c.LastName)
	o.String("lastNameLowerCase", strings.ToLower(c.LastName))
	o.String("fullNameLowerCase", strings.ToLower(c.Name))
	o.String("emailLowerCase", strings.ToLower(c.Email))
	o.String("gender", c.Gender)
	o.NonZero("inboundDndSettings", c.InboundDNDSettings)
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
		{"source", c.Source},
		{"assignedTo", c.AssignedTo},
		{"address1", c.Address1},
		{"city", c.City},
		{"state", c.State},
		{"postalCode", c.PostalCode},
		{"country", c.Country},
		{"website", c.Website},
		{"timezone", c.Timezone},
		{"dateOfBirth", c.DateOfBirth},
		{"businessId", c.BusinessID},
	} {
		writeString(o, p.name, p.value)
	}
	o.StringOrNull("companyName", c.CompanyName)
	o.Value("dnd", c.DND)
	o.NonZero("dndSettings", c.DNDSettings)
	o.Value("tags", c.Tags)
	o.Time("dateAdded", c.DateAdded)
	o.Time("dateUpdated", c.DateUpdated)
	o.customFields(c.CustomFields)
}

// WriteDetail writes a normalized contact in the shape of get, update and upsert: the properties of
// a create, and others such as the attribution.
func (o *Object) WriteDetail(c *gen.Contact) {
	o.WriteCreated(c)
	o.String("name", c.Name)
	o.Value("followers", c.Followers)
	o.additionalEmails(c.AdditionalEmails)
	o.NonZero("additionalPhones", c.AdditionalPhones)
	if !isZero(c.AttributionSource) {
		o.Value("attributionSource", c.AttributionSource)
		o.Value("lastAttributionSource", c.LastAttributionSource)
	}
	o.NonZero("createdBy", c.CreatedBy)
	o.String("profilePhoto", c.ProfilePhoto)
	o.NonZero("attachments", c.Attachments)
	o.String("ssn", c.SSN)
	o.String("keyword", c.Keyword)
	o.String("visitorId", c.VisitorID)
	if !c.LastActivity.IsZero() {
		o.Time("lastActivity", c.LastActivity)
	}
	o.Value("searchAfter", []any{c.DateAdded.UnixMilli(), c.ID})
	o.merge(c.Extra)
}

func (o *Object) additionalEmails(emails []gen.AdditionalEmail) {
	Objects(o, "additionalEmails", emails, func(entry *Object, email gen.AdditionalEmail) {
		entry.String("email", email.Email)
		entry.Raw("validEmail", email.ValidEmail)
		entry.merge(email.Extra)
	})
}

func (o *Object) customFields(fields []gen.CustomField) {
	Objects(o, "customFields", fields, func(entry *Object, field gen.CustomField) {
		entry.String("id", field.ID)
		entry.Raw("value", field.Value)
		entry.merge(field.Extra)
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
