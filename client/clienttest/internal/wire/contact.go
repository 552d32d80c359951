package wire

import (
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// The same contact looks different in a list, in a get and in the response to a create. The
// functions of this file hold all that is known of the differences. They take normalized contacts.

// Style chooses between forms of a contact that the API has been seen to use.
type Style struct {
	BirthTime bool // dateOfBirth is RFC 3339 instead of YYYY-MM-DD
}

// WriteItem writes a contact as lists send it: missing values are null, names are in lower case,
// and the Raw pair has their original case.
func (o *Object) WriteItem(c *gen.Contact, s Style) {
	o.String("id", c.ID)
	o.String("locationId", c.LocationID)
	o.StringOrNull("contactName", strings.ToLower(c.Name))
	o.StringOrNull("firstName", strings.ToLower(c.FirstName))
	o.StringOrNull("lastName", strings.ToLower(c.LastName))
	o.StringOrNull("firstNameRaw", c.FirstName)
	o.StringOrNull("lastNameRaw", c.LastName)
	o.StringOrNull("companyName", c.CompanyName)
	o.StringOrNull("email", c.Email)
	o.StringOrNull("phone", c.Phone)
	o.Bool("dnd", c.DND)
	if isZero(c.DNDSettings) {
		o.Null("dndSettings")
	} else {
		o.Value("dndSettings", c.DNDSettings)
	}
	o.StringOrNull("type", c.Type)
	o.StringOrNull("source", c.Source)
	o.StringOrNull("assignedTo", c.AssignedTo)
	o.StringOrNull("city", c.City)
	o.StringOrNull("state", c.State)
	o.StringOrNull("postalCode", c.PostalCode)
	o.StringOrNull("address1", c.Address1)
	o.StringOrNull("country", c.Country)
	o.StringOrNull("website", c.Website)
	o.StringOrNull("timezone", c.Timezone)
	o.Time("dateAdded", c.DateAdded)
	o.Time("dateUpdated", c.DateUpdated)
	o.StringOrNull("dateOfBirth", s.birth(c))
	o.StringOrNull("businessId", c.BusinessID)
	o.Strings("tags", c.Tags)
	o.Strings("followers", c.Followers)
	o.additionalEmails(c.AdditionalEmails)
	o.Value("attributions", listAttributions(c))
	o.customFields(c.CustomFields)
	o.StringOrNull("profilePhoto", c.ProfilePhoto)
	o.Raw("lastActivity", c.LastActivity)
	o.merge(c.Extra)
}

// WriteCreated writes a contact as the response to a create has it: missing values are left out.
func (o *Object) WriteCreated(c *gen.Contact, s Style) {
	o.String("id", c.ID)
	o.String("locationId", c.LocationID)
	o.String("type", c.Type)
	o.String("firstName", c.FirstName)
	o.String("firstNameLowerCase", strings.ToLower(c.FirstName))
	o.String("lastName", c.LastName)
	o.String("lastNameLowerCase", strings.ToLower(c.LastName))
	o.String("fullNameLowerCase", strings.ToLower(c.Name))
	o.String("email", c.Email)
	o.String("emailLowerCase", strings.ToLower(c.Email))
	o.String("phone", c.Phone)
	o.String("gender", c.Gender)
	o.String("country", c.Country)
	o.String("timezone", c.Timezone)
	o.String("city", c.City)
	o.String("address1", c.Address1)
	o.String("state", c.State)
	o.String("postalCode", c.PostalCode)
	o.String("website", c.Website)
	o.String("source", c.Source)
	o.String("assignedTo", c.AssignedTo)
	o.StringOrNull("companyName", c.CompanyName)
	o.Bool("dnd", c.DND)
	if !isZero(c.DNDSettings) {
		o.Value("dndSettings", c.DNDSettings)
	}
	if !isZero(c.InboundDNDSettings) {
		o.Value("inboundDndSettings", c.InboundDNDSettings)
	}
	o.Strings("tags", c.Tags)
	o.Time("dateAdded", c.DateAdded)
	o.Time("dateUpdated", c.DateUpdated)
	o.String("dateOfBirth", s.birth(c))
	o.String("businessId", c.BusinessID)
	o.customFields(c.CustomFields)
}

// WriteDetail writes a contact as get, update and upsert return it: what a create returns, and
// where the contact came from.
func (o *Object) WriteDetail(c *gen.Contact, s Style) {
	o.WriteCreated(c, s)
	o.String("name", c.Name)
	o.Strings("followers", c.Followers)
	o.additionalEmails(c.AdditionalEmails)
	if c.AdditionalPhones != nil {
		o.Value("additionalPhones", c.AdditionalPhones)
	}
	if !isZero(c.AttributionSource) {
		o.Value("attributionSource", c.AttributionSource)
		o.Value("lastAttributionSource", c.LastAttributionSource)
	}
	if !isZero(c.CreatedBy) {
		o.Value("createdBy", c.CreatedBy)
	}
	o.String("profilePhoto", c.ProfilePhoto)
	o.String("attachments", c.Attachments)
	o.String("ssn", c.SSN)
	o.String("keyword", c.Keyword)
	o.String("visitorId", c.VisitorID)
	if millis, err := strconv.ParseInt(string(c.LastActivity), 10, 64); err == nil {
		o.Time("lastActivity", time.UnixMilli(millis))
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

func (s Style) birth(c *gen.Contact) string {
	if _, err := time.Parse(time.DateOnly, c.DateOfBirth); err == nil && s.BirthTime {
		return c.DateOfBirth + "T00:00:00.000Z"
	}
	return c.DateOfBirth
}

// listAttributions returns the first and, if it is another one, the last attribution, with the
// utm-prefixed names that lists use.
func listAttributions(c *gen.Contact) []gen.Attribution {
	listed := []gen.Attribution{}
	if isZero(c.AttributionSource) {
		return listed
	}
	listed = append(listed, prefixed(c.AttributionSource))
	listed[0].IsFirst = true
	if !reflect.DeepEqual(c.LastAttributionSource, c.AttributionSource) {
		last := prefixed(c.LastAttributionSource)
		last.IsLast = true
		listed = append(listed, last)
	}
	return listed
}

func prefixed(bare gen.Attribution) gen.Attribution {
	move(&bare.UtmSessionSource, &bare.SessionSource)
	move(&bare.UtmCampaign, &bare.Campaign)
	move(&bare.UtmCampaignID, &bare.CampaignID)
	move(&bare.UtmAdID, &bare.AdID)
	return bare
}

func move(to, from *string) {
	if *to == "" {
		*to = *from
	}
	*from = ""
}

func isZero(value any) bool { return reflect.ValueOf(value).IsZero() }
