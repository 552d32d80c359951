package client

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client/internal/lenientjson"
	"github.com/highlevel-contacts/contacts-go/gen"
)

const (
	maxErrorBytes    = 64 << 10 // bytes that are read of the body of an error response
	maxInitialBuffer = 1 << 20  // largest initial size of the buffer, which Content-Length determines
)

// Response holds a response of the API, for [WithResponseInto] and in [Error]. Its header and body
// may contain personal data. A Response is therefore printed, logged and encoded as a summary
// without them.
type Response struct {
	StatusCode int         // 0 if no response was received
	Header     http.Header // the vendor's support may ask for the cf-ray header
	Body       []byte      // complete for a 2xx response, otherwise the first 64 KiB
	Attempts   int         // requests sent for the call
	RateLimit  RateLimit
	Drift      []Drift // values of the body that do not match the schema; at most 100
}

// Format prints the status, size and number of attempts for every verb.
func (r Response) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "status %d, %d bytes, %d attempts", r.StatusCode, len(r.Body), r.Attempts)
}

// MarshalText returns what Format prints.
func (r Response) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }

// readBody reads the body of resp and closes it. If the body of a 2xx response is longer than
// limit, it returns an error. Of any other body, it returns at most the first maxErrorBytes.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	defer resp.Body.Close()
	success := isSuccess(resp.StatusCode)
	if !success {
		limit = maxErrorBytes
	}
	if success && resp.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	var body bytes.Buffer
	body.Grow(int(min(max(resp.ContentLength, 0), limit, maxInitialBuffer)) + bytes.MinRead)
	_, err := body.ReadFrom(http.MaxBytesReader(nil, resp.Body, limit))
	if _, more := errors.AsType[*http.MaxBytesError](err); !more {
		return body.Bytes(), err
	}
	if success {
		return nil, tooLarge(limit)
	}
	return body.Bytes(), nil
}

func tooLarge(limit int64) error {
	return fmt.Errorf("%w: more than %d bytes (see WithMaxResponseBytes)", ErrResponseTooLarge, limit)
}

func isSuccess(status int) bool {
	return status >= 200 && status <= 299
}

// Drift describes a value of a body whose type is not that of the schema in api/contacts.yaml. See
// [DecodeContact].
type Drift struct {
	Pointer string // JSON pointer into the body
	Want    string // type in the schema: string, boolean, integer, number, date-time, array or object
	Got     string // JSON type found
}

// inStrings are the objects that the API also sends as a string.
var inStrings = lenientjson.Strings{
	reflect.TypeFor[gen.AdditionalEmail](): "email",
	reflect.TypeFor[gen.AdditionalPhone](): "phone",
}

// DecodeContact decodes a contact from a webhook, a queue or an export. Like the methods of
// [ContactsService], it accepts values of unexpected types: it converts the values that the fields
// can hold, stores other values in the Extra field of the enclosing struct, and reports each of
// them as a [Drift]. It returns an error if data is not one complete JSON object.
//
// It restores every field of a Contact that encoding/json or json/v2 has encoded. A webhook
// has properties of its own, see package webhook.
func DecodeContact(data []byte) (*Contact, []Drift, error) {
	contact := new(Contact)
	drift, err := decodeBody(data, contact)
	if err != nil {
		return nil, nil, fmt.Errorf("client: DecodeContact: %w", err)
	}
	return contact, drift, nil
}

// decodeBody decodes body into out under the rules of DecodeContact, and checks the result.
func decodeBody(body []byte, out any) ([]Drift, error) {
	found, err := lenientjson.Decode(body, out, inStrings)
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
	return drift, checkResult(out)
}

// checkResult gives the contacts of a result the form of getContact, whichever operation returned
// them. It returns an error if the result lacks what its operation returns.
func checkResult(result any) error {
	switch r := result.(type) {
	case *Contact:
		unifyContact(r)
	case *gen.GetContactResult:
		return checkContact(&r.Contact)
	case *gen.CreateContactResult:
		return checkContact(&r.Contact)
	case *gen.UpdateContactResult:
		return checkContact(&r.Contact)
	case *gen.UpsertContactResult:
		return checkContact(&r.Contact)
	case *gen.FindDuplicateContactResult:
		if r.Contact == nil {
			return ErrNotFound
		}
		return checkContact(r.Contact)
	case *gen.ListContactsResult:
		return checkContacts(r.Contacts)
	case *gen.ListContactsByBusinessResult:
		return checkContacts(r.Contacts)
	case *gen.SearchContactsResult:
		return checkContacts(r.Contacts)
	case *gen.AddTagsResult:
		return checkList("tags", r.Tags == nil)
	case *gen.GetCustomFieldsResult:
		return checkList("custom fields", r.CustomFields == nil)
	}
	return nil
}

func checkContact(contact *Contact) error {
	if contact.ID == "" {
		return errors.New("the body has no contact")
	}
	unifyContact(contact)
	return nil
}

// checkContacts checks a list. The caller of send has given it a capacity, which saves decoding from
// enlarging it. It still has one only if the response has no list: an empty list replaces it.
func checkContacts(contacts []Contact) error {
	for i := range contacts {
		unifyContact(&contacts[i])
	}
	isMissing := contacts == nil || len(contacts) == 0 && cap(contacts) > 0
	return checkList("contacts", isMissing)
}

func checkList(name string, missing bool) error {
	if missing {
		return errors.New("the body has no list of " + name)
	}
	return nil
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
