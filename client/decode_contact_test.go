package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

// contactTests are properties of a contact as the API sends them. The contact holds the properties
// want; nothing that the API sends is lost. Package lenientjson tests more values of unexpected types,
// and package api the recorded responses.
var contactTests = []struct {
	name, properties, want string
	drift                  string // pointer, type wanted, type found
}{
	{"no property", ``, ``, ""},
	{"nulls", `"city":null,"dnd":null,"dndSettings":null,"tags":null,"dateAdded":null,"createdBy":null,"birthDay":null,"address":null`, ``, ""},
	{"raw properties null", `"attachments":null,"validEmail":null,"dateOfBirth":null,"lastActivity":null`, ``, ""},
	{"null in a list", `"tags":[null,"vip"]`, `"tags":["","vip"]`, ""},
	{"unknown property", `"loyalty":{"points":[1,2]},"city":"Oslo","score":null`, `"loyalty":{"points":[1,2]},"city":"Oslo","score":null`, ""},

	{
		"names of a list", `"firstName":"ronald","lastName":"mcdonald","firstNameRaw":"Ronald","lastNameRaw":"McDonald"`,
		`"firstName":"Ronald","lastName":"McDonald","firstNameRaw":"Ronald","lastNameRaw":"McDonald"`, "",
	},
	{
		"names that are not Latin", `"firstName":"i\u0307brahim","lastName":"ὀδυσσεύς","firstNameRaw":"İbrahim","lastNameRaw":"ὈΔΥΣΣΕΎΣ"`,
		`"firstName":"İbrahim","lastName":"ὈΔΥΣΣΕΎΣ","firstNameRaw":"İbrahim","lastNameRaw":"ὈΔΥΣΣΕΎΣ"`, "",
	},
	{"different names", `"firstName":"ada","firstNameRaw":"Grace","lastNameRaw":"Hopper"`, `"firstName":"ada","firstNameRaw":"Grace","lastNameRaw":"Hopper"`, ""},
	{"no raw names", `"firstName":"ada","firstNameRaw":null`, `"firstName":"ada"`, ""},
	{"address of a search", `"address":"1 Main St"`, `"address":"1 Main St","address1":"1 Main St"`, ""},
	{"two addresses", `"address":"1 Main St","address1":"2 Main St"`, `"address":"1 Main St","address1":"2 Main St"`, ""},
	{"attachments", `"attachments":[]`, `"attachments":[]`, ""},
	{"channel RCS", `"dndSettings":{"RCS":{"status":"inactive","code":"103"}}`, `"dndSettings":{"RCS":{"status":"inactive","code":"103"}}`, ""},

	{"string: number", `"city":-0.50,"postalCode":9007199254740993`, `"city":"-0.50","postalCode":"9007199254740993"`, "/city string number, /postalCode string number"},
	{"Boolean: string", `"dnd":"true"`, `"dnd":true`, "/dnd boolean string"},
	{"time: other string", `"dateAdded":"","dateUpdated":"yesterday"`, `"dateUpdated":"yesterday"`, "/dateAdded date-time string, /dateUpdated date-time string"},
	{"date of birth in milliseconds", `"dateOfBirth":654220800000`, `"dateOfBirth":"1990-09-25"`, ""},
	{
		"list: object", `"tags":{"0":"vip"},"customFields":{"id":"a","value":1}`, `"tags":{"0":"vip"},"customFields":[{"id":"a","value":1}]`,
		"/tags array object, /customFields array object",
	},
	{
		"object: string", `"createdBy":"OAUTH","dndSettings":{"SMS":"active","Email":{"status":[]}}`,
		`"createdBy":"OAUTH","dndSettings":{"SMS":"active","Email":{"status":[]}}`,
		"/createdBy object string, /dndSettings/SMS object string, /dndSettings/Email/status string array",
	},
	{
		"email addresses and phone numbers as strings", `"additionalEmails":[{"email":"a@example.com","validEmail":true},"b@example.com"],"additionalPhones":["+1"]`,
		`"additionalEmails":[{"email":"a@example.com","validEmail":true},{"email":"b@example.com"}],"additionalPhones":[{"phone":"+1"}]`,
		"/additionalEmails/1 object string, /additionalPhones/0 object string",
	},
	{
		"contact of API v1", `"dnd":"sms","customField":[{"id":"b","value":"c"}],"weird":{"a":[1,null]}`,
		`"dnd":"sms","customField":[{"id":"b","value":"c"}],"weird":{"a":[1,null]}`, "/dnd boolean string",
	},
}

