package client

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/highlevel-contacts/contacts-go/client/internal/lenientjson"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// Drift describes a value of a body whose type is not that of the schema in api/contacts.yaml. See
// [DecodeContact].
type Drift struct {
	Pointer string // JSON pointer into the body
	Want    string // type in the schema: string, boolean, integer, number, date-time, array or object
	Got     string // JSON type found
}

// decodeRules are the forms of the API that package lenientjson does not know by their types.
var decodeRules = lenientjson.Rules{
	Strict: jsonv2.WithUnmarshalers(jsonv2.UnmarshalFromFunc(decodeContact)),
	Strings: map[reflect.Type]string{
		reflect.TypeFor[gen.AdditionalEmail](): "Email",
		reflect.TypeFor[gen.AdditionalPhone](): "Phone",
	},
	Dates: map[reflect.Type]string{reflect.TypeFor[Contact](): "dateOfBirth"},
}

type (
	// plainContact is Contact without methods.
	plainContact Contact
	// wireContact is a contact whose times in milliseconds, in lists and searches, are not decoded yet.
	wireContact struct {
		Contact      *plainContact  `json:",embed"`
		LastActivity jsontext.Value `json:"lastActivity"`
		DateOfBirth  jsontext.Value `json:"dateOfBirth"`
	}
)

// decodeContact decodes a contact with json/v2. It is faster than an Unmarshaler for times, which
// json/v2 would look up for each value.
func decodeContact(dec *jsontext.Decoder, contact *Contact) error {
	wire := wireContact{Contact: (*plainContact)(contact)}
	if err := jsonv2.UnmarshalDecode(dec, &wire, jsonv2.WithUnmarshalers(nil)); err != nil {
		return err
	}
	if at, ok := millis(wire.LastActivity); ok {
		contact.LastActivity = at
	} else if err := unmarshal(wire.LastActivity, &contact.LastActivity); err != nil {
		return err
	}
	if at, ok := millis(wire.DateOfBirth); ok {
		contact.DateOfBirth = at.Format(time.DateOnly)
		return nil
	}
	return unmarshal(wire.DateOfBirth, &contact.DateOfBirth)
}

// millis returns the time in raw, a number of milliseconds.
func millis(raw jsontext.Value) (time.Time, bool) {
	if raw.Kind() != '0' {
		return time.Time{}, false
	}
	return lenientjson.ParseTime(raw)
}

// unmarshal decodes raw into target, unless raw is missing or null.
func unmarshal(raw jsontext.Value, target any) error {
	if len(raw) == 0 || raw.Kind() == 'n' {
		return nil
	}
	return jsonv2.Unmarshal(raw, target)
}

// DecodeContact decodes a contact from a webhook, a queue or an export. Like the methods of
// [ContactsService], it accepts values of unexpected types: it converts the values that the fields
// can hold, stores other values in the Extra field of the enclosing struct, and reports each of
// them as a [Drift]. It returns an error if data is not one complete JSON object.
//
// It restores every field of a Contact that encoding/json or json/v2 has encoded. For a webhook,
// Contact.Type is the name of the event.
func DecodeContact(data []byte) (*Contact, []Drift, error) {
	contact := new(Contact)
	drift, err := decodeBody(data, contact)
	if err != nil {
		return nil, nil, fmt.Errorf("client: DecodeContact: %w", err)
	}
	return contact, drift, nil
}

// decodeBody decodes body into out under the rules of DecodeContact.
func decodeBody(body []byte, out any) ([]Drift, error) {
	found, err := lenientjson.Decode(body, out, decodeRules)
	if errors.Is(err, lenientjson.ErrTooLarge) {
		return nil, fmt.Errorf("%w: the body has more elements than a response can hold", ErrResponseTooLarge)
	}
	if err != nil {
		return nil, fmt.Errorf("the body is %w", err)
	}
	var drift []Drift
	for _, d := range found {
		drift = append(drift, Drift(d))
	}
	unifyContacts(reflect.ValueOf(out))
	return drift, nil
}

// unifyContacts lets the contacts in v have the form of getContact, whichever operation returned them.
func unifyContacts(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			unifyContacts(v.Elem())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			unifyContacts(v.Index(i))
		}
	case reflect.Struct:
		if v.CanAddr() {
			if contact, ok := reflect.TypeAssert[*Contact](v.Addr()); ok {
				unifyContact(contact)
				return
			}
		}
		for field, value := range v.Fields() {
			if field.IsExported() {
				unifyContacts(value)
			}
		}
	}
}

// unifyContact restores the case of the names, which lists return in lower case. It stores the street
// address of a search in Address1, and no raw property for null.
func unifyContact(contact *Contact) {
	if sameName(contact.FirstName, contact.FirstNameRaw) {
		contact.FirstName = contact.FirstNameRaw
	}
	if sameName(contact.LastName, contact.LastNameRaw) {
		contact.LastName = contact.LastNameRaw
	}
	contact.Address1 = cmp.Or(contact.Address1, contact.Address)
	for _, raw := range []*json.RawMessage{&contact.ValidEmail, &contact.Attachments} {
		if string(*raw) == "null" {
			*raw = nil
		}
	}
}

// sameName reports whether two names differ only in case. The lower case of İ is not a single letter.
func sameName(name, raw string) bool {
	return strings.EqualFold(name, strings.ReplaceAll(raw, "İ", "i\u0307"))
}
