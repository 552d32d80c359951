package clienttest

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/normalize"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/store"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// write is the body of a create, update or upsert.
type write struct {
	CreateNewIfDuplicateAllowed bool                      `json:"createNewIfDuplicateAllowed"`
	DND                         *bool                     `json:"dnd"`
	DNDSettings                 map[string]jsontext.Value `json:"dndSettings"`
	InboundDNDSettings          *gen.InboundDNDSettings   `json:"inboundDndSettings"`
	Tags                        *[]string                 `json:"tags"`
	CustomFields                []fieldInput              `json:"customFields"`

	strings map[string]*string // the properties of writable, and name; nil is null
}

// writable returns the string properties that a write may have.
func writable(c *gen.Contact) map[string]*string {
	return map[string]*string{
		"firstName": &c.FirstName, "lastName": &c.LastName, "companyName": &c.CompanyName,
		"email": &c.Email, "phone": &c.Phone, "source": &c.Source, "assignedTo": &c.AssignedTo,
		"address1": &c.Address1, "city": &c.City, "state": &c.State, "postalCode": &c.PostalCode,
		"country": &c.Country, "website": &c.Website, "timezone": &c.Timezone,
		"dateOfBirth": &c.DateOfBirth, "gender": &c.Gender,
	}
}

// parseWrite reads a body that has been validated. Without validation it ignores unknown
// properties.
func (s *Server) parseWrite(c *call) (*write, error) {
	w := &write{strings: map[string]*string{}}
	properties := map[string]jsontext.Value{}
	if err := json.Unmarshal(c.body, w, wire.Lenient); err != nil {
		return nil, wire.Unprocessable(err.Error())
	}
	if err := json.Unmarshal(c.body, &properties, wire.Lenient); err != nil {
		return nil, wire.Unprocessable(err.Error())
	}
	for _, name := range append(slices.Collect(maps.Keys(writable(&gen.Contact{}))), "name") {
		raw, ok := properties[name]
		if !ok {
			continue
		}
		var value *string
		if err := json.Unmarshal(raw, &value, wire.Lenient); err != nil {
			return nil, wire.Unprocessable(name + " must be a string")
		}
		w.strings[name] = value
	}
	return w, w.normalize(c.location, &s.behavior)
}

// normalize brings the values to the form that the API stores. The error lists those that are
// invalid.
func (w *write) normalize(l *Location, b *Behavior) error {
	var invalid []string
	check := func(name string, normal func(string) (string, bool), message string) {
		value := w.strings[name]
		if value == nil || *value == "" {
			return
		}
		normalized, ok := normal(*value)
		if !ok {
			invalid = append(invalid, message)
			return
		}
		w.strings[name] = &normalized
	}
	check("email", normalize.Email, "email must be an email")
	check("phone", func(number string) (string, bool) { return normalize.Phone(number, l.Country) }, b.PhoneMessage)
	check("country", normalize.Country, b.CountryMessage)
	check("dateOfBirth", normalize.Day, "dateOfBirth must be a valid date")
	if invalid != nil {
		slices.Sort(invalid)
		return wire.Unprocessable(invalid...)
	}
	return nil
}

// apply changes a contact that is not stored yet.
func (w *write) apply(c *gen.Contact, l *Location, b *Behavior) error {
	for name, field := range writable(c) {
		value, sent := w.strings[name]
		if !sent {
			continue
		}
		if clears, ignored := b.Clear.clears(value); clears {
			*field = ""
		} else if !ignored {
			*field = *value
		}
	}
	if name := w.strings["name"]; name != nil && *name != "" && w.strings["firstName"] == nil && w.strings["lastName"] == nil {
		store.SetName(c, *name)
	}
	c.Name = store.FullName(c)
	if w.DND != nil {
		c.DND = *w.DND
	}
	if w.InboundDNDSettings != nil {
		c.InboundDNDSettings = *w.InboundDNDSettings
	}
	if w.Tags != nil {
		c.Tags = normalize.Tags(*w.Tags)
	}
	if err := w.mergeDND(c); err != nil {
		return err
	}
	var err error
	c.CustomFields, err = l.writeFields(c.CustomFields, w.CustomFields, b.Clear)
	return err
}

