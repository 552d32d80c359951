package client

import (
	"encoding/json"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/oapi-codegen/nullable"

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
	found, err := lenientjson.Decode(body, out)
	var drift []Drift
	for _, d := range found {
		drift = append(drift, Drift(d))
	}
	return drift, err
}

// init registers how package lenientjson decodes a Boolean that is a string or a number, and an
// additional email address or phone number that is a string. It also registers that null is no value
// of a raw property.
func init() {
	lenientjson.RegisterFallback("boolean", func(target *nullable.Nullable[bool], raw jsontext.Value) bool {
		switch lenientjson.Text(raw) {
		case "true", "1":
			target.Set(true)
		case "false", "0":
			target.Set(false)
		default:
			return false
		}
		return true
	})
	lenientjson.RegisterFallback("object", func(target *gen.AdditionalEmail, raw jsontext.Value) bool {
		return setString(&target.Email, raw)
	})
	lenientjson.RegisterFallback("object", func(target *gen.AdditionalPhone, raw jsontext.Value) bool {
		return setString(&target.Phone, raw)
	})
	lenientjson.RegisterAfterDecode(func(contact *gen.Contact) {
		for _, raw := range []*json.RawMessage{&contact.ValidEmail, &contact.Attachments} {
			if string(*raw) == "null" {
				*raw = nil
			}
		}
	})
}

// setString stores raw in target and returns true if raw is a JSON string.
func setString(target *string, raw jsontext.Value) bool {
	if raw.Kind() != '"' {
		return false
	}
	*target = lenientjson.Text(raw)
	return true
}
