package clienttest

import (
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// lenient reads what encoding/json reads, but for member names in another case.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// write is the body of a create, update or upsert.
type write struct {
	LocationID                  string                    `json:"locationId"`
	CreateNewIfDuplicateAllowed bool                      `json:"createNewIfDuplicateAllowed"`
	DND                         *bool                     `json:"dnd"`
	DNDSettings                 map[string]gen.DNDSetting `json:"dndSettings"`
	InboundDNDSettings          *gen.InboundDNDSettings   `json:"inboundDndSettings"`
	Tags                        *[]string                 `json:"tags"`
	CustomFields                []fieldInput              `json:"customFields"`

	texts map[text]*string // nil is null
	name  *string
}

// parseWrite reads a body that has been found valid, or, without validation, ignores what it does not know.
func parseWrite(body []byte) (*write, *answer) {
	var w write
	if err := json.Unmarshal(body, &w, lenient); err != nil {
		return nil, unprocessable(err.Error())
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(body, &members, lenient); err != nil {
		return nil, unprocessable(err.Error())
	}
	w.texts = map[text]*string{}
	for name, raw := range members {
		member, known := textNamed(name)
		if !known && name != "name" {
			continue
		}
		var value *string
		if err := json.Unmarshal(raw, &value); err != nil {
			return nil, unprocessable(name + " must be a string")
		}
		if known {
			w.texts[member] = value
		} else {
			w.name = value
		}
	}
	return &w, nil
}

// normalize brings the values to the form that the API stores, or says what is wrong with them.
func (w *write) normalize(l *Location, b *Behavior) *answer {
	var wrong []string
	check := func(member text, normal func(string) (string, bool), message string) {
		value := w.texts[member]
		if value == nil || *value == "" {
			return
		}
		text, ok := normal(*value)
		if !ok {
			wrong = append(wrong, message)
			return
		}
		w.texts[member] = &text
	}
	check(email, normalEmail, "email must be an email")
	check(phone, func(number string) (string, bool) { return normalPhone(number, l.Country) }, b.PhoneMessage)
	check(country, normalCountry, b.CountryMessage)
	check(dateOfBirth, parseDay, "dateOfBirth must be a valid date")
	if wrong != nil {
		slices.Sort(wrong)
		return unprocessable(wrong...)
	}
	return nil
}

// apply changes a record that is not stored yet.
func (w *write) apply(r *record, l *Location, b *Behavior) *answer {
	for member, value := range w.texts {
		if clears, ignored := b.Clear.clears(value); clears {
			r.setText(member, "")
		} else if !ignored {
			r.setText(member, *value)
		}
	}
	if w.name != nil && *w.name != "" && w.texts[firstName] == nil && w.texts[lastName] == nil {
		r.setFullName(*w.name)
	}
	if w.DND != nil {
		r.dnd = *w.DND
	}
	if w.DNDSettings != nil {
		r.dndSettings = mergeDND(r.dndSettings, w.DNDSettings)
	}
	if w.InboundDNDSettings != nil {
		r.inbound = w.InboundDNDSettings
	}
	if w.Tags != nil {
		r.tags = normalTags(*w.Tags)
	}
	if w.CustomFields != nil {
		fields, refusal := l.writeFields(r.fields, w.CustomFields, b.Clear)
		if refusal != nil {
			return refusal
		}
		r.fields = fields
	}
	return nil
}

// mergeDND replaces the channels that are written and keeps the others. Names of channels are case-sensitive.
func mergeDND(stored *gen.DNDSettings, written map[string]gen.DNDSetting) *gen.DNDSettings {
	var merged gen.DNDSettings
	if stored != nil {
		merged = *stored
	}
	channels := map[string]*gen.DNDSetting{
		"Call": &merged.Call, "Email": &merged.Email, "SMS": &merged.SMS,
		"WhatsApp": &merged.WhatsApp, "GMB": &merged.GMB, "FB": &merged.FB,
	}
	for name, setting := range written {
		if channel := channels[name]; channel != nil {
			*channel = setting
		}
	}
	return &merged
}