// mergeDND replaces the channels that are written and keeps the others. The names of channels are
// case-sensitive; unknown ones are ignored.
func (w *write) mergeDND(c *gen.Contact) error {
	channels := map[string]*gen.DNDSetting{
		"Call": &c.DNDSettings.Call, "Email": &c.DNDSettings.Email, "SMS": &c.DNDSettings.SMS,
		"WhatsApp": &c.DNDSettings.WhatsApp, "GMB": &c.DNDSettings.GMB, "FB": &c.DNDSettings.FB,
	}
	for name, raw := range w.DNDSettings {
		if channel := channels[name]; channel != nil {
			*channel = gen.DNDSetting{}
			if err := json.Unmarshal(raw, channel, wire.Lenient); err != nil {
				return wire.Unprocessable("dndSettings." + name + " is invalid")
			}
		}
	}
	return nil
}

// match returns the contact that a write would duplicate, by email address and phone number in the
// location's order, and the name of the property. Secondary addresses match too.
func (w *write) match(tx *store.Tx, l *Location) (existing *gen.Contact, property string) {
	for _, name := range l.identifiers() {
		if existing := w.owner(tx, l, name); existing != nil {
			return existing, name
		}
	}
	return nil, ""
}

// owner returns the contact that has the email address or the phone number of a write.
func (w *write) owner(tx *store.Tx, l *Location, name string) *gen.Contact {
	value := w.strings[name]
	switch {
	case value == nil || *value == "":
		return nil
	case name == "email":
		return tx.ByEmail(l.ID, *value)
	default:
		return tx.ByPhone(l.ID, *value)
	}
}

// ignoreOther removes the identifier of another contact than the one that matched, as the API
// silently does.
func (w *write) ignoreOther(tx *store.Tx, l *Location, matched *gen.Contact, matching string) {
	other := "email"
	if matching == "email" {
		other = "phone"
	}
	if matched == nil {
		return
	}
	if owner := w.owner(tx, l, other); owner != nil && owner.ID != matched.ID {
		delete(w.strings, other)
	}
}

// promote returns the contact without the secondary address that becomes the primary one. The old
// primary address is lost.
func (w *write) promote(old *gen.Contact) *gen.Contact {
	address := w.strings["email"]
	if address == nil {
		return old
	}
	promoted := store.Clone(old)
	promoted.AdditionalEmails = slices.DeleteFunc(promoted.AdditionalEmails, func(e gen.AdditionalEmail) bool {
		return strings.EqualFold(e.Email, *address)
	})
	return &promoted
}

// normalizeRequest lowers a limit over 100 if the Behavior says so, and renames the value of custom
// fields, for which the API accepts fieldValue and value too, to field_value. It rejects a body
// that is not JSON.
func (s *Server) normalizeRequest(c *call) error {
	limit, err := strconv.Atoi(c.query.Get("limit"))
	if s.behavior.ClampLimit && c.operation.id == "getContacts" && err == nil && limit > 100 {
		c.query = maps.Clone(c.query)
		c.query.Set("limit", "100")
	}
	if len(c.body) == 0 {
		return nil // the validation reports it
	}
	var body map[string]jsontext.Value
	if json.Unmarshal(c.body, &body, wire.Lenient) != nil {
		if !jsontext.Value(c.body).IsValid() {
			return wire.BadRequest("request body is not valid JSON")
		}
		return nil // JSON, but not an object: the validation reports it
	}
	var fields []map[string]jsontext.Value
	isList := json.Unmarshal(body["customFields"], &fields, wire.Lenient) == nil
	if !isList || !renameValues(fields) {
		return nil
	}
	allow := jsontext.AllowDuplicateNames(true)
	if body["customFields"], err = json.Marshal(fields, allow); err == nil {
		c.body, err = json.Marshal(body, allow)
	}
	if err != nil {
		return wire.Unprocessable(err.Error())
	}
	return nil
}

func renameValues(fields []map[string]jsontext.Value) (renamed bool) {
	for _, field := range fields {
		for _, spelling := range []string{"fieldValue", "value"} {
			value, ok := field[spelling]
			if _, exists := field["field_value"]; ok && !exists {
				field["field_value"] = value
				delete(field, spelling)
				renamed = true
			}
		}
	}
	return renamed
}
