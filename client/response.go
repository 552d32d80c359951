package client

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client/internal/lenientjson"
	"github.com/highlevel-contacts/contacts-go/gen"
)

const (
	// maxErrorBytes is the number of bytes that are read of the body of an error response.
	maxErrorBytes = 64 << 10
	// maxInitialBuffer limits the initial size of the buffer, which Content-Length determines.
	maxInitialBuffer = 1 << 20
	// minRead is the size of the buffer beyond Content-Length, so that the read that returns io.EOF
	// does not enlarge it.
	minRead = 512
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
	limit = min(limit, math.MaxInt64-1)
	body := make([]byte, 0, min(max(resp.ContentLength, 0), limit, maxInitialBuffer)+minRead)
	for int64(len(body)) <= limit { // one byte more shows that the body is too large
		if len(body) == cap(body) {
			body = slices.Grow(body, len(body))
		}
		n, err := resp.Body.Read(body[len(body):min(int64(cap(body)), limit+1)])
		body = body[:len(body)+n]
		switch {
		case err == io.EOF && int64(len(body)) <= limit:
			return body, nil
		case err != nil && int64(len(body)) <= limit:
			return body, err
		}
	}
	if success {
		return nil, tooLarge(limit)
	}
	return body[:limit], nil
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
	reflect.TypeFor[gen.AdditionalEmail](): "Email",
	reflect.TypeFor[gen.AdditionalPhone](): "Phone",
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

// decodeBody decodes body into out under the rules of DecodeContact.
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
