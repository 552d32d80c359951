package clienttest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// newRecord turns a contact in any of the shapes that the API sends into a record.
func newRecord(c *gen.Contact) *record {
	r := &record{
		id:       c.ID,
		location: c.LocationID,
		added:    millis(c.DateAdded),
		updated:  millis(c.DateUpdated),
		tags:     slices.Clone(c.Tags),
		fields:   slices.Clone(c.CustomFields),
		dnd:      c.DND,
		rest:     newRest(c),
	}
	var values [len(textMembers)]textValue
	for member := range textMembers {
		values[member] = textValue{text(member), *textMembers[member].place(c)}
	}
	r.texts = packTexts(values[:])
	if r.fullName() == "" {
		r.setFullName(c.Name)
	}
	if c.FirstNameRaw != "" {
		r.setText(firstName, c.FirstNameRaw)
	}
	if c.LastNameRaw != "" {
		r.setText(lastName, c.LastNameRaw)
	}
	return r
}

func newRest(c *gen.Contact) *rest {
	rest := rest{
		additionalEmails: slices.Clone(c.AdditionalEmails),
		additionalPhones: slices.Clone(c.AdditionalPhones),
		followers:        slices.Clone(c.Followers),
		attributions:     bareAttributions(c),
		lastActivity:     activityMillis(c.LastActivity),
		extra:            bytes.Clone(c.Extra),
	}
	if !reflect.ValueOf(c.DNDSettings).IsZero() {
		rest.dndSettings = &c.DNDSettings
	}
	if !reflect.ValueOf(c.InboundDNDSettings).IsZero() {
		rest.inbound = &c.InboundDNDSettings
	}
	if !reflect.ValueOf(c.CreatedBy).IsZero() {
		rest.createdBy = &c.CreatedBy
	}
	if rest.isZero() {
		return &noRest
	}
	// The settings must not keep the whole contact alive.
	rest.dndSettings, rest.inbound, rest.createdBy = clone(rest.dndSettings), clone(rest.inbound), clone(rest.createdBy)
	return &rest
}

func (r *rest) isZero() bool {
	return r.additionalEmails == nil && r.additionalPhones == nil && r.followers == nil && r.dndSettings == nil &&
		r.inbound == nil && r.createdBy == nil && r.attributions == nil && r.lastActivity == 0 && r.extra == nil
}

// contact is the reverse of newRecord, for test code to read: the members of GET by id, without lower-cased copies.
func (r *record) contact() gen.Contact {
	c := gen.Contact{
		ID:               r.id,
		LocationID:       r.location,
		Name:             r.fullName(),
		DateAdded:        instant(r.added),
		DateUpdated:      instant(r.updated),
		Tags:             slices.Clone(r.tags),
		CustomFields:     slices.Clone(r.fields),
		DND:              r.dnd,
		AdditionalEmails: slices.Clone(r.additionalEmails),
		AdditionalPhones: slices.Clone(r.additionalPhones),
		Followers:        slices.Clone(r.followers),
		Extra:            bytes.Clone(r.extra),
	}
	for member, value := range r.texts.all() {
		*textMembers[member].place(&c) = value
	}
	if r.dndSettings != nil {
		c.DNDSettings = *r.dndSettings
	}
	if r.inbound != nil {
		c.InboundDNDSettings = *r.inbound
	}
	if r.createdBy != nil {
		c.CreatedBy = *r.createdBy
	}
	if len(r.attributions) > 0 {
		c.AttributionSource = r.attributions[0]
		c.LastAttributionSource = r.attributions[len(r.attributions)-1]
	}
	if r.lastActivity != 0 {
		c.LastActivity = strconv.AppendInt(nil, r.lastActivity, 10)
	}
	return c
}

func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	value := *p
	return &value
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func instant(millis int64) time.Time {
	return time.UnixMilli(millis).UTC()
}

// activityMillis reads lastActivity in both of its forms, milliseconds and RFC 3339.
func activityMillis(raw json.RawMessage) int64 {
	if len(raw) == 0 {
		return 0
	}
	var number int64
	if json.Unmarshal(raw, &number) == nil {
		return number
	}
	var t time.Time
	if json.Unmarshal(raw, &t) == nil {
		return millis(t)
	}
	return 0
}
