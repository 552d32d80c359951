package client

import "fmt"

// DecodeContact decodes a contact that did not come from a method of [ContactsService]: from a webhook, a
// queue or an export. Like the methods, it accepts values of unexpected types: it converts what the fields
// can hold, keeps other values in the Extra field of the enclosing struct, and reports each of them as a
// [Drift]. It returns an error if data is not one complete JSON object.
//
// A contact that has been written by encoding/json or json/v2 is read completely. In a webhook, Type holds
// the name of the event.
func DecodeContact(data []byte) (*Contact, []Drift, error) {
	contact := new(Contact)
	drift, err := decodeBody(data, contact)
	if err != nil {
		return nil, nil, fmt.Errorf("client: DecodeContact: %w", err)
	}
	return contact, drift, nil
}