// TestDecodeContact_Values decodes contacts with DecodeContact and with Get, which have the same result.
// It encodes each contact with both JSON packages.
func TestDecodeContact_Values(t *testing.T) {
	for _, test := range contactTests {
		t.Run(test.name, func(t *testing.T) {
			object := func(properties string) string { return strings.TrimSuffix(`{"id":"abc",`+properties, ",") + "}" }
			contact, drift, err := client.DecodeContact([]byte(object(test.properties)))
			if err != nil {
				t.Fatal(err)
			}
			if got := driftText("", drift); got != test.drift {
				t.Errorf("drift\ngot  %s\nwant %s", got, test.drift)
			}
			for _, marshal := range []func(any) ([]byte, error){json.Marshal, func(v any) ([]byte, error) { return jsonv2.Marshal(v) }} {
				encoded, err := marshal(contact)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(decoded(t, object(test.want)), decoded(t, string(encoded))); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
			c, _ := newStub(t, ok("\xEF\xBB\xBF"+`{"contact":`+object(test.properties)+`}`))
			var response client.Response
			got, err := c.Contacts.Get(t.Context(), "abc", client.WithResponseInto(&response))
			if diff := cmp.Diff(contact, got); err != nil || diff != "" || driftText("/contact", response.Drift) != test.drift {
				t.Errorf("Get: %v, drift %v (-want +got):\n%s", err, response.Drift, diff)
			}
		})
	}
}

// decoded returns JSON as a value.
func decoded(t *testing.T, text string) (value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

// driftText formats drift, with pointers below prefix.
func driftText(prefix string, drift []client.Drift) string {
	places := make([]string, len(drift))
	for i, place := range drift {
		places[i] = strings.TrimPrefix(place.Pointer, prefix) + " " + place.Want + " " + place.Got
	}
	return strings.Join(places, ", ")
}

func TestDecodeContact_NotAnObject(t *testing.T) {
	for _, data := range []string{"", "null", `"x"`, `["rosan@deos.com"]`, `{"email":"rosan@deos.com"`} {
		contact, _, err := client.DecodeContact([]byte(data))
		if contact != nil || err == nil || strings.Contains(err.Error(), "rosan") || errors.Is(err, client.ErrInvalid) {
			t.Errorf("%s: got %v, %v, want an error without the data", data, contact, err)
		}
	}
}

func ExampleDecodeContact() {
	contact, drift, err := client.DecodeContact([]byte(`{"id":"abc","email":"ada@example.com","tags":{"0":"vip"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(contact.Email, string(contact.Extra), drift)
	// Output: ada@example.com {"tags":{"0":"vip"}} [{/tags array object}]
}

// TestDecodeContact_RestoresEverything encodes a contact whose fields all have values, at every depth,
// with each JSON package, and decodes it with DecodeContact and encoding/json.
func TestDecodeContact_RestoresEverything(t *testing.T) {
	want := new(client.Contact)
	fill(t, reflect.ValueOf(want).Elem(), "contact")
	for name, marshal := range map[string]func(any) ([]byte, error){
		"encoding/json": json.Marshal,
		"json/v2":       func(v any) ([]byte, error) { return jsonv2.Marshal(v) },
	} {
		encoded, err := marshal(want)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, drift, err := client.DecodeContact(encoded)
		if err != nil || drift != nil {
			t.Fatalf("%s: got %v, %v, want no drift", name, drift, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		got = new(client.Contact)
		err = json.Unmarshal(encoded, got)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s, read by encoding/json: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// fill sets every field of v to a value that is not zero.
func fill(t *testing.T, v reflect.Value, name string) {
	t.Helper()
	switch target := v.Addr().Interface().(type) {
	case *time.Time:
		*target = time.Date(2021, 7, 16, 11, 39, 30, 564e6, time.UTC)
		return
	case *jsontext.Value: // Extra
		*target = jsontext.Value(`{"unknown":{"a":[1,null,"b"]}}`)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(name)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(7.5)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 { // raw JSON
			v.SetBytes([]byte(`{"a":[1,null]}`))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), name+"0")
		fill(t, v.Index(1), name+"1")
	case reflect.Struct:
		for field, value := range v.Fields() {
			fill(t, value, name+field.Name)
		}
	default:
		t.Errorf("%s: got a field of type %s", name, v.Type())
	}
}
